"""Lists of the entries that may be nearest in each cell of OKLab, in the order of arithmetic of the C kernel."""

from __future__ import annotations

import numpy as np

from imgcluster.types import BoolArray, Float32Array, Int32Array, UInt8Array, UInt16Array

_ROOT_SHIFT, _ROOT_FIRST = 14, 0x3B000000
_SIDE, _BLOCK = 32, 4
_CHROMA = np.float32(0.34)
_LAB = slice(6, 9)
_LMS: Float32Array = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_MIX: Float32Array = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)


def oklab(roots: Float32Array, light: Float32Array) -> Float32Array:
    """Convert light (..., 3) in 0..1 to OKLab."""
    red, green, blue = light[..., 0], light[..., 1], light[..., 2]
    cones = [share[0] * red + share[1] * green + share[2] * blue + np.float32(2.0**-9) for share in _LMS]
    places = [(np.ascontiguousarray(cone).view(np.int32) - _ROOT_FIRST) >> _ROOT_SHIFT for cone in cones]
    l, m, s = (roots[place] for place in places)  # noqa: E741
    return np.stack([mix[0] * l + mix[1] * m + mix[2] * s for mix in _MIX], axis=-1)


def light_to_oklab(roots: Float32Array, light: Float32Array, lab: Float32Array) -> None:
    """Convert light, clipped to 0..1, to OKLab."""
    lab[...] = oklab(roots, np.clip(np.nan_to_num(light), 0, 1))


def _box(corner: Int32Array, cells: int) -> tuple[Float32Array, Float32Array]:
    """Low and high corner of a cube of cells."""
    start = np.array([0, -_CHROMA, -_CHROMA], np.float32)
    step = np.array([1, 2 * _CHROMA, 2 * _CHROMA], np.float32) / np.float32(_SIDE)
    return start + corner.astype(np.float32) * step, start + (corner + cells).astype(np.float32) * step


def _may_be_nearest(lab: Float32Array, low: Float32Array, high: Float32Array) -> BoolArray:
    """Entries not farther from a box than the far corner of the nearest."""
    below, above = low - lab, lab - high
    out, far = np.maximum(np.maximum(below, above), 0), np.maximum(-below, -above)
    out *= out
    far *= far
    least, most = out[:, 0] + out[:, 1] + out[:, 2], far[:, 0] + far[:, 1] + far[:, 2]
    near: BoolArray = least <= most.min(initial=np.float32(np.inf)) * np.float32(1.0001)
    return near


def dither_cells(
    entries: Float32Array,
    among: UInt16Array,
    inside: UInt8Array,
    cells: Int32Array,
    candidates: UInt16Array,
    kept: UInt16Array,
    distances: Float32Array,
) -> int:
    """List for each cell that is inside the entries that may be nearest; returns the length of all lists."""
    total, blocks = 0, _SIDE // _BLOCK
    for block in np.ndindex(blocks, blocks, blocks):
        corner = np.array(block, np.int32) * _BLOCK
        near = among[_may_be_nearest(entries[among, _LAB], *_box(corner, _BLOCK))]
        for offset in np.ndindex(_BLOCK, _BLOCK, _BLOCK):
            cell = corner + np.array(offset, np.int32)
            number = (cell[0] * _SIDE + cell[1]) * _SIDE + cell[2]
            found = near[_may_be_nearest(entries[near, _LAB], *_box(cell, 1))] if inside[number] else near[:0]
            cells[number] = total, total + len(found)
            if total + len(found) <= len(candidates):
                candidates[total : total + len(found)] = found
            total += len(found)
    return total


def nearest_entry(entries: Float32Array, cells: Int32Array, candidates: UInt16Array, lab: Float32Array) -> int:
    """Nearest of the candidates of a color's cell, ties to the first; -1 without any."""
    scaled = lab[:1], (lab[1:] + _CHROMA) * (np.float32(1) / (2 * _CHROMA))
    place = (np.concatenate(scaled) * np.float32(_SIDE)).astype(np.int32).clip(0, _SIDE - 1)
    begin, end = cells[(place[0] * _SIDE + place[1]) * _SIDE + place[2]]
    if begin == end:
        return -1
    found = candidates[begin:end]
    return int(found[squared_distance(lab, entries[found, _LAB]).argmin()])


def squared_distance(p: Float32Array, q: Float32Array) -> Float32Array:
    """Squared distance along the last axis, added in its order."""
    d = p - q
    d *= d
    total: Float32Array = d[..., 0] + d[..., 1] + d[..., 2]
    return total


def light_over_grounds(light: Float32Array, pixel: UInt8Array) -> Float32Array:
    """Light of a pixel over black and over white; of an opaque picture only three numbers."""
    if len(pixel) == 3:
        return light[pixel]
    alpha = int(pixel[3])
    shades = (pixel[:3].astype(np.int32) * alpha + 127) // 255
    both: Float32Array = light[np.concatenate([shades, shades + 255 - alpha])]
    return both


def nearest_translucent(entries: Float32Array, lab: Float32Array) -> int:
    """Nearest entry over black and over white together."""
    distances = squared_distance(lab[0], entries[:, 6:9]) + squared_distance(lab[1], entries[:, 9:12])
    return int(distances.argmin())
