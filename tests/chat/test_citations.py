import pytest

from chat.citations import UNSUPPORTED_MARK, cited_numbers, drop_unknown, make_safe, verify
from core.types import Source


def source(n: int, text: str) -> Source:
    return Source(n, f"id{n}", "d.md", "T", 5, "A", None, text, text)


SOURCES = [
    source(1, "HNSW keeps the upper layers sparse. Layer 0 holds every vector."),
    source(2, "IVF partitions vectors into clusters with k-means. It needs training."),
]


def test_citations_are_read_in_order() -> None:
    assert cited_numbers("a [2] b [1, 3] c [2]") == [2, 1, 3]
    assert cited_numbers("[Ng, 2020] and [x]") == []


def test_unknown_citations_are_dropped() -> None:
    assert drop_unknown("a [1]. b [9]. c [2, 7]", {1, 2}) == "a [1]. b. c [2]"


def test_code_holds_no_citations_and_stays_as_it_is() -> None:
    text = "Take the first [1]:\n\n```python\nfirst = ranked[0]\n\nprint(x[12] , y[2])\n```\n\nLayer 0 holds every vector [1]. So `hits[2]` is it."
    assert drop_unknown(text, {1}) == text
    assert cited_numbers(text) == [1]
    verified = verify(text, SOURCES)
    assert "first = ranked[0]\n\nprint(x[12] , y[2])\n```\n\nLayer 0" in verified.text
    assert [s.n for s in verified.sources] == [1]


def test_supported_sentences_pass_and_quotes_are_the_matching_sentence() -> None:
    verified = verify("Layer 0 of HNSW holds every vector. [1] IVF uses k-means clusters [2].", SOURCES)
    assert verified.unsupported == 0
    assert UNSUPPORTED_MARK not in verified.text
    assert [s.quote for s in verified.sources] == ["Layer 0 holds every vector.", "IVF partitions vectors into clusters with k-means."]
    assert all(s.quote in s.text for s in verified.sources)


def test_invented_sentences_are_marked_and_uncited_sources_left_out() -> None:
    verified = verify("HNSW keeps its upper layers sparse. [1] Napoleon invented it during a long winter. [1]", SOURCES)
    assert verified.unsupported == 1
    assert verified.text.endswith(UNSUPPORTED_MARK)
    assert [s.n for s in verified.sources] == [1]


def test_a_sentence_is_judged_against_what_it_cites() -> None:
    assert verify("IVF partitions vectors into clusters with k-means. [1]", SOURCES).unsupported == 1


def test_an_answer_without_citations_cites_nothing() -> None:
    verified = verify("HNSW keeps the upper layers sparse.", SOURCES)
    assert verified.sources == ()
    assert verified.unsupported == 1


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("![leak](http://evil.test/x.png?d=1)", "leak"),
        ("![x][ref]", "x"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"),
        ("<script>x</script>", "&lt;script>x&lt;/script>"),
        ("[click](http://evil.test/?q=secret)", "click"),
        ("[click](javascript:alert(1))", "click)"),
        ("<http://evil.test>", "`http://evil.test`"),
        ("see http://evil.test/a now", "see `http://evil.test/a` now"),
        ("`<b>` and 3 < 4", "`<b>` and 3 < 4"),
    ],
)
def test_nothing_remote_or_raw_renders(text: str, safe: str) -> None:
    assert make_safe(text) == safe


def test_links_of_the_cited_passage_stay() -> None:
    cited = source(1, "See [docs](https://docs.example.org/x).")
    assert make_safe("See [docs](https://docs.example.org/x).", [cited]) == "See [docs](https://docs.example.org/x)."
