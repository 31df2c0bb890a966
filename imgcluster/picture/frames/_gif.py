"""The parts of a GIF (GIF89a specification, CompuServe 1990); Pillow inflates the pixels.

Pillow's own frames differ from what browsers show: places that are cleared, or that the first frame does not cover,
get the background color, and a frame that says nothing of its disposal inherits that of the one before.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from imgcluster.picture._animation import Animation
from imgcluster.picture._pillow import open_picture
from imgcluster.picture.frames._canvas import Part
from imgcluster.types import UInt8Array

_THEN: dict[int, Literal["keep", "clear", "restore"]] = {2: "clear", 3: "restore"}
# the pixels that a frame may have: some encoders let it reach beyond the picture, where nothing of it is seen
_OFTEN, _FEW_PIXELS = 4, 1 << 20
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


@dataclass(frozen=True)
class _Block:
    """A frame's place in the file, and what its control block says."""

    left: int
    top: int
    width: int
    height: int
    table: bytes  # colors, 3 bytes each
    interlaced: bool
    data: bytes  # the size of a code, and blocks of them
    milliseconds: int
    clear: int | None  # the transparent index
    disposal: int


class GifParts:
    """A GIF in memory.

    Parameters
    ----------
    data : bytes

    Attributes
    ----------
    is_broken : bool
        Whether something else follows its frames.
    """

    def __init__(self, data: bytes) -> None:
        self._blocks: list[_Block] = []
        repeats, self.is_broken = _read(data, self._blocks)
        if not self._blocks:
            raise ValueError("it holds no picture")
        width, height = struct.unpack_from("<HH", data, 6)
        first = self._blocks[0]
        self.shape = max(height, first.top + first.height), max(width, first.left + first.width)
        plays = 1 if repeats is None else 0 if repeats == 0 else repeats + 1
        self.animation = Animation(tuple(float(block.milliseconds) for block in self._blocks), plays)

    def parts(self) -> Iterator[Part]:
        """Yield the parts in their order."""
        allowed = max(_OFTEN * self.shape[0] * self.shape[1], _FEW_PIXELS)
        for block in self._blocks:
            if block.width * block.height > allowed:
                raise ValueError("a frame is far larger than the picture")
            yield Part(_pixels(block), block.left, block.top, True, _THEN.get(block.disposal, "keep"))


def _read(data: bytes, blocks: list[_Block]) -> tuple[int | None, bool]:
    """Append the frames of a file to `blocks`.

    Returns how often it repeats, 0 without end, None if it does not say; and whether it goes on with something else.
    """
    flags = data[10]
    table_end = 13 + (3 << (flags & 7) + 1 if flags & 128 else 0)
    shared, at, repeats, control = data[13:table_end], table_end, None, bytes(4)
    while at < len(data) and (kind := data[at : at + 1]) != b";":
        if kind == b"!":
            label, body, at = data[at + 1], *_sub_blocks(data, at + 2)
            if label == 0xF9 and len(body[0]) >= 4:
                control = body[0]
            elif label == 0xFF and body[0][:11] in _LOOPS and len(body) > 1 and len(body[1]) >= 3 and body[1][0] == 1:
                repeats = struct.unpack_from("<H", body[1], 1)[0]
        elif kind == b",":
            left, top, width, height, flags = struct.unpack_from("<4HB", data, at + 1)
            own_end = at + 10 + (3 << (flags & 7) + 1 if flags & 128 else 0)
            table = data[at + 10 : own_end] or shared
            _, at = _sub_blocks(data, own_end + 1)
            wait, clear = struct.unpack_from("<HB", control, 1)
            clear = clear if control[0] & 1 else None
            image = bool(flags & 64), data[own_end:at], 10 * wait, clear, control[0] >> 2 & 7
            blocks.append(_Block(left, top, width, height, table, *image))
            control = bytes(4)
        elif kind == b"\0":
            at += 1  # blocks are closed twice by some encoders
        elif blocks:
            # what was shown before stays, as in browsers
            return repeats, True
        else:
            raise ValueError(f"a block of unknown kind {kind!r} at byte {at}")
    return repeats, False


def _sub_blocks(data: bytes, at: int) -> tuple[list[bytes], int]:
    """Return blocks of up to 255 bytes, at least one, and where they end."""
    found = []
    while n := data[at]:
        found.append(data[at + 1 : at + 1 + n])
        at += 1 + n
    return found or [b""], at + 1


def _pixels(block: _Block) -> UInt8Array:
    """Return the pixels of a frame as RGBA."""
    # a picture of its own, with a table of which Pillow does not say that it is gray
    head = struct.pack("<6sHHBBB", b"GIF89a", block.width, block.height, 0, 0, 0)
    place = struct.pack("<B4HB", 0x2C, 0, 0, block.width, block.height, 64 * block.interlaced)
    image = open_picture(io.BytesIO(head + place + block.data + b";"), "GIF")
    image.load()
    table = np.zeros((256, 4), np.uint8)
    colors = np.frombuffer(block.table, np.uint8)
    table[: len(colors) // 3, :3] = colors[: len(colors) // 3 * 3].reshape(-1, 3)
    table[:, 3] = 255
    if block.clear is not None:
        table[block.clear] = 0
    words = table.view(np.uint32)[:, 0].take(np.asarray(image))
    return words.view(np.uint8).reshape(*words.shape, 4)
