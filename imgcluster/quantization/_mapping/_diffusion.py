"""Floyd and Steinberg's error diffusion: the error of a pixel goes to its neighbors, so that means are kept.

References
----------
R. W. Floyd and L. Steinberg, "An adaptive algorithm for spatial greyscale", Proceedings of the Society for Information
Display 17(2), 75-77, 1976.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from imgcluster import kernels
from imgcluster.colors import AlphaHistogram, Histogram, dither_palette
from imgcluster.kernels import DiffusionState
from imgcluster.palette import Fit
from imgcluster.quantization._mapping._mapping import index_type, squared_difference
from imgcluster.types import UInt8Array

STRENGTH = 0.85  # of the error: all of it is noisier, and no better after a blur of a pixel
# in squared spacings of the palette: 1 % fewer bytes; twice as much shows in the error after a blur
THRIFT = 0.2


class FloydSteinbergMapping:
    """Serpentine error diffusion in linear light, where the eye averages; the nearest color is that of OKLab.

    Opaque pixels take opaque entries. Clear ones stay clear if the palette has a clear entry: no error passes them.

    Parameters
    ----------
    histogram : Histogram or AlphaHistogram
        Not needed: errors depend on the place.
    fit : Fit
        Its palette is used, not its labels.
    n_threads : int
        Rows depend on those above them, so that one thread does all.
    strength : float
        Share of the error that is passed on, 0..1.
    """

    def __init__(
        self, histogram: Histogram | AlphaHistogram, fit: Fit, n_threads: int = 1, *, strength: float = STRENGTH
    ) -> None:
        self.squared_error, self.palette = 0.0, fit.palette
        self._colors, self._palette = fit.palette, dither_palette(fit.palette)
        self._clear, self._strength = clear_entry(fit.palette), strength

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the palette indices of each band; the error of its last row waits for the next."""
        state, first_row = None, 0
        for band in bands:
            state = DiffusionState.first(*band.shape[1:]) if state is None else state
            indices = self.dither(band, None, state, first_row)
            first_row += len(band)
            self.squared_error += squared_difference(self._colors, indices, band)
            yield indices

    def dither(self, band: UInt8Array, amounts: UInt8Array | None, state: DiffusionState, first_row: int) -> UInt8Array:
        """Dither some rows; amounts (h, W) tells how much each pixel takes part, in 1/255."""
        indices: UInt8Array = np.empty(band.shape[:2], index_type(len(self._colors)))
        kernels.diffuse_rows(
            self._palette,
            np.ascontiguousarray(band),
            amounts,
            state,
            indices,
            first_row=first_row,
            strength=self._strength,
            thrift=THRIFT,
            clear=self._clear,
        )
        return indices


def clear_entry(colors: UInt8Array) -> int:
    """Return the first fully clear entry of a palette, or -1."""
    if colors.shape[1] == 3:
        return -1
    clear = np.flatnonzero(colors[:, 3] == 0)
    return int(clear[0]) if len(clear) else -1
