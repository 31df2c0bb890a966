"""Coordinates of colors with alpha: squared distances there are mean squared differences over backgrounds.

Over any set of backgrounds, the mean squared difference of two composited colors is a quadratic form of their
premultiplied colors and alphas: that of the colors over the mean background, plus the summed variance of the
backgrounds' channels times the squared difference of alphas. For RGB this makes four coordinates, exactly. In another
space the coordinates over black, gray and white are taken, nine numbers.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np

from imgcluster.colors._cielab import CIELAB, lab_of_light
from imgcluster.colors._color_space import ColorSpace
from imgcluster.colors._light import linear_on_grid
from imgcluster.colors._linear import LINEAR, linear_of_light
from imgcluster.colors._oklab import OKLAB, oklab_of_light
from imgcluster.colors._rgb import RGB
from imgcluster.types import Float32Array, Float64Array, UInt8Array

_GRAY = 127.5  # mean of the backgrounds
_SIGMA = 0.75  # of black, white, gray and magenta or green in equal parts: their standard deviation, channels summed
_GROUNDS = (0, 128, 255)
_SHARE = float(np.sqrt(1 / len(_GROUNDS)))
_FRACTION = 64
_BLOCK = 1 << 15  # colors at a time: their vectors fit in the cache
_OF_LIGHT = {OKLAB: oklab_of_light, CIELAB: lab_of_light, LINEAR: linear_of_light}
_ITERATIONS = 8


class AlphaSpace(Protocol):
    """Coordinates in which clusters of colors with alpha are found.

    Attributes
    ----------
    space : ColorSpace
        Of opaque colors: their distances in both spaces are the same.
    """

    space: ColorSpace

    def encode(self, colors: UInt8Array) -> Float32Array:
        """Convert colors (n, 4) of straight alpha to coordinates (n, d)."""
        ...

    def decode(self, points: Float64Array) -> Float64Array:
        """Find the RGBA colors (n, 4), in 0..255, alpha 1 or more, that are nearest to coordinates such as means."""
        ...

    def lift(self, points: Float64Array) -> Float64Array:
        """Convert coordinates (n, 3) of opaque colors to those here (n, d)."""
        ...

    def project(self, points: Float64Array) -> Float64Array:
        """Convert coordinates (n, d) to those (n, 3) of the nearest opaque colors."""
        ...


@cache
def alpha_space(space: ColorSpace) -> AlphaSpace:
    """Return the coordinates of colors with alpha that go with a space of opaque colors."""
    return _OnGray() if space is RGB else _OverGrounds(space)


class _OnGray:
    """RGB over the mean background, and sigma times alpha."""

    space = RGB

    def encode(self, colors: UInt8Array) -> Float32Array:
        alpha = colors[:, 3:].astype(np.float64)
        on_gray = (alpha * colors[:, :3] + (255 - alpha) * _GRAY) / 255
        return np.concatenate([on_gray, _SIGMA * alpha], axis=1).astype(np.float32)

    def decode(self, points: Float64Array) -> Float64Array:
        alpha = np.clip(points[:, 3:] / _SIGMA, 1.0, 255.0)
        straight = np.clip((points[:, :3] * 255 - (255 - alpha) * _GRAY) / alpha, 0, 255)
        return np.concatenate([straight, alpha], axis=1)

    def lift(self, points: Float64Array) -> Float64Array:
        return np.column_stack([points, np.full(len(points), 255 * _SIGMA)])

    def project(self, points: Float64Array) -> Float64Array:
        return points[:, :3]


class _OverGrounds:
    """Coordinates of a space over black, gray and white, scaled so that those of opaque colors keep their distances."""

    def __init__(self, space: ColorSpace) -> None:
        self.space, self._of_light = space, _OF_LIGHT[space]

    def encode(self, colors: UInt8Array) -> Float32Array:
        points = np.empty((len(colors), 3 * len(_GROUNDS)), np.float32)
        for start in range(0, len(colors), _BLOCK):
            block = colors[start : start + _BLOCK].astype(np.int64)
            for i, ground in enumerate(_GROUNDS):
                shown = block[:, 3:] * block[:, :3] + (255 - block[:, 3:]) * ground
                coordinates = self._of_light(_light_of_products()[shown]) * _SHARE
                points[start : start + _BLOCK, 3 * i : 3 * i + 3] = np.rint(coordinates * _FRACTION) / _FRACTION
        solid = colors[:, 3] == 255
        points[solid] = self.lift(self.space.encode(colors[solid, :3]).astype(np.float64))
        return points

    def lift(self, points: Float64Array) -> Float64Array:
        return np.concatenate([points * _SHARE] * len(_GROUNDS), axis=1)

    def project(self, points: Float64Array) -> Float64Array:
        total = points[:, :3] + points[:, 3:6] + points[:, 6:9]
        return total * _SHARE

    def decode(self, points: Float64Array) -> Float64Array:
        """Solve for premultiplied color and alpha, from a linear start on, by Levenberg-Marquardt steps."""
        unknown = self._start(points)
        error = self._errors(unknown, points)
        damping = np.full(len(points), 1e-3)
        for _ in range(_ITERATIONS):
            trial = _clipped(unknown - self._step(unknown, points, damping))
            trial_error = self._errors(trial, points)
            better = trial_error < error
            unknown[better], error[better] = trial[better], trial_error[better]
            damping = np.where(better, damping / 4, damping * 8)
        return np.concatenate([np.clip(255 * unknown[:, :3] / unknown[:, 3:], 0, 255), unknown[:, 3:]], axis=1)

    def _start(self, points: Float64Array) -> Float64Array:
        """Fit premultiplied color and alpha to the sRGB colors over each ground, by least squares."""
        shown = np.stack([self.space.decode(points[:, i : i + 3] / _SHARE) for i in range(0, points.shape[1], 3)])
        grounds = np.array(_GROUNDS) / 255 - np.mean(_GROUNDS) / 255
        slopes = (grounds[:, None, None] * shown).sum(axis=0).mean(axis=1) / (grounds * grounds).sum()
        rest = np.clip(slopes, 0, 254)[:, None]  # 255 - alpha
        return _clipped(np.concatenate([shown.mean(axis=0) - rest * np.mean(_GROUNDS) / 255, 255 - rest], axis=1))

    def _shown(self, unknown: Float64Array) -> list[Float64Array]:
        """Return the sRGB colors over each ground."""
        return [unknown[:, :3] + (255 - unknown[:, 3:]) * (ground / 255) for ground in _GROUNDS]

    def _at(self, shades: Float64Array) -> Float64Array:
        return self._of_light(_light_between(shades)) * _SHARE

    def _errors(self, unknown: Float64Array, points: Float64Array) -> Float64Array:
        ends = np.concatenate([self._at(shown) for shown in self._shown(unknown)], axis=1)
        errors: Float64Array = ((ends - points) ** 2).sum(axis=1)
        return errors

    def _step(self, unknown: Float64Array, points: Float64Array, damping: Float64Array) -> Float64Array:
        """Solve the damped normal equations, (n, 4)."""
        normal, right = np.zeros((len(points), 4, 4)), np.zeros((len(points), 4))
        for i, (ground, shown) in enumerate(zip(_GROUNDS, self._shown(unknown), strict=True)):
            slopes = np.empty((len(points), 3, 4))
            for channel in range(3):
                below, above = shown.copy(), shown.copy()
                below[:, channel] = np.maximum(below[:, channel] - 0.5, 0)
                above[:, channel] = np.minimum(above[:, channel] + 0.5, 255)
                width = above[:, channel] - below[:, channel]
                slopes[:, :, channel] = (self._at(above) - self._at(below)) / width[:, None]
            slopes[:, :, 3] = -slopes[:, :, :3].sum(axis=2) * (ground / 255)
            rest = self._at(shown) - points[:, 3 * i : 3 * i + 3]
            for row in range(3):
                normal += slopes[:, row, :, None] * slopes[:, row, None, :]
                right += slopes[:, row] * rest[:, row, None]
        diagonal = np.arange(4)
        normal[:, diagonal, diagonal] *= 1 + damping[:, None]
        normal[:, diagonal, diagonal] += 1e-9
        return _solved(normal, right)


def _clipped(unknown: Float64Array) -> Float64Array:
    """Keep alpha within 1 to 255, and premultiplied colors within 0 to alpha."""
    alpha = np.clip(unknown[:, 3:], 1, 255)
    return np.concatenate([np.clip(unknown[:, :3], 0, alpha), alpha], axis=1)


def _solved(normal: Float64Array, right: Float64Array) -> Float64Array:
    """Solve many 4 x 4 systems by elimination: LAPACK's last bits differ between machines."""
    a, b = normal.copy(), right.copy()
    for i in range(4):
        for j in range(i + 1, 4):
            factor = a[:, j, i] / a[:, i, i]
            a[:, j] -= factor[:, None] * a[:, i]
            b[:, j] -= factor * b[:, i]
    for i in reversed(range(4)):
        for j in range(i + 1, 4):
            b[:, i] -= a[:, i, j] * b[:, j]
        b[:, i] /= a[:, i, i]
    return b


def _light_between(shades: Float64Array) -> Float64Array:
    """Return the light of shades in 0..255 that need not be whole."""
    light = _light_of_products()
    place = shades * 255
    below = np.minimum(place.astype(np.int64), len(light) - 2)
    lower = light[below]
    between: Float64Array = lower + (place - below) * (light[below + 1] - lower)
    return between


@cache
def _light_of_products() -> Float64Array:
    """Return the light of shades in steps of 1/255, which composited 8-bit colors are multiples of."""
    return linear_on_grid(np.arange(255 * 255 + 1) / (255 * 255))
