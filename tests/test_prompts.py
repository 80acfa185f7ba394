import pytest

from prompts import PROMPTS_DIR, render, template_variables

TEMPLATES = sorted((path.parent.name, path.stem) for path in PROMPTS_DIR.glob("*/*.md"))


@pytest.mark.parametrize(("workflow", "step"), TEMPLATES)
def test_every_template_renders_its_variables_and_nothing_else(workflow: str, step: str) -> None:
    names = template_variables(workflow, step)
    assert names
    text = render(workflow, step, **{name: f"<{name} $x>" for name in names})
    assert all(f"<{name} $x>" in text for name in names)


def test_missing_and_unknown_variables_raise() -> None:
    with pytest.raises(KeyError, match="expects"):
        render("chat", "standalone", question="x")
    names = dict.fromkeys(template_variables("chat", "standalone"), "x")
    with pytest.raises(KeyError, match="extra"):
        render("chat", "standalone", extra="x", **names)


def test_a_missing_template_raises() -> None:
    with pytest.raises(FileNotFoundError):
        render("chat", "nothing")
