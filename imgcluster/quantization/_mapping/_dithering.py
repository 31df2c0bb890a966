"""Dithering as a mapping: the palette is refitted to it, and each band goes through one of its kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol, TypeAlias

import numpy as np

from imgcluster.colors import (
    RGB,
    AlphaHistogram,
    AlphaTable,
    ColorSpace,
    Histogram,
    color_table,
    look_up_colors,
)
from imgcluster.palette import Fit, nearest_alpha_colors, nearest_colors, rgba_of
from imgcluster.quantization._mapping._amounts import Amounts, LookUp, limits_of
from imgcluster.quantization._mapping._diffusion import Diffusion
from imgcluster.quantization._mapping._flat import flat_colors
from imgcluster.quantization._mapping._mapping import Mapping, Rows, Taking, index_type, squared_difference
from imgcluster.quantization._mapping._nearest import NearestMapping, squared_error
from imgcluster.quantization._mapping._ordered import Ordered, bayer_tile, blue_noise_tile
from imgcluster.quantization._mapping._rate_aware import MOST_RATE_AWARE, RateAwareMapping
from imgcluster.quantization._mapping._refit import refit_palette
from imgcluster.quantization._mapping._sample import sample
from imgcluster.threads import run
from imgcluster.types import BoolArray, UInt8Array, UInt16Array

_TILES = {"ordered": bayer_tile, "blue-noise": blue_noise_tile}
_THRIFT_OF_LOSSY = 0.01  # a per cent: what 20 % add saves about 5 % of the bytes
_LEAST = 0.02  # mean amount of dithering for which the palette is refitted


class Dither(Protocol):
    """A kind of dithering with a palette."""

    def begin(self) -> Rows:
        """Begin a picture; returns what dithers its rows from top to bottom."""
        ...


Start: TypeAlias = Callable[[UInt8Array], Dither]  # with a palette


def kind_of(dither: str, strength: float | None, lossy: float, n_threads: int) -> Start:
    """Return what starts this kind of dithering."""
    if dither in _TILES:
        part = 1.0 if strength is None else strength
        return partial(Ordered, tile=_TILES[dither](), strength=part, n_threads=n_threads)
    return partial(Diffusion, strength=strength, thrift=_THRIFT_OF_LOSSY * lossy, n_threads=n_threads)


class DitherMapping:
    """Indices of a dithered picture; its error is known when all bands have passed.

    Parameters
    ----------
    palette : ndarray of shape (k, 3) or (k, 4), uint8
    start : function
        Begins the dithering with a palette.
    channels : int
        4 if any band has alpha.
    amounts : Amounts, optional
        How pixels take part; by default fully.
    n_threads : int
        The result does not depend on it.
    """

    def __init__(
        self,
        palette: UInt8Array,
        start: Start,
        channels: int,
        amounts: Amounts | None = None,
        n_threads: int = 1,
    ) -> None:
        self.palette, self.squared_error = palette, 0.0
        self._start, self._channels, self._amounts, self._n_threads = start, channels, amounts, n_threads

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the palette indices of each band; the error of its last row waits for the next."""
        rows, self.squared_error = self._start(self.palette).begin(), 0.0
        for band, taking in with_amounts(bands, self._channels, self._amounts):
            indices = rows(band, taking)
            self.squared_error += squared_difference(self.palette, indices, band, self._n_threads)
            yield indices


def with_amounts(
    bands: Iterable[UInt8Array], channels: int, amounts: Amounts | None
) -> Iterator[tuple[UInt8Array, Taking | None]]:
    """Yield bands of so many channels, each with how its pixels take part; None means fully."""
    alike = _alike(bands, channels)
    return ((band, None) for band in alike) if amounts is None else amounts.of(alike)


def _alike(bands: Iterable[UInt8Array], channels: int) -> Iterator[UInt8Array]:
    """Yield bands of so many channels, of which 4 may be needed by others alone."""
    for band in bands:
        if band.shape[2] > channels:
            yield np.ascontiguousarray(band[..., :channels])
        elif band.shape[2] < channels:
            yield np.concatenate([band, np.full((*band.shape[:2], 1), 255, np.uint8)], axis=2)
        else:
            yield band


