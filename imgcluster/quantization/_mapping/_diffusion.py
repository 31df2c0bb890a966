"""Floyd and Steinberg's error diffusion: the error of a pixel goes to its neighbors, so that means are kept.

References
----------
R. W. Floyd and L. Steinberg, "An adaptive algorithm for spatial greyscale", Proceedings of the Society for Information
Display 17(2), 75-77, 1976.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.colors import dither_palette
from imgcluster.kernels import DiffusionState
from imgcluster.quantization._mapping._mapping import Rows, Taking, index_type
from imgcluster.threads import run
from imgcluster.types import UInt8Array

STRENGTH = 0.9  # of the error: all of it is noisier, and no better after a blur of a pixel
_INKS = 8  # colors or fewer are far apart: what is not passed on changes the mean, so that all is
# in squared spacings of the palette: saves 3 % of the bytes for as much of the blurred error; with few colors, which
# stand far apart, it costs more
THRIFT, THRIFT_OF_FEW = 0.35, 0.1
_FEW_COLORS = 32
_STRIPE = 256  # rows
_LEAD = 16  # rows: what is left of an error after these is far below a shade


class _Rows(NamedTuple):
    """Pixels of some rows, and how they take part."""

    pixels: UInt8Array
    taking: Taking | None

    def cut(self, start: int, end: int) -> _Rows:
        """Return the rows from start to end."""
        rows = slice(start, end)
        return _Rows(self.pixels[rows], None if self.taking is None else Taking(*(part[rows] for part in self.taking)))

    def above(self, row: int, before: _Rows | None) -> _Rows:
        """Return the rows that lead to a row: the last _LEAD above it, or all; `before` are those above the first."""
        parts = [self.cut(max(row - _LEAD, 0), row)]
        if row < _LEAD and before is not None:
            parts.insert(0, before.cut(max(len(before.pixels) + row - _LEAD, 0), len(before.pixels)))
        takings = [part.taking for part in parts if part.taking is not None]
        # copies: a view of a few rows would keep the whole band
        return _Rows(
            np.concatenate([part.pixels for part in parts]),
            Taking(*map(np.concatenate, zip(*takings, strict=True))) if takings else None,
        )


class Diffusion:
    """Serpentine error diffusion in linear light, where the eye averages; the nearest color is that of OKLab.

    Opaque pixels take opaque entries. Clear ones stay clear if the palette has a clear entry; no error passes them.
    Stripes of 256 rows are dithered side by side: each begins some rows early, so that its first row gets errors like
    those of the row above, and no seam shows.

    Parameters
    ----------
    palette : ndarray of shape (k, 3) or (k, 4), uint8
    strength : float, optional
        Share of the error that is passed on, 0..1; by default what suits the number of colors.
    thrift : float
        How much farther than the nearest entry the one before or above a pixel may be, beyond what is usual, in squared
        spacings.
    n_threads : int
        The result does not depend on it.
    """

    def __init__(
        self, palette: UInt8Array, strength: float | None = None, thrift: float = 0.0, n_threads: int = 1
    ) -> None:
        self._palette, self._clear = dither_palette(palette), clear_entry(palette)
        usual_strength = 1.0 if len(palette) <= _INKS else STRENGTH
        self._strength = usual_strength if strength is None else strength
        usual = THRIFT_OF_FEW if len(palette) <= _FEW_COLORS else THRIFT
        self._thrift, self._indices = min(usual + thrift, 1.0), index_type(len(palette))
        self._n_threads = n_threads

    def begin(self) -> Rows:
        """Begin a picture; returns what dithers its next rows, as `Dither` has it."""
        state: DiffusionState | None = None
        lead: _Rows | None = None  # the last rows of the band before
        first_row = 0

        def rows(band: UInt8Array, taking: Taking | None) -> UInt8Array:
            nonlocal state, lead, first_row
            whole, above, passed, top = _Rows(np.ascontiguousarray(band), taking), lead, state, first_row
            ends = [*range(_STRIPE - top % _STRIPE, len(band), _STRIPE), len(band)]

            def stripe(i: int) -> tuple[UInt8Array, DiffusionState]:
                start = ends[i - 1] if i else 0
                row, part = top + start, whole.cut(start, ends[i])
                if row % _STRIPE:
                    assert passed is not None
                    return self._diffuse(part, passed, row), passed
                own = DiffusionState.first(*band.shape[1:])
                if row:
                    self._diffuse(whole.above(start, above), own, row - _LEAD)
                return self._diffuse(part, own, row), own

            done = run(stripe, len(ends), self._n_threads)
            state, first_row, lead = done[-1][1], top + len(band), whole.above(len(band), above)
            return done[0][0] if len(done) == 1 else np.concatenate([indices for indices, _ in done])

        return rows

    def _diffuse(self, part: _Rows, state: DiffusionState, row: int) -> UInt8Array:
        """Dither rows of which the first is row `row` of the picture; the state moves on."""
        amounts = None if part.taking is None else np.ascontiguousarray(part.taking.amounts)
        indices: UInt8Array = np.empty(part.pixels.shape[:2], self._indices)
        if part.taking is not None:
            indices[...] = part.taking.plain
        kernels.diffuse_rows(
            self._palette,
            part.pixels,
            amounts,
            state,
            indices,
            first_row=row % 2,
            strength=self._strength,
            thrift=self._thrift,
            clear=self._clear,
        )
        return indices


def clear_entry(palette: UInt8Array) -> int:
    """Return the first fully clear entry of a palette, or -1."""
    if palette.shape[1] == 3:
        return -1
    clear = np.flatnonzero(palette[:, 3] == 0)
    return int(clear[0]) if len(clear) else -1
