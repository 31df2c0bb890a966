"""Colors that fill flat areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgcluster import kernels
from imgcluster.colors import AlphaHistogram, Histogram
from imgcluster.types import BoolArray, Int64Array, IntpArray, UInt8Array, UInt32Array

_FLAT_SHARE = 1e-3  # of the pixels: a color that may fill a flat area
_CELL_SHARE = 1e-4  # the same for a color that does so by where it is
_REPEATED = 0.4  # of its pixels: less is too few to lie flat
_FLAT_RATIO = 3  # times the pixels of the colors around it: a gradient has its neighbors as often
_FLAT_REACH = 2  # shades in each channel


def flat_colors(histogram: Histogram | AlphaHistogram, strips: Sequence[UInt8Array]) -> BoolArray:
    """Tell which colors fill flat areas, by how often they are and by what lies beside them in strips of the picture.

    They are frequent, and either have no similar colors that are nearly as frequent, or lie beside themselves and
    beyond hard edges: the cells of a heat map have the colors of a gradient.
    """
    flat = np.zeros(len(histogram), np.bool_)
    if isinstance(histogram, AlphaHistogram):
        flat[: len(histogram.opaque)] = flat_colors(histogram.opaque, strips)
        flat[len(histogram) - (histogram.n_clear > 0) :] = True
        return flat
    often = np.flatnonzero(histogram.counts >= max(8.0, _FLAT_SHARE * histogram.n_pixels))
    flat[often] = _stand_alone(histogram, often)
    some = ~flat & (histogram.counts >= max(8.0, _CELL_SHARE * histogram.n_pixels))
    if not some.any():
        return flat
    rows = [_names(strip) for strip in strips]
    some &= _repeat(histogram, rows)
    flat[some] = _lie_flat(histogram.keys[some], strips, rows)
    return flat


def _names(strip: UInt8Array) -> UInt32Array:
    """Return the keys of the colors of a strip, (h, w), without their alpha."""
    keys: UInt32Array = kernels.keys_from_colors(np.ascontiguousarray(strip[..., :3]).reshape(-1, 3))
    return keys.reshape(strip.shape[:2])


def _stand_alone(histogram: Histogram, often: IntpArray) -> BoolArray:
    """Tell which colors have no similar ones that are nearly as frequent."""
    steps = np.arange(-_FLAT_REACH, _FLAT_REACH + 1)
    offsets = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    colors = kernels.colors_from_keys(histogram.keys[often]).astype(np.int64)
    around = np.zeros(len(often), np.int64)
    for offset in offsets[offsets.any(axis=1)]:
        around += _counts_of(histogram, colors + offset)
    alone: BoolArray = histogram.counts[often] >= _FLAT_RATIO * around
    return alone


def _repeat(histogram: Histogram, rows: Sequence[UInt32Array]) -> BoolArray:
    """Tell which colors mostly follow themselves in a row: in photos next to none do."""
    found = np.zeros(len(histogram), np.int64)
    for names in rows:
        again = names[:, 1:][names[:, 1:] == names[:, :-1]]
        colors, counts = np.unique(again, return_counts=True)
        places = np.searchsorted(histogram.keys, colors).clip(0, len(histogram) - 1)
        known = histogram.keys[places] == colors  # not of translucent pixels
        found[places[known]] += counts[known]
    share = sum(names.size for names in rows) / max(histogram.n_pixels, 1)
    repeat: BoolArray = found > _REPEATED * share * histogram.counts
    return repeat


def _lie_flat(keys: UInt32Array, strips: Sequence[UInt8Array], rows: Sequence[UInt32Array]) -> BoolArray:
    """Tell which colors lie mostly beside themselves, and else beyond hard edges; `keys` are ascending."""
    if not len(keys):
        return np.zeros(0, np.bool_)
    counts = np.zeros((len(keys), 3), np.int64)
    for strip, names in zip(strips, rows, strict=True):
        places = np.searchsorted(keys, names).clip(0, len(keys) - 1)
        known = keys[places] == names
        if strip.shape[2] == 4:
            known &= strip[..., 3] == 255
        for axis in (0, 1):
            shades, numbers, found = (np.moveaxis(part, axis, 0) for part in (strip, places, known))
            y, x = np.nonzero(found[:-1])
            far = np.abs(shades[y, x].astype(np.int16) - shades[y + 1, x]).max(axis=1)
            kinds = np.minimum(far, 1) + (far > _FLAT_REACH)
            counts += np.bincount(3 * numbers[y, x] + kinds, minlength=counts.size).reshape(counts.shape)
    same, near, hard = counts.T
    flat: BoolArray = (same > _FLAT_RATIO * (near + hard)) & (hard > _FLAT_RATIO * near)
    return flat


def _counts_of(histogram: Histogram, colors: Int64Array) -> Int64Array:
    """Return how often colors occur; never those outside 0..255."""
    inside = ((colors >= 0) & (colors <= 255)).all(axis=1)
    keys = kernels.keys_from_colors(colors.clip(0, 255).astype(np.uint8))
    place = np.searchsorted(histogram.keys, keys).clip(0, len(histogram) - 1)
    counts: Int64Array = np.where(inside & (histogram.keys[place] == keys), histogram.counts[place], 0)
    return counts
