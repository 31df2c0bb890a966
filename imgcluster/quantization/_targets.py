"""Targets: the fewest colors that are good enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imgcluster.colors import RGB, AlphaHistogram, Histogram, alpha_space
from imgcluster.errors import TargetError
from imgcluster.metrics import psnr_from_mse
from imgcluster.palette import Fit, rgba_of
from imgcluster.parameters import check_int, check_number, given_text
from imgcluster.quantization._mapping import mean_squared_error

AUTO = "auto"
"""The number of colors that stands for the fewest of quality `AUTO_QUALITY`."""

AUTO_QUALITY = 85

# The mean squared error, summed over the channels, at which pngquant 2.17 reports a quality: medians over photos at 4
# to 256 colors. Its own error is about a sixth of it. On screenshots, flat art and icons it reports the same at the
# same error if no color counts as more than a twentieth of the pixels: a plain ground hides nothing of the rest.
_MSE_OF_QUALITY = {
    0: 1500.0, 1: 950.0, 2: 650.0, 5: 385.0, 10: 275.0, 20: 201.0, 30: 167.0, 40: 136.0, 50: 110.0, 55: 94.6, 60: 82.0,
    65: 70.0, 70: 59.0, 75: 47.8, 80: 37.8, 83: 31.2, 85: 27.0, 88: 21.2, 90: 18.3, 93: 11.8, 95: 9.3, 96: 6.8, 98: 4.0,
    99: 2.0, 100: 0.0,
}  # fmt: skip
_WITH_ALPHA = 0.7  # the same for pictures with alpha: the mean over backgrounds is less than the error over the worst
_MOST_SHARE = 1 / 20


@dataclass(frozen=True)
class Target:
    """What a palette is to reach, with as few colors as possible.

    Attributes
    ----------
    quality : tuple of int, optional
        The quality to reach, second, and the one below which the result is rejected, first: 0..100.
    psnr : float, optional
        To reach, in dB.
    """

    quality: tuple[int, int] | None = None
    psnr: float | None = None

    def most_error(self, *, has_alpha: bool) -> float:
        """Return the mean squared error to reach: of a quality, with the shares of colors limited."""
        most = np.inf
        if self.quality is not None:
            most = mse_of_quality(self.quality[1], has_alpha=has_alpha)
        if self.psnr is not None:
            most = min(most, 3 * 255**2 / 10 ** (self.psnr / 10))
        return float(most)

    def limit(self, *, has_alpha: bool) -> float:
        """Return the mean squared error above which the result is rejected."""
        if self.psnr is not None:
            return self.most_error(has_alpha=has_alpha)
        assert self.quality is not None
        return mse_of_quality(self.quality[0], has_alpha=has_alpha) if self.quality[0] else float("inf")


def check_target(
    n_colors: int | str, quality: tuple[int, int] | int | None, target_psnr: float | None
) -> Target | None:
    """Return the target that parameters ask for, None if they ask for none."""
    if quality is not None and target_psnr is not None:
        raise ValueError("quality and target_psnr exclude each other; leave one out")
    if quality is not None:
        return Target(quality=_checked_quality(quality))
    if target_psnr is not None:
        return Target(psnr=check_number("target_psnr", target_psnr, 1, 100))
    return Target(quality=(0, AUTO_QUALITY)) if isinstance(n_colors, str) and n_colors == AUTO else None


def _checked_quality(quality: object) -> tuple[int, int]:
    """Return the lowest quality allowed and the one to reach; a single number is to be reached."""
    ends = quality if isinstance(quality, tuple | list) else (0, quality)
    if len(ends) != 2:
        raise ValueError(
            f"quality must be two numbers, the lowest allowed and the one to reach, got {given_text(quality)}"
        )
    low, high = (check_int("quality", end, 0, 100) for end in ends)
    if low > high:
        raise ValueError(f"quality must be a range from low to high, got {low}-{high}; write {high}-{low}")
    return low, high


def fit_to_target(
    histogram: Histogram | AlphaHistogram, target: Target, n_colors: int, fit_of: Callable[[int, str | None], Fit]
) -> Fit:
    """Find the fewest colors that reach a target, or all that are allowed if they are not rejected.

    `fit_of` makes the fit of a number of colors, with an effort instead of the one asked for, if one is given. The
    result is the one without a target, so that no smaller number reaches it.

    Raises
    ------
    TargetError
        If even the most colors are rejected.
    """
    has_alpha = isinstance(histogram, AlphaHistogram)
    wanted = target.most_error(has_alpha=has_alpha)
    mean = mean_squared_error if target.quality is None else _LimitedError(histogram)
    search = _Search(lambda k: fit_of(k, None), lambda fit: mean(histogram, fit))
    most = min(n_colors, len(histogram))
    if search.error(most) > wanted:
        if search.error(most) > target.limit(has_alpha=has_alpha):
            raise TargetError(_missed(target, search.error(most), most, has_alpha=has_alpha))
        return search.fit(most)
    # a quick search leaves few numbers for the thorough one
    quick = _Search(lambda k: fit_of(k, "fast"), lambda fit: mean(histogram, fit))
    near = _first(lambda k: quick.error(k) <= wanted, 0, most)
    low, high = (near - 1) * 7 // 8, min(most, near + 2)
    while search.error(high) > wanted:
        low, high = high, min(most, high + max(1, high // 8))
    while low and search.error(low) <= wanted:
        low, high = low * 7 // 8, low
    return search.fit(_first(lambda k: search.error(k) <= wanted, low, high))


def _first(is_enough: Callable[[int], bool], low: int, high: int) -> int:
    """Return the first number above low, at most high, that is enough; high is."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


