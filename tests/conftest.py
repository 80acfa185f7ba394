from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from core.bert import QueryEncoder
from core.models import SentenceEmbeddings, get_embeddings, packaged_model_dir
from core.settings import Settings
from tests import fake_endpoint

REPOSITORY = Path(__file__).resolve().parent.parent
NOTES = {
    "05-vector-databases.md": """---
topic: 5
title: Internal Working of Vector DB
level: Intermediate
updated: 2026-11-23
---

# Internal Working of Vector DB

## Vector indexing structures

An HNSW index is a multi-layer graph of vectors that is searched greedily. HNSW keeps the upper layers sparse [Malkov, 2018].

### HNSW vs IVF

HNSW reaches high recall with few distance computations but needs memory for its links. IVF partitions the vectors into
clusters and scans only the nearest clusters, so it builds faster and uses little memory.

| axis | HNSW | IVF |
|---|---|---|
| memory | high | low |
| training | none | k-means |

### Worked example

Ten million vectors of 768 float32 values take $10^7 \\cdot 768 \\cdot 4 = 30.72$ GB.

```python run
print(10**7 * 768 * 4 / 1e9)
```

```output
30.72
```

## Quantization techniques

Product quantization compresses a vector by replacing parts of it with the ids of centroids. Its trade-off is recall for memory.

### Pitfalls

Product quantization loses recall when the data drifts away from the data its codebooks were trained on.

[Malkov, 2018]: https://arxiv.org/abs/1603.09320
""",
    "02-rag.md": """---
topic: 2
title: Retrieval Augmented Generation (RAG)
level: Beginner
updated: 2026-11-23
---

# Retrieval Augmented Generation (RAG)

## Document retrieval

Retrieval augmented generation fetches passages and lets the model answer from them. RAG lowers hallucination because the answer
can be checked against its sources.

### Pitfalls

A RAG system that retrieves the wrong passage answers wrongly with confidence.
""",
}


@pytest.fixture(autouse=True, scope="session")
def _clean_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GROUNDWORK_", "OPENAI_")) and name != "GROUNDWORK_CHROMIUM":
                patch.delenv(name)
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a small knowledge folder and nothing ingested."""
    knowledge = tmp_path / "knowledge"
    (knowledge / "notes").mkdir(parents=True)
    for name, text in NOTES.items():
        (knowledge / "notes" / name).write_text(text)
    shutil.copy(REPOSITORY / "knowledge" / "roadmap.yaml", knowledge)
    return Settings(data_dir=tmp_path / "data", knowledge_dir=knowledge)


@cache
def shared_model() -> SentenceEmbeddings:
    """The packaged model, loaded once for all tests."""
    return get_embeddings(Settings())


@cache
def shared_encoder() -> QueryEncoder:
    """The packaged model for queries, loaded once for all tests."""
    return QueryEncoder(packaged_model_dir())


@pytest.fixture(scope="session")
def embeddings() -> SentenceEmbeddings:
    return shared_model()


@pytest.fixture(autouse=True)
def _one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.pipeline.get_embeddings", lambda _: shared_model())
    monkeypatch.setattr("retrieval.retriever.get_query_encoder", lambda _: shared_encoder())


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory, embeddings: SentenceEmbeddings) -> Settings:
    """The shipped knowledge, ingested once for all tests."""
    import ingest.pipeline as pipeline

    settings = Settings(data_dir=tmp_path_factory.mktemp("shipped"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "get_embeddings", lambda _: embeddings)
        report = pipeline.ingest(settings)
    assert not report.failures
    return settings


@pytest.fixture
def endpoint():
    """Base URL of a fake OpenAI-compatible server."""
    with fake_endpoint.serve() as url:
        yield url
