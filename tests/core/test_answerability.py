import pytest

import core.answerability
from core.answerability import available_answerability, get_answerability


def test_damaged_weights_leave_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    get_answerability.cache_clear()
    monkeypatch.setattr(core.answerability, "WEIGHTS_SHA256", "0" * 64)
    assert available_answerability() is None
    get_answerability.cache_clear()
