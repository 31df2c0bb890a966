"""Where an image of any kind becomes what superpixels are searched in.

`take_image` reads it at its full depth, whatever holds it; `make_grid` checks what is inside and settles how channels
are scaled; `Grid.features` are the vectors of every method.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.colors import MAX_FEATURES, channel_ranges, grid_features
from imgcluster.errors import ConversionWarning
from imgcluster.facts import Loss
from imgcluster.kernels import bands, by_bands
from imgcluster.parameters import check_range
from imgcluster.picture import channels_of, open_source, warn_lost
from imgcluster.superpixel._inputs import RAW_WAY_OUT, check_inside, check_limits
from imgcluster.superpixel._scales import implied_range, whole_colors
from imgcluster.superpixel._taken import Taken
from imgcluster.types import BoolArray, Float64Array, Int16Array
from imgcluster.warning import warn

_NARROW = 1 / 4  # of the range of its type: gray of more than 8 bits that fills less of it is stretched
_DARK = 1 / 8  # deep colors below that may not be sRGB
_ROUNDING = 1e-6  # of sums that should give 1


@dataclass(frozen=True, eq=False)
class Grid:
    """Pixels and how they become features.

    Attributes
    ----------
    pixels : ndarray of shape (H, W), (H, W, 3) or (H, W, C), uint8, uint16, float32 or float64
        In the units of the image.
    inside : ndarray of shape (H, W), bool, or None
        What has a part in anything; None is everything.
    is_color : bool
        Whether they are compared in CIELAB; else channels are scaled by `ranges`.
    ranges : ndarray of shape (C, 2), float64, or None
        The values of channels that become 0 and 100, or black and white; None: those of the type.
    shown : ndarray of shape (C, 2), float64, or None
        The values that pictures of segments show as black and white; None: as for any image.
    """

    pixels: NDArray[Any]
    inside: BoolArray | None
    is_color: bool
    ranges: Float64Array | None
    shown: Float64Array | None

    @property
    def n_features(self) -> int:
        """Count the channels of a feature vector, without padding."""
        n_channels = 1 if self.pixels.ndim == 2 else self.pixels.shape[2]
        return 3 if self.is_color else min(n_channels, MAX_FEATURES)

    def features(self, *, chroma: float, n_blurs: int, edge: float, n_threads: int) -> Int16Array:
        """Return the features of the pixels, as `grid_features` makes them."""
        return grid_features(
            self.pixels,
            chroma=chroma,
            n_blurs=n_blurs,
            edge=edge,
            raw=not self.is_color,
            inside=self.inside,
            ranges=self.ranges,
            n_threads=n_threads,
        )


def make_grid(taken: Taken, inside: BoolArray | None, channels: str, value_range: Any = None) -> Grid:
    """Check the values inside, and settle how channels are scaled."""
    if channels == "srgb" and _two_bands(taken, inside):
        channels = "raw"
    if not taken.is_color and channels == "srgb":
        taken = replace(taken, values=whole_colors(taken.values, inside))
    pixels = taken.values if taken.is_color or channels == "raw" else _on_white(taken, inside)
    pixels = channels_of(pixels, inside)
    low, high = check_inside(pixels, inside)
    given = check_range(value_range, 1 if pixels.ndim == 2 else pixels.shape[2])
    if channels == "raw" or (pixels.ndim == 2 and given is not None):
        ranges = channel_ranges(pixels, inside) if given is None else given
        return Grid(pixels, inside, False, ranges, given)
    if pixels.ndim == 2:
        return _gray(pixels, inside, low, high)
    given = implied_range(pixels, low, high) if given is None else given
    if given is None and pixels.dtype != np.uint8:
        _check_colors(pixels, inside, low, high)
    return Grid(pixels, inside, True, given, given)


def _gray(pixels: NDArray[Any], inside: BoolArray | None, low: float, high: float) -> Grid:
    """Settle whether gray of more than 8 bits is sRGB, or stretched because its values fill little of their range."""
    ranges = channel_ranges(pixels, inside)
    white = 65535.0 if pixels.dtype == np.uint16 else 1.0
    has_limits = pixels.dtype == np.uint16 or (low >= -_ROUNDING and high <= 1 + _ROUNDING)
    if has_limits and ranges[0, 1] - ranges[0, 0] >= _NARROW * white:
        ranges = np.array([[0.0, white]])
        return Grid(pixels, inside, True, ranges, ranges)
    is_flat = ranges[0, 0] == ranges[0, 1]
    return Grid(pixels, inside, False, ranges, None if is_flat else ranges)


def _check_colors(pixels: NDArray[Any], inside: BoolArray | None, low: float, high: float) -> None:
    """Reject deep colors without known limits, and warn where they are so dark that they may not be sRGB."""
    check_limits(low, high)
    ranges, white = channel_ranges(pixels, inside), 65535 if pixels.dtype == np.uint16 else 1
    top = float(ranges[:, 1].max())
    if float(ranges[:, 0].min()) < top < _DARK * white:
        warn(
            f"image has values up to {top:g} of {white}, nearly black as sRGB; {RAW_WAY_OUT}, "
            f"or value_range=(0, {top:g}) for black and white",
            ConversionWarning,
        )


def _two_bands(taken: Taken, inside: BoolArray | None) -> bool:
    """Check whether two channels cannot be gray and alpha, since they are beyond 0..1, and warn."""
    values = taken.values
    if values.shape[2:] != (2,) or values.dtype.kind != "f":
        return False
    low, high = check_inside(values, inside)
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        return False
    warn(
        f"image has two channels from {low:g} to {high:g}, which are taken for bands and not for gray and alpha; "
        'pass channels="raw" to say so',
        ConversionWarning,
    )
    return True


def _on_white(taken: Taken, inside: BoolArray | None) -> NDArray[Any]:
    """Return sRGB: 8 bits as reading a file of the same picture does, deeper gray or colors in their type, on white."""
    values = taken.values
    if values.dtype in (np.uint8, np.bool_):
        with open_source(values) as source:
            picture = source.read(background="white")
        warn_lost(taken.name, picture.lost)
        return picture.pixels
    if values.shape[2:] not in ((2,), (4,)):
        return values
    deep = channels_of(values, inside)
    if deep.dtype != np.uint16:
        check_limits(*check_inside(deep, inside))
        deep = by_bands(_to_16_bits, np.uint16, *((deep,) if inside is None else (deep, inside)))
    if any(((deep[rows, ..., -1] < 65535) & (True if inside is None else inside[rows])).any() for rows in bands(deep)):
        warn_lost(taken.name, {Loss.ALPHA})
    colors: NDArray[np.uint16] = by_bands(_mixed_with_white, np.uint16, deep)
    return colors[..., 0] if colors.shape[2] == 1 else colors


def _to_16_bits(values: NDArray[Any], inside: BoolArray | None = None) -> NDArray[np.uint16]:
    """Take 0..1 to 0..65535; what lies outside is 0."""
    known = values if inside is None else np.where(inside[..., None], values, 0)
    whole: NDArray[np.uint16] = np.rint(np.clip(known, 0, 1) * 65535.0).astype(np.uint16)
    return whole


def _mixed_with_white(values: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """Put values whose last channel is opacity on white."""
    alpha = values[..., -1:].astype(np.uint32)
    mixed: NDArray[np.uint32] = (values[..., :-1] * alpha + 65535 * (65535 - alpha) + 32767) // 65535
    return mixed
