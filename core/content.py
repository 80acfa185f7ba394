"""The shipped knowledge as typed objects: roadmap, question bank, glossary, references, resources.

Each loader validates its file at load and raises `ContentError` with file, line and fix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.conversation import put_behind
from core.errors import ContentError

KNOWLEDGE_DIR = Path(__file__).resolve().parent.parent / "knowledge"

Level = Literal["Beginner", "Intermediate", "Advanced", "Expert"]
QuestionLevel = Literal["beginner", "intermediate", "advanced", "expert"]
QuestionKind = Literal["concept", "compare", "calculate", "debug", "design", "behaviour"]


def _one_line(text: str) -> str:
    return " ".join(text.split())


Text = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Subtopic(_Model):
    """A named part of a topic; its name is an `##` heading of the topic's note."""

    name: Text
    summary: Text


class Topic(_Model):
    """One of the roadmap's topics. `next` holds the numbers its arrows point at."""

    number: int = Field(ge=1)
    slug: str = Field(pattern=r"^\d\d-[a-z0-9-]+$")
    title: Text
    level: Level
    next: tuple[int, ...] = ()
    subtopics: tuple[Subtopic, ...] = Field(min_length=1)
    questions: tuple[Text, ...] = Field(min_length=1)


class Roadmap(_Model):
    """The roadmap: topics in learning order."""

    topics: tuple[Topic, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Roadmap:
        numbers = [topic.number for topic in self.topics]
        if len(set(numbers)) != len(numbers):
            raise ValueError("topic numbers must be unique")
        missing = {n for topic in self.topics for n in topic.next} - set(numbers)
        if missing:
            raise ValueError(f"`next` names topics that do not exist: {sorted(missing)}")
        return self

    def topic(self, number: int) -> Topic:
        """The topic with this number. Raises KeyError when there is none."""
        for topic in self.topics:
            if topic.number == number:
                return topic
        raise KeyError(number)


class KeyPoint(_Model):
    """One statement that can be checked in an answer; `paraphrases` state the same in other words, for comparison only."""

    text: Text
    weight: int = Field(ge=1, le=3)
    required: bool
    paraphrases: tuple[Text, ...] = ()


class Misconception(_Model):
    """What people wrongly say, and the correction."""

    wrong: Text
    correction: Text


class Question(_Model):
    """An interview question with its reference answers and the sections it rests on."""

    id: str = Field(pattern=r"^\d\d-[a-z0-9-]+$")
    topic: int
    subtopic: Text
    level: QuestionLevel
    kind: QuestionKind
    question: Text
    answer_30s: Text
    answer_2min: Text
    key_points: tuple[KeyPoint, ...] = Field(min_length=3, max_length=7)
    misconceptions: tuple[Misconception, ...] = Field(min_length=1)
    follow_ups: tuple[Text, ...] = Field(min_length=2)
    notes: tuple[str, ...] = Field(min_length=1)


ASKED = "asked"  # the document of stored wordings without a reference answer; that of the bank's questions is their id
UNANSWERED = "unanswered"  # the document of stored questions that no section answers
NOWHERE = ""  # stands for the section of a question that nothing answers


class Asked(_Model):
    """What people ask that one section answers, in words of their own. Retrieval compares a learner's question with these.

    `follow_ups` are messages that need the question before them: (question, message).
    """

    section: str = Field(pattern=r"^[a-z0-9-]+#[a-z0-9-]+$")
    questions: tuple[Text, ...] = Field(min_length=1)
    follow_ups: tuple[tuple[Text, Text], ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """All wordings as they are searched for: the questions, and each message behind its question."""
        return (*self.questions, *(put_behind(question, message) for question, message in self.follow_ups))

    @property
    def topic(self) -> int | None:
        """The topic whose note holds the section; None for the roadmap and the study plans."""
        return int(self.section[:2]) if self.section[:2].isdigit() else None


class Unanswered(_Model):
    """Questions of one area that no section answers: close to them, the notes are more likely silent."""

    area: Text
    questions: tuple[Text, ...] = Field(min_length=1)


class Reference(_Model):
    """A source that a note cites, identified by its URL."""

    url: str = Field(pattern=r"^https?://\S+$")
    label: Text
    title: Text
    authors: Text
    year: int = Field(ge=1940)
    kind: Literal["paper", "docs", "book", "article", "report", "repo", "course"]
    venue: Text | None = None


class Resource(_Model):
    """Something to read, watch or build with."""

    topic: int
    title: Text
    authors: Text
    year: int = Field(ge=1940)
    kind: Literal["paper", "docs", "course", "book", "repo", "article"]
    url: str = Field(pattern=r"^https?://\S+$")
    level: QuestionLevel
    gives: Text


class GlossaryTerm(_Model):
    """A term of the field; `aliases` are what people type for it."""

    term: Text
    acronym: Text | None = None
    aliases: tuple[Text, ...] = ()
    definition: Text
    topics: tuple[int, ...] = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """The term, its acronym and its aliases."""
        return (self.term, *((self.acronym,) if self.acronym else ()), *self.aliases)


T = TypeVar("T")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(path: Path, shape: type[T] | Any) -> Any:
    """Read a YAML file and validate it against `shape` (a pydantic model or a typing form).

    Raises:
        ContentError: with the line of the offending value and what to do about it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(path, 1, f"cannot be read: {error.strerror}", "Restore the file from the repository.") from error
    except UnicodeDecodeError as error:
        raise ContentError(path, 1, "is not UTF-8 text", "Save the file as UTF-8.") from error
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - the safe loader, in C where libyaml is there
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        mark = getattr(error, "problem_mark", None)  # a control character has none
        fix = "Quote strings that contain ': ' or start with a special character, check the indentation, remove control characters."
        raise ContentError(path, mark.line + 1 if mark else 1, f"is not valid YAML: {getattr(error, 'problem', error)}", fix) from error
    try:
        return TypeAdapter(shape).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        fix = f"Correct `{where}` there; CONTRIBUTING.md shows the schema."
        line = _line_of(yaml.compose(text, Loader=_Loader), first["loc"])
        raise ContentError(path, line, f"{where}: {first['msg']}", fix) from error


def _line_of(node: yaml.Node | None, location: Sequence[int | str]) -> int:
    """Line (from 1) of the deepest YAML node on the path `location`."""
    line = node.start_mark.line + 1 if node else 1
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == part), None)
        else:
            break
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


@cache
def load_roadmap(folder: Path = KNOWLEDGE_DIR) -> Roadmap:
    """The roadmap of a knowledge folder. Raises ContentError."""
    roadmap: Roadmap = parse_yaml(folder / "roadmap.yaml", Roadmap)
    return roadmap


@cache
def load_questions(folder: Path = KNOWLEDGE_DIR) -> tuple[Question, ...]:
    """The whole question bank, in file order. Raises ContentError."""
    return tuple(
        question
        for path in sorted((folder / "questions").glob("*.yaml"))
        for question in parse_yaml(path, tuple[Question, ...])
    )


@cache
def load_glossary(folder: Path = KNOWLEDGE_DIR) -> tuple[GlossaryTerm, ...]:
    """The glossary, or nothing when the folder has none. Raises ContentError."""
    path = folder / "glossary.yaml"
    terms: tuple[GlossaryTerm, ...] = parse_yaml(path, tuple[GlossaryTerm, ...]) if path.exists() else ()
    return terms


@cache
def load_resources(folder: Path = KNOWLEDGE_DIR) -> tuple[Resource, ...]:
    """What to read, watch and build with, or nothing when the folder has no list. Raises ContentError."""
    path = folder / "resources.yaml"
    resources: tuple[Resource, ...] = parse_yaml(path, tuple[Resource, ...]) if path.exists() else ()
    return resources


def slugify(heading: str) -> str:
    r"""A heading as an anchor: lower case, everything but letters and digits of any script becomes one hyphen.

    >>> slugify("DPO and ORPO: what $\\beta$ does")
    'dpo-and-orpo-what-beta-does'
    """
    return re.sub(r"[\W_]+", "-", heading.lower()).strip("-")


def anchor_of(document: str, *headings: str) -> str:
    """`note#section` or `note#section--part`, as labels, questions and links spell it; empty headings are left out.

    >>> anchor_of("notes/06-rag.md", "Chunking", "Trade-offs: size")
    '06-rag#chunking--trade-offs-size'
    """
    return f"{PurePosixPath(document).stem}#{'--'.join(slugify(heading) for heading in headings if heading)}"