class _Search:
    """Fits of several numbers of colors, and their errors."""

    def __init__(self, fit_of: Callable[[int], Fit], error_of: Callable[[Fit], float]) -> None:
        self._fit_of, self._error_of = fit_of, error_of
        self._errors: dict[int, float] = {}
        self._last: tuple[int, Fit] | None = None

    def fit(self, n_colors: int) -> Fit:
        """Return the fit of a number of colors."""
        if self._last is None or self._last[0] != n_colors:
            self._last = n_colors, self._fit_of(n_colors)
        return self._last[1]

    def error(self, n_colors: int) -> float:
        """Return the mean squared error of a number of colors."""
        if n_colors not in self._errors:
            self._errors[n_colors] = self._error_of(self.fit(n_colors))
        return self._errors[n_colors]


class _LimitedError:
    """The mean squared error in which no color counts as more than a share of the pixels."""

    def __init__(self, histogram: Histogram | AlphaHistogram) -> None:
        most = _MOST_SHARE * histogram.n_pixels
        self._often = np.flatnonzero(histogram.counts > most)
        self._excess = histogram.counts[self._often] - most
        self._encode = alpha_space(RGB).encode  # of opaque colors: as they are
        self._points = self._encode(rgba_of(histogram.colors[self._often])).astype(np.float64)

    def __call__(self, histogram: Histogram | AlphaHistogram, fit: Fit) -> float:
        """Return the error of a fit."""
        entries = self._encode(rgba_of(fit.palette[fit.labels[self._often]]))
        excess = float((self._excess * ((self._points - entries) ** 2).sum(axis=1)).sum())
        total = mean_squared_error(histogram, fit) * histogram.n_pixels
        return max(total - excess, 0.0) / (histogram.n_pixels - float(self._excess.sum()))


def _missed(target: Target, mse: float, n_colors: int, *, has_alpha: bool) -> str:
    """Say what was asked for and the best that was reached."""
    lower = "a lower quality" if target.psnr is None else "a lower target"
    way_out = f"allow more colors or {lower}" if n_colors < 256 else f"allow {lower}"
    if target.psnr is not None:
        return (
            f"target_psnr of {target.psnr:g} dB is out of reach: {n_colors} colors reach {psnr_from_mse(mse):.1f} dB; "
            f"{way_out}"
        )
    assert target.quality is not None
    best = quality_of(mse, has_alpha=has_alpha)
    return f"quality {target.quality[0]} is out of reach: {n_colors} colors reach {best}; {way_out}"


def mse_of_quality(quality: int, *, has_alpha: bool = False) -> float:
    """Return the largest mean squared error of a quality."""
    qualities, errors = zip(*sorted(_MSE_OF_QUALITY.items()), strict=True)
    return float(np.interp(quality, qualities, errors)) * (_WITH_ALPHA if has_alpha else 1.0)


def quality_of(mse: float, *, has_alpha: bool = False) -> int:
    """Return the highest quality that a mean squared error reaches, 0 to 100."""
    limits = [mse_of_quality(quality, has_alpha=has_alpha) for quality in range(101)]
    return max((quality for quality, limit in enumerate(limits) if mse <= limit), default=0)
