import pytest

from core.models import WINDOW_TOKENS, get_tokenizer
from core.settings import Settings
from core.types import Document
from ingest.chunking import chunk_embedding_text, embedding_text, split_document


@pytest.fixture(scope="module")
def tokenizer():
    return get_tokenizer(Settings())


@pytest.fixture(scope="module")
def count_tokens(tokenizer):
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def split(text: str, count_tokens, **changes):
    return split_document(Document("d", "Title", text, **changes), count_tokens)


def test_headings_cut_and_form_the_path(count_tokens) -> None:
    chunks = split("# Title\n\nIntro.\n\n## A\n\nText a.\n\n### B\n\nText b.\n\n## C\n\nText c.\n", count_tokens)
    assert [(c.headings, c.text) for c in chunks] == [
        ((), "Intro."), (("A",), "Text a."), (("A", "B"), "Text b."), (("C",), "Text c."),
    ]
    assert [c.position for c in chunks] == [0, 1, 2, 3]


def test_the_heading_path_is_embedded_and_link_targets_are_not() -> None:
    assert embedding_text("T", ("A", "B"), "see [x](http://long.url) [Ng, 2020]") == "T > A > B\nsee x [Ng, 2020]"


def test_nothing_exceeds_the_window_and_nothing_is_lost(count_tokens, tokenizer) -> None:
    words = " ".join(f"word{n}" for n in range(2000))
    text = f"# Title\n\n## {'Long heading ' * 30}\n\n{words}\n\n- {words}\n- short\n\n```python\n" + "\n".join(
        f"x{n} = {n} * compute(value_{n})" for n in range(300)
    ) + "\n```\n\n| a | b |\n|---|---|\n" + "\n".join(f"| row {n} | value {n} |" for n in range(200)) + "\n"
    chunks = split(text, count_tokens)
    together = "\n".join(c.text for c in chunks)
    assert all(f"word{n}" in together for n in range(2000))
    assert all(f"x{n} = {n} * compute" in together for n in range(300))
    assert all(f"| row {n} | value {n} |" in together for n in range(200))
    for chunk in chunks:
        shown = chunk_embedding_text(chunk)
        if len(chunk.headings[0]) < 100:
            assert len(tokenizer.encode(shown).ids) <= WINDOW_TOKENS


def test_tables_keep_their_header_and_code_its_fence(count_tokens) -> None:
    table = "| name | value |\n|---|---|\n" + "\n".join(f"| number {n} | {n} |" for n in range(100))
    code = "```python\n" + "\n".join(f"total_{n} = {n} + {n}" for n in range(100)) + "\n```"
    chunks = split(f"## A\n\n{table}\n\n## B\n\n{code}\n", count_tokens)
    tables = [c for c in chunks if c.headings == ("A",)]
    fences = [c for c in chunks if c.headings == ("B",)]
    assert len(tables) > 1
    assert all(c.text.startswith("| name | value |\n|---|---|\n| number") for c in tables)
    assert len(fences) > 1
    assert all(c.text.startswith("```python\n") and c.text.endswith("\n```") for c in fences)


def test_small_tables_code_and_formulas_stay_whole(count_tokens) -> None:
    blocks = ["| a | b |\n|---|---|\n| 1 | 2 |", "```python\nx = 1\n\ny = 2\n```", "$$\na = b\n\n+ c\n$$"]
    filler = "A sentence that fills some of the window with words of no importance. " * 6
    chunks = split("## A\n\n" + f"\n\n{filler}\n\n".join(blocks) + "\n", count_tokens)
    for block in blocks:
        assert sum(block in c.text for c in chunks) == 1


def test_chunk_text_is_verbatim_and_without_reference_definitions(count_tokens) -> None:
    text = "## A\n\nOne *two* $x_i$ [Ng, 2020].\n\n1. first\n2. second\n\n[Ng, 2020]: https://arxiv.org/abs/1\n"
    (chunk,) = split(text, count_tokens)
    assert chunk.text == "One *two* $x_i$ [Ng, 2020].\n\n1. first\n2. second"


def test_ids_are_content_hashes(count_tokens) -> None:
    one = split("## A\n\nsame\n\n## B\n\nother\n", count_tokens)
    moved = split("## New\n\nfirst\n\n## A\n\nsame\n\n## B\n\nchanged\n", count_tokens)
    assert one[0].id == moved[1].id
    assert one[1].id != moved[2].id
    twice = split("## A\n\nsame\n\n## A\n\nsame\n", count_tokens)
    assert len({c.id for c in twice}) == 2


def test_plain_text_without_headings_is_one_document(count_tokens) -> None:
    assert [c.text for c in split("Just a line.", count_tokens)] == ["Just a line."]


def test_form_feeds_and_line_separators_do_not_shift_what_follows(count_tokens) -> None:
    text = "First page.\n\n\fSecond\u2028page.\n\nThird page."
    assert "".join(chunk.text for chunk in split(text, count_tokens)).split() == text.split()
