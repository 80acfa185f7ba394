"""The checker's part on `knowledge/asked` and `knowledge/unanswered.yaml`: what people ask, and what nothing here answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.content import Asked, Unanswered, parse_yaml, slugify

MIN_WORDINGS = 20  # a section of the notes


def check_asked(folder: Path, sections: Mapping[str, list[str]]) -> Iterator[str]:
    """Problems, each as a readable line. `sections`: the stem of a note, of a study plan or of the roadmap -> its `##` headings.

    Raises:
        ContentError: a file does not fit its schema.
    """
    wordings: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for stem, headings in sections.items():
        path = folder / "asked" / f"{stem}.yaml"
        if not path.exists():
            yield f"asked/{path.name}: missing"
            continue
        known = {f"{stem}#{slugify(heading)}" for heading in headings}
        for asked in parse_yaml(path, tuple[Asked, ...]):
            if asked.section not in known:
                yield f"asked/{path.name}: no section {asked.section!r}"
            wordings[asked.section] += len(asked.questions)
            seen.update(text.lower() for text in asked.texts)
        for section in sorted(known):
            least = MIN_WORDINGS if section[:2].isdigit() else 1
            if wordings[section] < least:
                yield f"asked/{path.name}: {wordings[section]} wordings for {section}; at least {least}"
    outside = parse_yaml(folder / "unanswered.yaml", tuple[Unanswered, ...]) if (folder / "unanswered.yaml").exists() else ()
    seen.update(question.lower() for area in outside for question in area.questions)
    yield from (f"asked: {text!r} stands {count} times" for text, count in seen.items() if count > 1)
