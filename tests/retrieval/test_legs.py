
import numpy as np
import pytest

from core.content import GlossaryTerm
from core.types import Chunk
from retrieval.fusion import min_max
from retrieval.glossary import Expander
from retrieval.lexical import LexicalIndex


def chunk(id_: str, text: str, heading: str = "H") -> Chunk:
    return Chunk(id_, "d", "T", 1, (heading,), text, 0)


def test_scaled_scores_fill_the_range_and_equal_ones_say_nothing() -> None:
    assert min_max(np.array([5.0, 1.0, 3.0], np.float32)).tolist() == pytest.approx([1.0, 0.0, 0.5])
    assert min_max(np.zeros(3, np.float32)).tolist() == [0.0, 0.0, 0.0]


def test_bm25_prefers_rare_terms_and_headings() -> None:
    index = LexicalIndex.build([
        chunk("1", "the index of common words"), chunk("2", "a rare quokka among common words"),
        chunk("3", "common words only", heading="Quokka"), chunk("4", "common common common"),
    ])
    scores = index.scores("common quokka")
    assert int(np.argmax(scores)) == 2
    assert scores[1] > scores[0]
    assert np.all(index.scores("zzz") == 0)
    assert index.idf("quokka") > index.idf("common")


def test_an_empty_index_answers_with_nothing() -> None:
    assert LexicalIndex.build([]).scores("x").shape == (0,)


TERMS = (
    GlossaryTerm(term="Grouped-query attention", acronym="GQA", aliases=("grouped query attention",), definition="d", topics=(7,)),
    GlossaryTerm(term="Mean average precision", acronym="MAP", definition="d", topics=(6,)),
    GlossaryTerm(term="Tensor parallelism", acronym="TP", definition="d", topics=(10,)),
)


@pytest.mark.parametrize(
    ("query", "expanded"),
    [
        ("what's GQA?", "what's GQA? Grouped-query attention"),
        ("what's gqa", "what's gqa Grouped-query attention"),
        ("grouped query attention", "grouped query attention GQA"),
        ("map of the city", "map of the city"),
        ("MAP of a ranking", "MAP of a ranking Mean average precision"),
        ("tp or not tp", "tp or not tp"),
        ("nothing known", "nothing known"),
    ],
)
def test_acronyms_bring_their_expansion(query: str, expanded: str) -> None:
    assert Expander(TERMS).expand(query) == expanded


def test_the_index_knows_which_chunks_hold_a_term() -> None:
    index = LexicalIndex.build([chunk(str(i), "quokka" if i % 3 == 1 else "common") for i in range(9)])
    assert index.holds("quokka", [0, 4])
    assert not index.holds("quokka", [0, 2, 8])
    assert not index.holds("zebra", [0])
