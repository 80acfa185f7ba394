import pytest

import core.answerability
from core.answerability import WEIGHTS_FILE, available_answerability, get_answerability
from core.judge import load_verified


def test_the_weights_are_small_and_their_card_says_what_they_are() -> None:
    assert WEIGHTS_FILE.stat().st_size < 25_000_000
    card = WEIGHTS_FILE.with_suffix(".md").read_text()
    assert core.answerability.WEIGHTS_SHA256 in card
    assert "model-made" in card
    assert load_verified(WEIGHTS_FILE, core.answerability.WEIGHTS_SHA256)


def test_damaged_weights_leave_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    get_answerability.cache_clear()
    monkeypatch.setattr(core.answerability, "WEIGHTS_SHA256", "0" * 64)
    assert available_answerability() is None
    get_answerability.cache_clear()
