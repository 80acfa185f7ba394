import pytest

from core.overlap import judge_support

EVIDENCE = [
    "HNSW keeps the upper layers sparse and holds every vector in layer 0.",
    "An index over 10 million vectors needs about 32 GB.",
    "Self-attention does not know the order of tokens without a positional encoding.",
]


@pytest.mark.parametrize(
    "claim",
    [
        "HNSW keeps its upper layers sparse.",
        "Layer 0 of HNSW holds every vector.",
        "About 32 GB are needed for an index over 10 million vectors.",
        "Self-attention does not know token order without positional encoding.",
    ],
)
def test_supported(claim: str) -> None:
    assert judge_support(claim, EVIDENCE).support == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "HNSW was invented by Napoleon to win battles.",
        "An index over 10 million vectors needs about 64 GB.",
        "HNSW does not keep the upper layers sparse and layer 0 never holds every vector.",
        "Self-attention does know the order of tokens with a positional encoding.",
    ],
)
def test_not_supported(claim: str) -> None:
    assert judge_support(claim, EVIDENCE).support != "supported"


def test_the_best_sentence_is_named() -> None:
    assert judge_support("An index of 10 million vectors takes 32 GB", EVIDENCE).sentence == 1
    assert judge_support("bananas are yellow", EVIDENCE).sentence is None
