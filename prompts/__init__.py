"""Prompt templates: `prompts/<workflow>/<step>.md`, filled by a strict `render`."""

from __future__ import annotations

from pathlib import Path
from string import Template

PROMPTS_DIR = Path(__file__).resolve().parent


def template_variables(workflow: str, step: str) -> set[str]:
    """The names of the variables that a template expects."""
    return set(_template(workflow, step).get_identifiers())


def render(workflow: str, step: str, **variables: str) -> str:
    """Fill a template's `$name` variables. Values are inserted as they are and never interpreted.

    Raises:
        KeyError: a variable is missing or unknown.
        FileNotFoundError: there is no such template.
    """
    template = _template(workflow, step)
    expected = set(template.get_identifiers())
    if expected != set(variables):
        raise KeyError(f"{workflow}/{step}.md expects {sorted(expected)}, got {sorted(variables)}")
    return template.substitute(variables)


def without_fence(text: str, fence: str) -> str:
    """Text that cannot close the delimiter it stands in, however the delimiter is nested in it."""
    while fence in text:
        text = text.replace(fence, "")
    return text


def _template(workflow: str, step: str) -> Template:
    return Template((PROMPTS_DIR / workflow / f"{step}.md").read_text(encoding="utf-8"))
