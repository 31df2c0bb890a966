"""What the standards say about colors, in NumPy alone: the expected values of the truth table in picture/README.md."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

D65, D50 = (0.3127, 0.329), (0.34567, 0.35850)
BT709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
BT2020 = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))


def xyz_of(primaries: Any, white: Any = D65) -> Floats:
    """Return the matrix from linear RGB to XYZ relative to a white point."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    x, y = white
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


def adapted(xyz: Floats, white: Any, to: Any) -> Floats:
    """Adapt (..., 3) colors from a white to another by Bradford."""
    cone = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

    def response(point: Any) -> Floats:
        return np.asarray(cone @ [point[0] / point[1], 1, (1 - point[0] - point[1]) / point[1]])

    matrix = np.linalg.inv(cone) @ np.diag(response(to) / response(white)) @ cone
    return np.asarray(xyz @ matrix.T)


def srgb_light(values: Floats) -> Floats:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def bt709_light(values: Floats) -> Floats:
    return np.where(values < 0.081, values / 4.5, ((values + 0.099) / 1.099) ** (1 / 0.45))


def pq_light(values: Floats) -> Floats:
    """Return light by SMPTE ST 2084, 203 cd/m2 as 1."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = values ** (1 / m2)
    return np.asarray((np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * 10000 / 203)


def srgb_8_bit(linear: Floats) -> Floats:
    """Encode linear sRGB, cut to its gamut, as 0..255."""
    linear = np.clip(linear, 0, 1)
    return np.asarray(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def shown(values: Floats, light: Callable[[Floats], Floats], primaries: Any = BT709, white: Any = D65) -> Floats:
    """Return what RGB values in 0..1 of a space are in sRGB, 0..255; light above white is cut off."""
    xyz = np.clip(light(values), 0, 1) @ xyz_of(primaries, white).T
    return srgb_8_bit(adapted(xyz, white, D65) @ np.linalg.inv(xyz_of(BT709)).T)


def lab_shown(lab: Floats) -> Floats:
    """Return what CIE L*a*b* under D50 is in sRGB, 0..255."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    white = np.array([0.9642, 1, 0.8249])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * white
    return srgb_8_bit(adapted(xyz, D50, D65) @ np.linalg.inv(xyz_of(BT709)).T)


def on_white(colors: Floats, alpha: Floats) -> Floats:
    """Put colors of 0..255 on white; alpha is 0..1."""
    return np.asarray(colors * alpha[..., None] + 255 * (1 - alpha[..., None]))


def chunk(name: bytes, body: bytes, crc: int | None = None) -> bytes:
    crc = zlib.crc32(name + body) if crc is None else crc
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)


def png_of(values: NDArray[Any], depth: int, color_type: int, *before: bytes, behind: tuple[bytes, ...] = ()) -> bytes:
    """Build a PNG of values (h, w) or (h, w, c), with chunks before and behind its pixels."""
    height, width = values.shape[:2]
    rows = values.reshape(height, -1)
    if depth == 16:
        packed = rows.astype(">u2").view(np.uint8)
    elif depth == 8:
        packed = rows.astype(np.uint8)
    else:
        bits = (rows[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        packed = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in packed))
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *before, chunk(b"IDAT", data), *behind, chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def gama(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100000)))


def chrm(primaries: Any, white: Any = D65) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(v * 100000) for point in (white, *primaries) for v in point)))


def cicp(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


SRGB = chunk(b"sRGB", b"\0")
