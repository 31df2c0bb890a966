"""Floyd and Steinberg's error diffusion: the error of a pixel goes to its neighbors, so that means are kept.

References
----------
R. W. Floyd and L. Steinberg, "An adaptive algorithm for spatial greyscale", Proceedings of the Society for Information
Display 17(2), 75-77, 1976.
"""

from __future__ import annotations

import numpy as np

from imgcluster import kernels
from imgcluster.colors import dither_palette
from imgcluster.kernels import DiffusionState
from imgcluster.quantization._mapping._mapping import Rows, index_type
from imgcluster.types import UInt8Array

STRENGTH = 0.9  # of the error: all of it is noisier, and no better after a blur of a pixel
_INKS = 8  # colors or fewer are far apart: what is not passed on changes the mean, so that all is
# in squared spacings of the palette: saves 3 % of the bytes for as much of the blurred error; with few colors, which
# stand far apart, it costs more
THRIFT, THRIFT_OF_FEW = 0.35, 0.1
_FEW_COLORS = 32


class Diffusion:
    """Serpentine error diffusion in linear light, where the eye averages; the nearest color is that of OKLab.

    Opaque pixels take opaque entries. Clear ones stay clear if the palette has a clear entry; no error passes them.
    Rows depend on those above them, so that one thread does all.

    Parameters
    ----------
    palette : ndarray of shape (k, 3) or (k, 4), uint8
    strength : float, optional
        Share of the error that is passed on, 0..1; by default what suits the number of colors.
    thrift : float
        How much farther than the nearest entry the one before or above a pixel may be, beyond what is usual, in squared
        spacings.
    """

    def __init__(self, palette: UInt8Array, strength: float | None = None, thrift: float = 0.0) -> None:
        self._palette, self._clear = dither_palette(palette), clear_entry(palette)
        usual_strength = 1.0 if len(palette) <= _INKS else STRENGTH
        self._strength = usual_strength if strength is None else strength
        usual = THRIFT_OF_FEW if len(palette) <= _FEW_COLORS else THRIFT
        self._thrift, self._indices = min(usual + thrift, 1.0), index_type(len(palette))

    def begin(self) -> Rows:
        """Begin a picture; returns what dithers its next rows, as `Dither` has it."""
        state: DiffusionState | None = None
        first_row = 0

        def rows(band: UInt8Array, amounts: UInt8Array | None) -> UInt8Array:
            nonlocal state, first_row
            state = DiffusionState.first(band.shape[1], band.shape[2]) if state is None else state
            indices: UInt8Array = np.empty(band.shape[:2], self._indices)
            kernels.diffuse_rows(
                self._palette,
                np.ascontiguousarray(band),
                amounts,
                state,
                indices,
                first_row=first_row % 2,
                strength=self._strength,
                thrift=self._thrift,
                clear=self._clear,
            )
            first_row += len(band)
            return indices

        return rows


def clear_entry(palette: UInt8Array) -> int:
    """Return the first fully clear entry of a palette, or -1."""
    if palette.shape[1] == 3:
        return -1
    clear = np.flatnonzero(palette[:, 3] == 0)
    return int(clear[0]) if len(clear) else -1
