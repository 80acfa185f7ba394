import shutil
from pathlib import Path

import pytest

from core.content import KNOWLEDGE_DIR, Roadmap, anchor_of, load_roadmap, parse_yaml, slugify
from core.errors import ContentError

SEED_LEVELS = {"Beginner": {1, 2, 15}, "Intermediate": {3, 4, 5, 6}, "Advanced": {7, 8, 9, 12}, "Expert": {10, 11, 13, 14}}


def test_the_roadmap_has_the_seeds_topics_levels_and_order() -> None:
    roadmap = load_roadmap()
    assert [topic.number for topic in roadmap.topics] == list(range(1, 16))
    assert [topic.next for topic in roadmap.topics] == [(n,) for n in range(2, 16)] + [()]
    for level, numbers in SEED_LEVELS.items():
        assert {topic.number for topic in roadmap.topics if topic.level == level} == numbers
    assert sum(len(topic.subtopics) for topic in roadmap.topics) == 74
    assert sum(len(topic.questions) for topic in roadmap.topics) == 30
    assert roadmap.topic(5).questions[1] == "Explain the tradeoffs in vector quantization"


def test_an_error_names_file_line_and_fix(tmp_path: Path) -> None:
    path = tmp_path / "roadmap.yaml"
    text = (KNOWLEDGE_DIR / "roadmap.yaml").read_text().replace("level: Advanced", "level: Impossible", 1)
    path.write_text(text)
    line = text[: text.index("Impossible")].count("\n") + 1
    with pytest.raises(ContentError) as caught:
        parse_yaml(path, Roadmap)
    assert caught.value.line == line
    assert str(path) in str(caught.value)
    assert "level" in str(caught.value)
    assert caught.value.help


def test_yaml_that_does_not_parse_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "roadmap.yaml"
    path.write_text("topics:\n  - title: a: b\n")
    with pytest.raises(ContentError, match="not valid YAML"):
        parse_yaml(path, Roadmap)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="cannot be read"):
        load_roadmap(tmp_path)


def test_arrows_must_lead_to_topics(tmp_path: Path) -> None:
    shutil.copy(KNOWLEDGE_DIR / "roadmap.yaml", tmp_path)
    path = tmp_path / "roadmap.yaml"
    path.write_text(path.read_text().replace("next: [2]", "next: [99]"))
    with pytest.raises(ContentError, match="99"):
        parse_yaml(path, Roadmap)


@pytest.mark.parametrize("content", [b"topics: \xff", b"topics: \x00"])
def test_a_file_that_is_no_text_is_a_content_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "roadmap.yaml"
    path.write_bytes(content)
    with pytest.raises(ContentError, match=r"roadmap\.yaml:1"):
        parse_yaml(path, Roadmap)


def test_slugs_are_anchors() -> None:
    assert slugify("Source attribution: how?") == "source-attribution-how"
    assert slugify("Wärme und 索引") == "wärme-und-索引"
    assert anchor_of("notes/05-x.md", "Indexing", "") == "05-x#indexing"
