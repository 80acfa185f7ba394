"""Every example in a docstring holds."""

import doctest
import importlib

import pytest

from tests.conftest import REPOSITORY

ROOMS = ("core", "ingest", "retrieval", "chat", "practice", "prompts", "evals", "ui")
MODULES = sorted(
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    for room in ROOMS for path in (REPOSITORY / room).rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_docstring_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