def dithered(
    histogram: Histogram | AlphaHistogram,
    fit: Fit,
    read: Callable[[], Iterable[UInt8Array]],
    *,
    dither: str,
    strength: float | None = None,
    lossy: float = 0.0,
    n_fixed: int = 0,
    space: ColorSpace = RGB,
    n_threads: int = 1,
) -> Mapping:
    """Return a mapping that dithers, its palette refitted to that unless it was given.

    A picture that the palette holds exactly is left as it is. The refit looks at about a million pixels in strips from
    all over the picture; a palette of more than 256 colors is left as it is. "auto" with a lossy mapping dithers only
    where steps are plain to see, and the rest of the pixels go through that mapping.
    """
    if strength == 0 or squared_error(histogram, fit) == 0:
        return NearestMapping(histogram, fit, n_threads)
    start, channels = kind_of(dither, strength, lossy, n_threads), histogram.colors.shape[1]
    fixed = np.arange(len(fit.palette)) < n_fixed
    moves = not fixed.all()
    looked_at = sample(_alike(read(), channels), histogram.n_pixels) if moves or dither == "auto" else []
    if dither != "auto":
        palette = fit.palette
        if moves:
            strips, again = _refitting(looked_at, start, channels, None, n_threads)
            palette = refit_palette(palette, fixed, strips, again, n_threads)
        return DitherMapping(palette, start, channels, n_threads=n_threads)
    flat = flat_colors(histogram, looked_at)
    if moves:
        fixed |= _exact(histogram, fit, flat)
        amounts = _amounts(histogram, fit, flat, lossy > 0, n_threads)
        strips, again = _refitting(looked_at, start, channels, amounts, n_threads)
        palette = refit_palette(fit.palette, fixed, strips, again, n_threads)
        fit = _nearest(histogram, palette, space, n_threads)
    amounts = _amounts(histogram, fit, flat, lossy > 0, n_threads)
    if lossy and len(fit.palette) <= MOST_RATE_AWARE:
        # what is not dithered is as lossy as it is without dithering
        rest = RateAwareMapping(
            histogram, fit, lambda: _alike(read(), channels), lossy=lossy, space=space, n_threads=n_threads
        )
        amounts = amounts._replace(plain=rest.begin)
    return DitherMapping(fit.palette, start, channels, amounts, n_threads)


def _amounts(
    histogram: Histogram | AlphaHistogram, fit: Fit, flat: BoolArray, only_seen: bool, n_threads: int
) -> Amounts:
    """Return how pixels take part, by their colors and what is around them."""
    labels: UInt8Array = fit.labels.astype(index_type(len(fit.palette)))
    limits = _look_up(histogram, limits_of(histogram, fit, flat, only_seen=only_seen), n_threads)
    plain = _look_up(histogram, labels, n_threads)
    return Amounts(limits, lambda: plain, n_threads)


def _refitting(
    strips: list[UInt8Array], start: Start, channels: int, amounts: Amounts | None, n_threads: int
) -> tuple[list[UInt8Array], Callable[[UInt8Array], list[UInt8Array]]]:
    """Return strips of a picture, and what dithers them with a palette; none if hardly anything is to be dithered."""
    parts = [next(with_amounts([strip], channels, amounts)) for strip in strips]
    if amounts is not None and np.mean([taking.amounts.mean() for _, taking in parts if taking]) < _LEAST * 255:
        parts = []

    def dither(palette: UInt8Array) -> list[UInt8Array]:
        prepared = start(palette)
        return run(lambda i: prepared.begin()(*parts[i]), len(parts), n_threads)

    return [strip for strip, _ in parts], dither


def _exact(histogram: Histogram | AlphaHistogram, fit: Fit, flat: BoolArray) -> BoolArray:
    """Tell which entries are exactly the colors of flat areas."""
    same = (rgba_of(fit.palette)[fit.labels[flat]] == rgba_of(histogram.colors[flat])).all(axis=1)
    exact = np.zeros(len(fit.palette), np.bool_)
    exact[fit.labels[flat][same]] = True
    return exact


def _nearest(histogram: Histogram | AlphaHistogram, palette: UInt8Array, space: ColorSpace, n_threads: int) -> Fit:
    if isinstance(histogram, AlphaHistogram):
        return nearest_alpha_colors(histogram, palette, n_threads, space)
    return nearest_colors(histogram, palette, n_threads, space)


def _look_up(histogram: Histogram | AlphaHistogram, values: UInt8Array | UInt16Array, n_threads: int) -> LookUp:
    """Return what finds the values of pixels by their colors."""
    if isinstance(histogram, AlphaHistogram):
        by_color: AlphaTable[np.uint8] = AlphaTable(histogram, values)
        return lambda band: by_color.look_up(band, n_threads)
    table = color_table(histogram, values)
    return lambda band: look_up_colors(band, table, n_threads)
