"""Write the vectors of all stored questions to `knowledge/question_vectors.npz`, so that a first start need not embed them.

    python scripts/embed_questions.py

Run it after adding many questions; ingest embeds those that have no vector there.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.models import get_embeddings
from core.question_store import SHIPPED_FILE, write_shipped_vectors
from core.settings import Settings
from ingest.questions import question_chunks


def main() -> int:
    """Embed in float32 and write. Returns the exit status."""
    settings = Settings(embedding_precision="float32")
    chunks = question_chunks(settings.knowledge_dir)
    write_shipped_vectors(settings, [chunk.id for chunk in chunks], get_embeddings(settings).encode([chunk.text for chunk in chunks]))
    print(f"{len(chunks)} vectors in {settings.knowledge_dir / SHIPPED_FILE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
