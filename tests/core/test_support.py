
import pytest

from core.judge import SUPPORTS, Judgement
from core.support import is_altered, is_supported, windows

PASSAGE = [
    "HNSW keeps the upper layers sparse and holds every vector in layer 0.",
    "An index over 10 million vectors needs about 32 GB.",
    "Self-attention does not know the order of tokens without a positional encoding.",
]


class Fixed:
    def __init__(self, verdict: str) -> None:
        self.verdict = verdict

    def judge(self, pairs):
        return [Judgement(tuple(0.97 if name == self.verdict else 0.01 for name in SUPPORTS)) for _ in pairs]


@pytest.mark.parametrize("sentence", PASSAGE)
@pytest.mark.parametrize("judge", [None, Fixed("contradicted")])
def test_a_verbatim_sentence_is_supported_whatever_the_judge_says(sentence: str, judge: Fixed | None) -> None:
    assert is_supported(sentence, PASSAGE, judge)


@pytest.mark.parametrize(
    "claim",
    [
        "An index over 10 million vectors needs about 64 GB.",
        "HNSW keeps the upper layers dense and holds every vector in layer 0.",
        "Self-attention does know the order of tokens without a positional encoding.",
        "HNSW keeps the lower layers sparse and holds every vector in layer 0.",
    ],
)
def test_an_altered_copy_is_not_supported_whatever_the_judge_says(claim: str) -> None:
    assert not is_supported(claim, PASSAGE, Fixed("supported"))


def test_other_words_are_the_judges_to_decide() -> None:
    claim = "Without knowing positions, attention treats its input as a bag."
    assert is_supported(claim, PASSAGE, Fixed("supported"))
    assert not is_supported(claim, PASSAGE, Fixed("contradicted"))
    assert not is_supported(claim, PASSAGE, Fixed("unrelated"))
    assert not is_supported(claim, PASSAGE), "without a judge the words must be shared"


@pytest.mark.parametrize(
    ("claim", "sentence", "altered"),
    [
        ("HNSW keeps upper layers sparse.", "HNSW keeps the upper layers sparse.", False),
        ("The index is not exact.", "The index is exact.", True),
        ("A cat sat on the mat.", "An index needs memory.", False),
        ("IVF trains faster than HNSW builds.", "IVF trains slower than HNSW builds.", True),
    ],
)
def test_near_copies_with_a_change_that_counts(claim: str, sentence: str, altered: bool) -> None:
    assert is_altered(claim, sentence) is altered


def test_windows_cover_every_sentence_and_overlap() -> None:
    sentences = [f"Sentence number {n} " + "word " * 40 for n in range(6)]
    found = windows(sentences)
    assert len(found) > 2
    assert all(any(sentence.split()[2] in window for window in found) for sentence in sentences)
    assert windows([]) == []
