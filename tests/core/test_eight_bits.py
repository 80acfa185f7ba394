import numpy as np

from core.eight_bits import pack_rows, unpack_rows


def test_rows_survive_within_half_a_step_and_zeros_exactly() -> None:
    matrix = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32) * np.logspace(-3, 3, 20, dtype=np.float32)[:, None]
    matrix[4] = 0
    codes, scales = pack_rows(matrix)
    assert codes.dtype == np.int8
    assert scales.shape == (20, 1)
    assert np.all(np.abs(unpack_rows(codes, scales) - matrix) <= scales * 0.501)
    assert not unpack_rows(codes, scales)[4].any()
