"""Write the vectors of all stored questions, and the section model fitted to them, to the knowledge folder, so that a first start need
neither embed the questions nor fit the model.

    python scripts/embed_questions.py

Run it after changing stored questions. Without it ingest embeds those that have no vector there, and the first search fits the model.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.models import embedding_fingerprint, get_embeddings
from core.question_store import SHIPPED_FILE, shipped_vectors, write_shipped_vectors
from core.settings import Settings
from ingest.questions import question_chunks
from retrieval.section_model import MODEL_FILE, digest, fit_sections, write_model

FEW = 100  # so many questions may be without a stored vector; the file is large, and ingest embeds what it lacks


def main() -> int:
    """Embed in float32 what has no vector yet, and write. Returns the exit status."""
    settings = Settings(embedding_precision="float32")
    chunks = question_chunks(settings.knowledge_dir)
    known = shipped_vectors(settings)
    new = [chunk for chunk in chunks if chunk.id not in known]
    known |= zip((chunk.id for chunk in new), get_embeddings(settings).encode([chunk.text for chunk in new]) if new else (), strict=True)
    vectors = np.stack([known[chunk.id] for chunk in chunks])
    if len(new) > FEW:
        write_shipped_vectors(settings, [chunk.id for chunk in chunks], vectors)
        print(f"{len(chunks)} vectors in {settings.knowledge_dir / SHIPPED_FILE}")
    if model := fit_sections(chunks, vectors):
        write_model(settings.knowledge_dir, digest(chunks, embedding_fingerprint(settings)), model)
        print(f"{len(model.anchors)} sections, {len(model.terms)} terms in {settings.knowledge_dir / MODEL_FILE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
