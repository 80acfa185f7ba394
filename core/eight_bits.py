"""How models are kept in files: matrices in 8 bits (whole numbers with one scale a row, a quarter of the size of float32), lines of text
as bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int8]
Scales = npt.NDArray[np.float32]


def pack_rows(matrix: Any) -> tuple[Codes, Scales]:
    """Codes in [-127, 127], shape (rows, columns), and scales, shape (rows, 1); their product is the matrix but for rounding."""
    scales = np.abs(matrix).max(axis=1, keepdims=True, initial=1e-12) / 127
    return np.round(matrix / scales).astype(np.int8), scales.astype(np.float32)


def unpack_rows(codes: Codes, scales: Scales) -> npt.NDArray[np.float32]:
    """The matrix that `pack_rows` packed, as float32."""
    matrix: npt.NDArray[np.float32] = codes.astype(np.float32) * scales
    return matrix


def pack_lines(lines: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Lines of text as an array of bytes."""
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def unpack_lines(data: Any) -> tuple[str, ...]:
    """What `pack_lines` packed; the array may have become one of floats."""
    return tuple(bytes(data.astype(np.uint8)).decode().split("\n")) if len(data) else ()


def save_weights(file: Path, weights: Mapping[str, Any]) -> None:
    """Write a network's weights: matrices in 8 bits but for its head's, the rest in float32. Raises OSError."""
    from safetensors.numpy import save_file

    stored: dict[str, Any] = {}
    for name, value in weights.items():
        if value.ndim == 2 and not name.startswith("head"):
            stored[name], stored[f"{name}.scale"] = pack_rows(value)
        else:
            stored[name] = value.astype(np.float32)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(stored, file)


def load_weights(file: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Read what `save_weights` wrote, as float32. Raises OSError."""
    from safetensors.numpy import load_file

    stored = load_file(file)
    return {
        name: unpack_rows(value, stored[f"{name}.scale"]) if value.dtype == np.int8 else value
        for name, value in stored.items()
        if not name.endswith(".scale")
    }
