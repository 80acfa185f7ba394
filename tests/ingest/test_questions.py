from pathlib import Path

import pytest

from core.errors import ContentError
from core.settings import Settings
from core.store import get_question_store
from ingest.pipeline import ingest, is_stale
from ingest.questions import UNANSWERED, question_chunks

ASKED = """
- section: 05-vector-databases#vector-indexing-structures
  questions:
  - how do i find close vectors fast
  - why not compare with everything
"""
OUTSIDE = """
- area: cooking
  questions: [how do i proof sourdough]
"""


@pytest.fixture
def knowledge(settings: Settings) -> Path:
    folder = settings.knowledge_dir
    (folder / "asked").mkdir()
    (folder / "asked" / "05-vector-databases.yaml").write_text(ASKED)
    (folder / "unanswered.yaml").write_text(OUTSIDE)
    return folder


def test_wordings_point_at_their_section_and_the_unanswered_at_none(knowledge: Path) -> None:
    chunks = {chunk.text: chunk for chunk in question_chunks(knowledge)}
    assert chunks["how do i find close vectors fast"].headings == ("05-vector-databases#vector-indexing-structures",)
    assert chunks["how do i find close vectors fast"].topic == 5
    assert chunks["how do i proof sourdough"].document == UNANSWERED
    assert chunks["how do i proof sourdough"].headings == ()


def test_a_changed_wording_is_the_only_one_embedded_again(settings: Settings, knowledge: Path) -> None:
    ingest(settings)
    with get_question_store(settings) as store:
        before = {chunk.id for chunk in store.chunks()}
    (knowledge / "asked" / "05-vector-databases.yaml").write_text(ASKED.replace("why not compare with everything", "is brute force bad"))
    assert is_stale(settings)
    ingest(settings)
    assert not is_stale(settings)
    with get_question_store(settings) as store:
        after = {chunk.id: chunk.text for chunk in store.chunks()}
    assert len(before - set(after)) == len(set(after) - before) == 1
    assert "is brute force bad" in after.values()


def test_a_broken_file_is_named_and_the_rest_is_ingested(settings: Settings, knowledge: Path) -> None:
    (knowledge / "asked" / "05-vector-databases.yaml").write_text("- section: nonsense\n  questions: [x]\n")
    with pytest.raises(ContentError):
        question_chunks(knowledge)
    report = ingest(settings)
    assert "asked/05-vector-databases.yaml" in " ".join(report.failures)
    assert report.total_chunks > 0
