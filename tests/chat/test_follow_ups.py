import pytest

from chat.follow_ups import COUNT, FollowUps
from core.content import load_questions
from core.types import Chunk, Source

LEVELS = {"beginner": 0, "intermediate": 1, "advanced": 2, "expert": 3}
BY_TEXT = {question.question: question for question in load_questions()}


def a_source(document: str, topic: int | None, heading: str) -> Source:
    return Source(1, "id", f"knowledge/notes/{document}.md", "title", topic, heading, None, "quote", "text")


HNSW = a_source("05-vector-databases", 5, "Vector indexing structures > How it works")


@pytest.fixture
def follow_ups() -> FollowUps:
    return FollowUps(load_questions(), [])


def test_they_are_near_the_sources_and_climb_in_level(follow_ups: FollowUps) -> None:
    found = [BY_TEXT[text] for text in follow_ups.suggest("What is an HNSW index?", [HNSW])]
    assert len(found) == COUNT
    assert {q.topic for q in found} == {5}
    levels = [LEVELS[q.level] for q in found]
    assert levels == sorted(set(levels))


def test_the_question_asked_matters_within_a_section(follow_ups: FollowUps) -> None:
    hnsw = follow_ups.suggest("How does HNSW compare with IVF?", [HNSW])
    disk = follow_ups.suggest("How does DiskANN keep vectors on disk?", [HNSW])
    assert hnsw != disk
    assert any("DiskANN" in text or "disk" in text.lower() for text in disk)


def test_what_was_asked_is_not_offered_again(follow_ups: FollowUps) -> None:
    first = follow_ups.suggest("What is an HNSW index?", [HNSW])
    second = follow_ups.suggest(first[1], [HNSW], first)
    assert not set(first) & set(second)
    assert len(second) == COUNT


def test_an_upload_without_questions_offers_its_parts() -> None:
    chunks = [Chunk(str(n), "my.md", "Mine", None, ("Late binding", part), "text", n) for n, part in enumerate(("How it works", "Pitfalls"))]
    source = Source(1, "0", "my.md", "Mine", None, "Late binding > How it works", None, "quote", "text")
    found = FollowUps(load_questions(), chunks).suggest("What is late binding?", [source])
    assert found == ("How does Late binding work?", "What are the pitfalls of Late binding?")


def test_an_answer_from_an_own_document_leads_on_within_it() -> None:
    sections = ("1. Booking", "2. Meals", "3. Claims")
    chunks = [Chunk(name, "upload/travel.md", "Travel: policy", 5, (name,), "text", n) for n, name in enumerate(sections)]
    source = Source(1, "2. Meals", "upload/travel.md", "Travel: policy", 5, "2. Meals", None, "quote", "text")
    found = FollowUps(load_questions(), chunks).suggest("What may a meal cost?", [source])
    assert found[:2] == ("What does Travel say about Claims?", "What does Travel say about Booking?")
    assert BY_TEXT[found[2]].topic == 5


def test_without_sources_nothing_is_offered(follow_ups: FollowUps) -> None:
    assert follow_ups.suggest("Anything?", []) == ()
