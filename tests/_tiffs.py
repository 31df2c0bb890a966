"""TIFF files of any layout, written in the tests by what TIFF 6.0 says."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Order = Literal["<", ">"]
ORDERS: tuple[Order, ...] = ("<", ">")
NONE, LZW, DEFLATE, PACKBITS = 1, 5, 8, 32773


def lzw(data: bytes) -> bytes:
    """Compress by codes of 9 bits that are bytes or a clear, so that no string is ever used."""
    codes: list[int] = []
    for start in range(0, len(data), 200):
        codes += [256, *data[start : start + 200]]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def packbits(data: bytes) -> bytes:
    """Compress by literal runs."""
    return b"".join(bytes([len(data[i : i + 128]) - 1]) + data[i : i + 128] for i in range(0, len(data), 128))


COMPRESS: dict[int, Callable[[bytes], bytes]] = {NONE: bytes, LZW: lzw, DEFLATE: zlib.compress, PACKBITS: packbits}


def packed(values: NDArray[Any], bits: int, order: Order, predictor: int) -> bytes:
    """Return the bytes of a tile or strip (rows, columns, samples)."""
    rows, _, samples = values.shape
    if predictor == 3:
        big = values.astype(f">f{bits // 8}").reshape(rows, -1)
        planes = big.view(np.uint8).reshape(rows, -1, bits // 8).swapaxes(1, 2).reshape(rows, -1, samples)
        return np.diff(planes, axis=1, prepend=np.zeros((rows, 1, samples), np.uint8)).tobytes()
    if bits in (8, 16, 32, 64):
        flat = np.ascontiguousarray(values).view(f"u{bits // 8}")
        if predictor == 2:
            flat = np.diff(flat, axis=1, prepend=np.zeros((rows, 1, samples), flat.dtype))
        return flat.astype(flat.dtype.newbyteorder(order)).tobytes()
    each = (values.reshape(rows, -1, 1).astype(np.int64) >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(each.reshape(rows, -1).astype(np.uint8), axis=1).tobytes()


def tiff_of(
    values: NDArray[Any],
    photometric: int,
    bits: int = 8,
    *,
    order: Order = "<",
    planar: bool = False,
    compression: int = NONE,
    predictor: int = 1,
    tile: int = 0,
    rows_per_strip: int = 7,
    fill_order: int = 1,
    tags: dict[int, tuple[int, Any]] | None = None,
) -> bytes:
    """Build a TIFF of one page from values (h, w) or (h, w, samples); `tags` are type and value or bytes by code."""
    return pages_of([page_of(**{k: v for k, v in locals().items() if k != "order"}, order=order)], order)


def page_of(
    values: NDArray[Any],
    photometric: int,
    bits: int,
    planar: bool,
    compression: int,
    predictor: int,
    tile: int,
    rows_per_strip: int,
    fill_order: int,
    tags: dict[int, tuple[int, Any]] | None,
    order: Order,
) -> tuple[dict[int, tuple[int, Any]], list[bytes], bool]:
    """Return tags, segments, and whether these are tiles."""
    values = values[..., None] if values.ndim == 2 else values
    height, width, samples = values.shape
    planes = np.split(values, samples, axis=2) if planar else [values]
    segments = []
    for plane in planes:
        if tile:
            plane = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
            parts = [
                plane[i : i + tile, j : j + tile]
                for i in range(0, plane.shape[0], tile)
                for j in range(0, plane.shape[1], tile)
            ]
        else:
            parts = [plane[i : i + rows_per_strip] for i in range(0, height, rows_per_strip)]
        data = [COMPRESS[compression](packed(part, bits, order, predictor)) for part in parts]
        if fill_order == 2:
            data = [bytes(int(f"{byte:08b}"[::-1], 2) for byte in part) for part in data]
        segments += data
    kind = 3 if values.dtype.kind == "f" else 2 if values.dtype.kind == "i" and values.dtype.itemsize < 8 else 1
    found: dict[int, tuple[int, Any]] = {
        256: (3, [width]),
        257: (3, [height]),
        258: (3, [bits] * samples),
        259: (3, [compression]),
        262: (3, [photometric]),
        266: (3, [fill_order]),
        277: (3, [samples]),
        284: (3, [1 + planar]),
        339: (3, [kind] * samples),
    }
    found |= {322: (3, [tile]), 323: (3, [tile])} if tile else {278: (3, [rows_per_strip])}
    found |= {317: (3, [predictor])} if predictor != 1 else {}
    return {**found, **(tags or {})}, segments, bool(tile)


def pages_of(
    pages: list[tuple[dict[int, tuple[int, Any]], list[bytes], bool]], order: str = "<", below: Any = None
) -> bytes:
    """Put pages together; `below` are pages of a directory below the first."""
    file = bytearray(struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 0))
    inner = [_put(file, page, order, {})[0] for page in below or ()]
    link = 4
    for i, page in enumerate(pages):
        extra = {330: (4, inner)} if inner and i == 0 else {}
        at, after = _put(file, page, order, extra)
        struct.pack_into(f"{order}I", file, link, at)
        link = after
    return bytes(file)


def _put(file: bytearray, page: Any, order: str, extra: Any) -> tuple[int, int]:
    """Append a page; return where its directory and its link are."""
    tags, segments, tiled = page
    offsets = []
    for segment in segments:
        file += bytes(len(file) % 2)
        offsets.append(len(file))
        file += segment
    codes = (324, 325) if tiled else (273, 279)
    tags = {**tags, **extra, codes[0]: (4, offsets), codes[1]: (4, [len(segment) for segment in segments])}
    entries = b""
    for code, (kind, value) in sorted(tags.items()):
        form, size = {1: ("B", 1), 3: ("H", 1), 4: ("I", 1), 5: ("I", 2), 7: ("B", 1)}[kind]
        data = struct.pack(f"{order}{len(value)}{form}", *value)
        field = data.ljust(4, b"\0")
        if len(data) > 4:
            file += bytes(len(file) % 2)
            field = struct.pack(f"{order}I", len(file))
            file += data
        entries += struct.pack(f"{order}HHI4s", code, kind, len(value) // size, field)
    file += bytes(len(file) % 2)
    at = len(file)
    file += struct.pack(f"{order}H", len(tags)) + entries
    link = len(file)
    file += bytes(4)
    return at, link
