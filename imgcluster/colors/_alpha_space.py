"""Coordinates of colors with alpha: squared distances there are mean squared differences over backgrounds.

Over any set of backgrounds, the mean squared difference of two composited colors is a quadratic form of their
premultiplied colors and alphas: that of the colors over the mean background, plus the summed variance of the
backgrounds' channels times the squared difference of alphas. For RGB this makes four coordinates, exactly. In a space
that is not linear the coordinates over a few backgrounds themselves are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imgcluster.colors._color_space import ColorSpace
from imgcluster.colors._rgb import RGB
from imgcluster.types import Float32Array, Float64Array, UInt8Array

_GREY = 127.5  # mean of the backgrounds
_SIGMA = 0.75  # of black, white, grey and magenta or green in equal parts: their standard deviation, channels summed


@dataclass(frozen=True)
class AlphaSpace:
    """Coordinates in which clusters of colors with alpha are found.

    Attributes
    ----------
    space : ColorSpace
        Of opaque colors: their distances in both spaces are the same.
    encode : function
        Colors (n, 4), uint8, straight alpha -> coordinates (n, d), float32.
    decode : function
        Coordinates (n, d), float64, such as means of translucent colors -> RGBA (n, 4), float64 in 0..255.
    lift : function
        Coordinates of opaque colors in `space` (n, 3) -> here (n, d).
    project : function
        Coordinates (n, d) -> those in `space` of the opaque color that is nearest to each (n, 3).
    """

    space: ColorSpace
    encode: Callable[[UInt8Array], Float32Array]
    decode: Callable[[Float64Array], Float64Array]
    lift: Callable[[Float64Array], Float64Array]
    project: Callable[[Float64Array], Float64Array]


def alpha_space(space: ColorSpace) -> AlphaSpace:
    """Return the coordinates of colors with alpha that go with a space of opaque colors."""
    if space is RGB:
        return _ON_GREY
    raise ValueError(f"color_space={space.name!r} is not available yet for pictures with alpha; use 'rgb'")


def _encode(colors: UInt8Array) -> Float32Array:
    """Composite on grey, and append sigma times alpha."""
    alpha = colors[:, 3:].astype(np.float64)
    on_grey = (alpha * colors[:, :3] + (255 - alpha) * _GREY) / 255
    return np.concatenate([on_grey, _SIGMA * alpha], axis=1).astype(np.float32)


def _decode(points: Float64Array) -> Float64Array:
    """Take the background off again; colors that no alpha could show are clipped."""
    alpha = np.clip(points[:, 3:] / _SIGMA, 1.0, 255.0)
    straight = np.clip((points[:, :3] * 255 - (255 - alpha) * _GREY) / alpha, 0, 255)
    return np.concatenate([straight, alpha], axis=1)


def _lift(points: Float64Array) -> Float64Array:
    """Append the alpha of opaque colors."""
    return np.column_stack([points, np.full(len(points), 255 * _SIGMA)])


def _project(points: Float64Array) -> Float64Array:
    """Leave alpha out."""
    return points[:, :3]


_ON_GREY = AlphaSpace(RGB, _encode, _decode, _lift, _project)
