"""Arrays that are read back from a disk, checked before anything is computed with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["check_array"]


def check_array(array: NDArray[Any], shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array that was read back, if it is of the shape and type that was stored, and finite.

    Parameters
    ----------
    array : ndarray
        As it was read.
    shape : tuple of int
        The shape that it must have.
    dtype : dtype
        The type of its elements.

    Returns
    -------
    ndarray
        The array.

    Raises
    ------
    ValueError
        It has another shape or type, or a number that is not finite.
    """
    if array.shape != shape or array.dtype != np.dtype(dtype):
        raise ValueError(f"an array of {array.shape} {array.dtype} where {shape} {np.dtype(dtype)} was stored")
    if not np.isfinite(array).all():
        raise ValueError("an array has a number that is not finite")
    return array
