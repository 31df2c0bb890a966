"""What Pillow does not see in a PNG: color code points, depths of keys, checksums, the missing end.

A PNG is mended where that costs no pixel: an ancillary chunk that is damaged or inflates to more than a limit is left
out, and a missing end is added.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from PIL import Image

from imgcluster.facts import Loss
from imgcluster.picture._color_tags import BITS, CICP, GRAY_ALPHA

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LOST = "lost"  # the key of info under which lies what reading lost
_ADDED = (LOST, CICP, BITS, GRAY_ALPHA)

_DATA = (b"IDAT", b"fdAT")
_TEXT = (b"tEXt", b"zTXt", b"iTXt")
# what the pixels and their size depend on; without the rest a PNG is the same picture
_OF_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT", b"gAMA", b"cHRM", b"sRGB", b"iCCP")
_CRITICAL = {b"IHDR", b"PLTE", b"fcTL", b"fdAT"}
_LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"pHYs": 9}
_MOST_TEXT = 1 << 20  # bytes that text may inflate to, Pillow's limit
_MOST_TEXT_IN_ALL = 1 << 24
_MOST_PROFILE = 1 << 25
_PIECE = 1 << 20


class Chunk(NamedTuple):
    """A chunk without its data."""

    name: bytes
    at: int  # of its data
    n_bytes: int


def chunks_of(stream: BinaryIO, until: bytes = b"") -> Iterator[Chunk]:
    """Yield the chunks of a PNG up to one of a name, or to its end; the last one may reach beyond the file."""
    at = len(SIGNATURE)
    while True:
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            return
        (n_bytes,), name = struct.unpack(">I", head[:4]), head[4:]
        if not name.isalpha() or n_bytes >= 1 << 31 or name == until:
            return
        yield Chunk(name, at + 8, n_bytes)
        if name == b"IEND":
            return
        at += 12 + n_bytes


def describe(image: Image.Image, stream: BinaryIO) -> None:
    """Add to the info of an opened PNG what Pillow leaves out, and give keys the scale of the pixels."""
    place = stream.tell()
    depth, colors = 8, 2
    for chunk in chunks_of(stream, b"IDAT"):
        if chunk.name == b"IHDR":
            depth, colors = _data(stream, chunk)[8:10]
        elif chunk.name == b"cICP" and chunk.n_bytes == 4:
            image.info[CICP] = (*_data(stream, chunk),)
    stream.seek(place)
    image.info[BITS], image.info[GRAY_ALPHA] = depth, colors == 4
    if image.info.get("icc_profile", b"") is None:
        image.info[LOST] = frozenset({Loss.PROFILE})
    key = image.info.get("transparency")
    if image.mode == "L" and isinstance(key, int):
        # the standard: of shallow keys the lowest bits count
        image.info["transparency"] = (key & (1 << depth) - 1) * 255 // ((1 << depth) - 1)
    elif depth == 8 and isinstance(key, tuple):
        image.info["transparency"] = tuple(value & 255 for value in key)


def as_pillow_has_it(image: Image.Image) -> dict[Any, Any]:
    """Return the info of an image without what `describe` adds or changes."""
    return {key: key == "transparency" or value for key, value in image.info.items() if key not in _ADDED}


def has_too_much_text(stream: BinaryIO) -> bool:
    """Check whether Pillow, which limits only what is compressed, would hold more text than is kept."""
    n_bytes = sum(chunk.n_bytes for chunk in chunks_of(stream, b"IDAT") if chunk.name in _TEXT)
    return n_bytes > _MOST_TEXT_IN_ALL


def is_damaged(stream: BinaryIO) -> bool:
    """Check for wrong checksums and a missing end; raise ValueError where the pixels cannot be trusted."""
    name, wrong = b"", set[bytes]()
    for chunk in chunks_of(stream):
        name = chunk.name
        if not _is_whole(stream, chunk):
            wrong.add(name)
    if critical := wrong & _CRITICAL:
        raise ValueError(f"wrong checksum of {min(critical).decode()}")
    if b"IDAT" in wrong:
        _check_stream(stream)
    return bool(wrong) or name != b"IEND"


def _check_stream(stream: BinaryIO) -> None:
    """Check the checksum over all pixels, as that of a chunk is wrong."""
    inflater = zlib.decompressobj()
    for chunk in chunks_of(stream):
        if chunk.name == b"IDAT":
            data = _data(stream, chunk)
            while data and not inflater.eof:
                try:
                    inflater.decompress(data, _PIECE)
                except zlib.error as error:
                    raise ValueError("wrong checksums of IDAT and of what it holds") from error
                data = inflater.unconsumed_tail


def _is_whole(stream: BinaryIO, chunk: Chunk) -> bool:
    """Check the checksum of a chunk."""
    stream.seek(chunk.at)
    crc, left = zlib.crc32(chunk.name), chunk.n_bytes
    while left and (piece := stream.read(min(left, _PIECE))):
        crc, left = zlib.crc32(piece, crc), left - len(piece)
    return left == 0 and stream.read(4) == struct.pack(">I", crc)


def mended(stream: BinaryIO, *, bare: bool = False) -> tuple[bytes, dict[Any, Any]]:
    """Return a PNG without the ancillary chunks that are damaged or too large, and what to add to its info.

    With `bare`, all that is left out that the colors do not depend on.
    """
    kept, lost, text, info = [SIGNATURE], set[Loss](), 0, dict[Any, Any]()
    behind = False
    for chunk in chunks_of(stream):
        behind |= chunk.name in _DATA
        if chunk.name in _TEXT and chunk.n_bytes > _MOST_TEXT_IN_ALL:
            lost.add(Loss.TEXT)
            continue
        body, is_ancillary = _data(stream, chunk), bool(chunk.name[0] & 32)
        if is_ancillary and (len(body) < _LENGTHS.get(chunk.name, 0) or not _is_whole(stream, chunk)):
            lost.add(Loss.DAMAGE)
            continue
        if chunk.name in (b"IHDR", b"PLTE") and not _is_whole(stream, chunk):
            raise ValueError(f"wrong checksum of {chunk.name.decode()}")
        if chunk.name in _TEXT:
            n_bytes = _inflated_bytes(chunk.name, body)
            text += n_bytes
            if bare or behind or n_bytes > _MOST_TEXT or text > _MOST_TEXT_IN_ALL:
                lost.add(Loss.TEXT)
                continue
        elif chunk.name == b"iCCP" and (profile := _profile(body)) is not None:
            if len(profile) < _MOST_PROFILE:
                info["icc_profile"] = profile
            else:
                lost.add(Loss.PROFILE)
            continue
        elif bare and chunk.name not in _OF_PIXELS:
            lost.add(Loss.DAMAGE)
            continue
        kept.append(framed(chunk.name, body))
    if kept[-1][4:8] != b"IEND":
        lost.add(Loss.DAMAGE)
        kept.append(framed(b"IEND", b""))
    return b"".join(kept), {**info, LOST: frozenset(lost)}


def _inflated_bytes(name: bytes, body: bytes) -> int:
    """Count the bytes of text, up to one more than are allowed."""
    keyword, _, rest = body.partition(b"\0")
    if name == b"tEXt" or (name == b"iTXt" and rest[:1] == b"\0"):
        return len(body)
    compressed = rest[1:] if name == b"zTXt" else rest[2:].split(b"\0", 2)[-1]
    return len(keyword) + len(_inflated(compressed, _MOST_TEXT + 1) or b"")


def _profile(body: bytes) -> bytes | None:
    """Inflate a profile up to what may be one; None if it is damaged."""
    return _inflated(body.partition(b"\0")[2][1:], _MOST_PROFILE) or None


def _inflated(data: bytes, most: int) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return None


def _data(stream: BinaryIO, chunk: Chunk) -> bytes:
    stream.seek(chunk.at)
    return stream.read(chunk.n_bytes)


def framed(name: bytes, body: bytes) -> bytes:
    """Frame data as a chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
