"""Where dithering helps: flat art, text and noise keep the nearest colors.

An error is diffused where the steps of the palette would show, and is not where the texture of the picture hides them.
Colors that fill flat areas, those beside them (their smoothed edges), and colors that the palette has exactly take no
part. A picture that is mostly flat has its gradients dithered only where the steps are plain to see; so has one whose
file is to be small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from imgcluster import kernels
from imgcluster.colors import AlphaHistogram, Histogram, dither_palette
from imgcluster.kernels import DITHER_FLAT, DITHER_LAB, DITHER_NEVER
from imgcluster.palette import Fit
from imgcluster.quantization._mapping._mapping import Taking
from imgcluster.types import BoolArray, Float64Array, UInt8Array

LookUp: TypeAlias = Callable[[UInt8Array], UInt8Array]

_TEXTURE = 10.0  # of a palette's step, in shades: what hides it
_MOST_TEXTURE = 80  # shades; at twice that are text and noise, however coarse the palette is
_ART = 0.1  # share of flat colors, beside the background, from which a picture is flat art
_SEEN = 0.03, 0.05  # steps in OKLab: not seen in flat art, plain to see


def limits_of(
    histogram: Histogram | AlphaHistogram, fit: Fit, flat: BoolArray, *, only_seen: bool = False
) -> UInt8Array:
    """Return for each color how much texture hides the steps around it, as `kernels.dither_amounts` has it."""
    steps = _entry_limits(fit.palette, only_seen or _is_art(histogram, flat))
    limits = np.rint(steps).clip(DITHER_NEVER, 255).astype(np.uint8)[fit.labels]
    channels = histogram.colors.shape[1]
    entries = fit.palette if fit.palette.shape[1] == channels else _widened(fit.palette, channels)
    limits[(entries[fit.labels] == histogram.colors).all(axis=1)] = DITHER_NEVER
    limits[flat] = DITHER_FLAT
    return limits


class Amounts(NamedTuple):
    """How much each pixel takes part in dithering, by its color and what is around it."""

    limits: LookUp  # of colors, as `limits_of` returns them
    plain: Callable[[], LookUp]  # begins a picture: the indices of pixels that take no part
    n_threads: int

    def of(self, bands: Iterable[UInt8Array]) -> Iterator[tuple[UInt8Array, Taking]]:
        """Yield each band with how its pixels take part; the first row of the next band is looked at, too."""
        plain = self.plain()
        above: UInt8Array | None = None
        for band, following in pairwise(chain(bands, [None])):
            assert band is not None  # only the last one is
            below = band[-1:] if following is None else following[:1]
            padded = np.concatenate([band[:1] if above is None else above, band, below])
            above = band[-1:].copy()
            yield band, Taking(kernels.dither_amounts(padded, self.limits(padded), self.n_threads), plain(band))


def _is_art(histogram: Histogram | AlphaHistogram, flat: BoolArray) -> bool:
    """Tell whether flat colors cover much of a picture, without the one that covers most: a background."""
    counts = histogram.counts[flat]
    background = int(counts.max(initial=0))
    return bool(counts.sum() - background > _ART * (histogram.n_pixels - background))


def _entry_limits(palette: UInt8Array, only_seen: bool) -> Float64Array:
    """Return for each palette entry how much texture hides its step to the next one, in shades."""
    limits = np.minimum(_TEXTURE * _step_to(palette[:, :3].astype(np.float64), 1), _MOST_TEXTURE)
    if only_seen:
        # in a gradient the two nearest stand on either side
        lab = dither_palette(palette).entries[:, DITHER_LAB : DITHER_LAB + 3]
        seen = (_step_to(lab.astype(np.float64), 2) - _SEEN[0]) / (_SEEN[1] - _SEEN[0])
        limits *= seen.clip(0, 1)
    return limits


def _step_to(points: Float64Array, n: int) -> Float64Array:
    """Return the distance of each point to its n-th nearest other one."""
    steps = np.zeros(len(points))
    for i, point in enumerate(points):
        squares = (points - point) ** 2
        distances = squares[:, 0] + squares[:, 1] + squares[:, 2]
        steps[i] = np.sqrt(np.sort(distances)[min(n, len(points) - 1)])
    return steps


def _widened(palette: UInt8Array, channels: int) -> UInt8Array:
    """Return opaque colors with an alpha of 255, or colors without their alpha."""
    if channels == 3:
        return palette[:, :3]
    return np.concatenate([palette, np.full((len(palette), 1), 255, np.uint8)], axis=1)
