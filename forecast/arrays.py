"""Array aliases: the element types of the arrays that functions take and return."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bools", "Floats", "Floats32", "Ints", "Ints32", "Uints32", "Uints64"]

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Ints = NDArray[np.intp]
Ints32 = NDArray[np.int32]
Bools = NDArray[np.bool_]
Uints32 = NDArray[np.uint32]
Uints64 = NDArray[np.uint64]
