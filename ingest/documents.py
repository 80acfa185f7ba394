"""Loading documents: one `load_document` for every format, each turned into Markdown."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from core.content import Roadmap, load_roadmap
from core.errors import DocumentError
from core.types import Document

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
TEXT_SUFFIXES = frozenset({".txt"})
SUFFIXES = MARKDOWN_SUFFIXES | TEXT_SUFFIXES
SUPPORTED = ", ".join(sorted(SUFFIXES))
MAX_BYTES = 20_000_000
ROADMAP_FILE = "roadmap.yaml"
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)


def load_document(path: Path, document_id: str | None = None) -> Document:
    """Read one file as a Document.

    Raises:
        DocumentError: the file cannot be read, is empty, or its format is not supported.
        ContentError: the roadmap does not fit its schema.
    """
    document_id = document_id or str(path)
    if path.name == ROADMAP_FILE:
        return Document(document_id, "LLM Interview Preparation Roadmap", roadmap_markdown(load_roadmap(path.parent)))
    if path.suffix.lower() not in SUFFIXES:
        raise DocumentError(f"{path.name}: the format {path.suffix or '(none)'} is not supported.", help=f"Use {SUPPORTED}.")
    text = _read_text(path)
    meta, body = split_front_matter(text, path.name) if path.suffix.lower() in MARKDOWN_SUFFIXES else ({}, text)
    if not body.strip():
        raise DocumentError(f"{path.name}: the file holds no text.", help="Add text or leave it out.")
    topic = meta.get("topic")
    return Document(
        id=document_id, title=str(meta.get("title") or _first_heading(body) or path.stem), text=body,
        topic=topic if isinstance(topic, int) else None,
    )


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentError(
                f"{path.name}: larger than {MAX_BYTES // 1_000_000} MB.", help="Split the file into smaller ones."
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path.name}: not UTF-8 text.", help="Save the file as UTF-8.") from error
    except OSError as error:
        raise DocumentError(f"{path.name}: {error.strerror}.", help="Check the path and its permissions.") from error


def split_front_matter(text: str, name: str = "the file") -> tuple[dict[str, object], str]:
    """Separate YAML front matter from the body; a file without any has an empty mapping.

    Raises:
        DocumentError: the front matter is not valid YAML.
    """
    match = FRONT_MATTER.match(text)
    if not match:
        return {}, text
    try:
        meta = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentError(
            f"{name}: the front matter is not valid YAML.", help="Correct the lines between the two `---`."
        ) from error
    return meta if isinstance(meta, dict) else {}, text[match.end() :]


def _first_heading(body: str) -> str | None:
    match = re.search(r"^# +(.+?)[ #]*$", body, re.MULTILINE)
    return match[1] if match else None


def roadmap_markdown(roadmap: Roadmap) -> str:
    """The roadmap as Markdown prose, so that it is chunked, cited and searched like a note."""
    first, last = roadmap.topics[0], roadmap.topics[-1]
    lines = [
        "# LLM Interview Preparation Roadmap",
        "## Learning order",
        f"The roadmap has {len(roadmap.topics)} topics and leads from {first.title} to {last.title}. "
        "The topics in learning order are: "
        + "; ".join(f"{t.number}. {t.title} ({t.level})" for t in roadmap.topics) + ".",
    ]
    for topic in roadmap.topics:
        following = "; ".join(f"{n}. {roadmap.topic(n).title}" for n in topic.next)
        lines += [
            f"## Topic {topic.number}: {topic.title}",
            f"Topic {topic.number} of the roadmap is {topic.title}, at {topic.level} level."
            + (f" The next topic is {following}." if following else " It is the last topic of the roadmap."),
            "\n".join(f"- **{s.name}**: {s.summary}" for s in topic.subtopics),
            "Interview questions of the roadmap on this topic: " + " ".join(f'"{q}"' for q in topic.questions),
        ]
    return "\n\n".join(lines) + "\n"
