from pathlib import Path

import pytest

from core.content import KNOWLEDGE_DIR
from core.errors import DocumentError
from ingest.documents import load_document


def write(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_front_matter_gives_title_and_topic(tmp_path: Path) -> None:
    document = load_document(write(tmp_path, "a.md", "---\ntopic: 5\ntitle: Vectors\n---\n# Other\n\nText\n"))
    assert (document.title, document.topic, document.text) == ("Vectors", 5, "# Other\n\nText\n")


def test_without_front_matter_the_heading_or_the_file_name_is_the_title(tmp_path: Path) -> None:
    assert load_document(write(tmp_path, "a.md", "# Heading\n\nText")).title == "Heading"
    assert load_document(write(tmp_path, "my-notes.txt", "# not a heading in text")).title == "# not a heading in text"[2:]
    assert load_document(write(tmp_path, "b.md", "Text")).title == "b"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", "x", "not supported"),
        ("a.md", "  \n", "holds no text"),
        ("a.txt", b"\xff\xfe\x00bad", "not UTF-8"),
        ("a.md", "---\ntitle: [\n---\ntext", "front matter"),
        ("a.md", "---\ndate: 2026-02-30\n---\ntext", "front matter"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: str | bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason) as caught:
        load_document(write(tmp_path, name, content))
    assert caught.value.help


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="No such file"):
        load_document(tmp_path / "none.md")


def test_the_roadmap_is_a_document() -> None:
    document = load_document(KNOWLEDGE_DIR / "roadmap.yaml")
    assert "## Topic 5: Internal Working of Vector DB" in document.text
    assert '"Explain the tradeoffs in vector quantization"' in document.text
