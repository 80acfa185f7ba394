import subprocess
import sys
from types import ModuleType

import pytest

import core.answerability
import core.judge
from core.errors import ModelIntegrityError
from core.judge import SUPPORTS, Judge, Judgement, get_judge, load_verified
from tests.conftest import REPOSITORY

CLAIM = "HNSW needs more memory than IVF because it stores links between the vectors."


@pytest.fixture(scope="module")
def judge() -> Judge:
    return get_judge()


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        ("Because every vector carries its graph links, HNSW takes more RAM than IVF does.", "supported"),
        ("HNSW needs less memory than IVF because it stores no links between the vectors.", "contradicted"),
        ("Few-shot prompts put solved examples before the question.", "unrelated"),
    ],
)
def test_it_reads_what_a_text_says_of_a_claim(judge: Judge, evidence: str, verdict: str) -> None:
    assert judge.judge([(CLAIM, evidence)])[0].likeliest == verdict


def test_a_pair_gets_the_same_verdict_alone_and_in_a_batch(judge: Judge) -> None:
    pairs = [(CLAIM, "HNSW stores links."), (CLAIM, "word " * 500), ("x", ""), ("", "y")]
    together = judge.judge(pairs)
    for pair, judgement in zip(pairs, together, strict=True):
        assert judge.judge([pair])[0].probabilities == pytest.approx(judgement.probabilities, abs=1e-3)
        assert sum(judgement.probabilities) == pytest.approx(1.0, abs=1e-5)
    assert judge.judge([]) == []


def test_a_low_probability_is_unsure() -> None:
    assert Judgement((0.4, 0.3, 0.2, 0.1)).support == "unsure"
    assert Judgement((0.1, 0.1, 0.1, 0.7)).support == "contradicted"
    assert Judgement((0.4, 0.3, 0.2, 0.1)).probability("partly") == 0.3
    assert SUPPORTS[0] == "supported"


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    get_judge.cache_clear()
    monkeypatch.setattr(core.judge, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(ModelIntegrityError) as caught:
        get_judge()
    assert "core/weights" in caught.value.help
    get_judge.cache_clear()


@pytest.mark.parametrize("module", [core.judge, core.answerability])
def test_the_weights_are_small_and_their_card_says_what_they_are(module: ModuleType) -> None:
    assert module.WEIGHTS_FILE.stat().st_size < 25_000_000
    card = module.WEIGHTS_FILE.with_suffix(".md").read_text()
    assert module.WEIGHTS_SHA256 in card
    assert "model-made" in card
    assert load_verified(module.WEIGHTS_FILE, module.WEIGHTS_SHA256)


def test_judging_imports_no_heavy_library() -> None:
    code = "import sys; from core.judge import get_judge; get_judge().judge([('a', 'b')]); print('torch' in sys.modules, 'transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.split() == ["False", "False"]
