from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.settings import Settings
from ingest.pipeline import ingest
from tests.conftest import REPOSITORY
from tests.ui.scripted import ScriptedGrader
from ui import services


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("GROUNDWORK_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("GROUNDWORK_KNOWLEDGE_DIR", str(settings.knowledge_dir))
    monkeypatch.setattr("core.models.LOCAL_SERVERS", {})
    services.base_settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()
    yield AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=60)
    assert services.loading().finished.wait(60)  # its thread must not outlive the test
    services.base_settings.cache_clear()
    st.cache_resource.clear()


@pytest.fixture
def ready(app: AppTest, settings: Settings) -> AppTest:
    """The app with everything ingested and loaded."""
    ingest(settings)
    app.run()
    assert services.loading().finished.wait(60)
    return app.run()


BANK = {
    "05-vector-databases.yaml": """
- id: 05-hnsw
  topic: 5
  subtopic: Vector indexing structures
  level: beginner
  kind: concept
  question: What is an HNSW index?
  answer_30s: A multi-layer graph of vectors that is searched greedily.
  answer_2min: HNSW builds a multi-layer graph. The upper layers are sparse, and a search walks greedily from the top.
  key_points:
    - {text: An HNSW index is a multi-layer graph of vectors., weight: 2, required: true}
    - {text: The upper layers stay sparse., weight: 2, required: true}
    - {text: A greedy search starts at the top., weight: 1, required: false}
  misconceptions:
    - {wrong: HNSW partitions vectors into clusters with k-means., correction: That is IVF; HNSW links vectors in a graph.}
  follow_ups: [05-hnsw-vs-ivf, What does a layer cost in memory?]
  notes: ['05-vector-databases#vector-indexing-structures']
- id: 05-hnsw-vs-ivf
  topic: 5
  subtopic: Vector indexing structures
  level: intermediate
  kind: compare
  question: "HNSW vs IVF: when would you choose which?"
  answer_30s: HNSW for recall, IVF for memory and quick building.
  answer_2min: HNSW reaches high recall but needs memory for its links. IVF builds faster and uses little memory.
  key_points:
    - {text: HNSW reaches high recall with few distance computations., weight: 2, required: true}
    - {text: HNSW needs memory for its links., weight: 2, required: true}
    - {text: IVF builds faster and uses little memory., weight: 2, required: true}
  misconceptions:
    - {wrong: IVF needs no training., correction: IVF trains its centroids with k-means.}
  follow_ups: [05-hnsw, How many lists would you make?]
  notes: ['05-vector-databases#vector-indexing-structures--hnsw-vs-ivf']
""",
    "02-rag.yaml": """
- id: 02-why-rag
  topic: 2
  subtopic: Document retrieval
  level: beginner
  kind: concept
  question: Why does RAG lower hallucination?
  answer_30s: The answer can be checked against its sources.
  answer_2min: RAG fetches passages and lets the model answer from them, so that every statement can be checked.
  key_points:
    - {text: RAG fetches passages and lets the model answer from them., weight: 2, required: true}
    - {text: The answer can be checked against its sources., weight: 2, required: true}
    - {text: A wrong passage leads to a wrong answer., weight: 1, required: false}
  misconceptions:
    - {wrong: RAG removes hallucination altogether., correction: It lowers it; a wrong passage still leads to a wrong answer.}
  follow_ups: [What if the wrong passage is found?, How would you measure it?]
  notes: ['02-rag#document-retrieval']
""",
}


@pytest.fixture
def banked(settings: Settings) -> Settings:
    """The small knowledge folder with a question bank of three."""
    folder = settings.knowledge_dir / "questions"
    folder.mkdir()
    for name, text in BANK.items():
        (folder / name).write_text(text)
    return settings


@pytest.fixture
def practising(banked: Settings, app: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app with a bank, everything ingested, and the scripted grader."""
    monkeypatch.setattr(services, "grader", ScriptedGrader)
    ingest(banked)
    app.run()
    assert services.loading().finished.wait(60)
    return app
