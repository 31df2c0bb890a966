"""The parts of an animated PNG (PNG specification, third edition, W3C 2025); Pillow decodes each as a PNG.

Pillow's own frames are wrong where soft alpha is put over something, and count a still picture that is no frame.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from imgcluster.picture._animation import Animation
from imgcluster.picture._mending import loaded
from imgcluster.picture._pillow import open_picture
from imgcluster.picture._pixels import picture_of_image
from imgcluster.picture._png_chunks import SIGNATURE, framed
from imgcluster.picture.frames._canvas import Part
from imgcluster.types import UInt8Array

_CONTROL = struct.Struct(">IIIIIHHBB")
_THEN: dict[int, Literal["keep", "clear", "restore"]] = {1: "clear", 2: "restore"}
# what the pixels depend on; a profile is applied to whole frames, as is the orientation
_OF_PIXELS = (b"PLTE", b"tRNS")
_NUMBERED = (b"fcTL", b"fdAT")


class BrokenAnimationError(ValueError):
    """The chunks of an animation do not fit together: what is left of the file is its still picture."""


@dataclass
class _Frame:
    """A frame's control chunk, and its compressed pixels."""

    control: tuple[int, ...]
    data: list[bytes] = field(default_factory=list)


class ApngParts:
    """An animated PNG in memory.

    Parameters
    ----------
    data : bytes
    """

    def __init__(self, data: bytes) -> None:
        self._frames: list[_Frame] = []
        self._shared: list[bytes] = []
        self._header = data[16:29]
        plays = self._read(data)
        if not self._frames:
            raise BrokenAnimationError("its animation has no frames")
        width, height = struct.unpack(">II", self._header[:8])
        for frame in self._frames:
            _, across, down, left, top, *_ = frame.control
            if not frame.data or not across or not down or left + across > width or top + down > height:
                raise BrokenAnimationError("a frame of its animation has no pixels, or some beyond the picture")
        self.shape = height, width
        # the specification: a denominator of 0 is 100
        times = ((frame.control[5], frame.control[6] or 100) for frame in self._frames)
        self.animation = Animation(tuple(1000 * number / unit for number, unit in times), plays)

    def parts(self) -> Iterator[Part]:
        """Yield the parts in their order."""
        for i, frame in enumerate(self._frames):
            _, width, height, left, top, _, _, dispose, blend = frame.control
            pixels = self._pixels(frame, width, height)
            # the first has nothing to restore
            then = "clear" if i == 0 and dispose == 2 else _THEN.get(dispose, "keep")
            yield Part(pixels, left, top, blend == 1, then)

    def _read(self, data: bytes) -> int:
        """Collect the frames; return how often they are played."""
        plays, is_frame, at, number = 0, False, len(SIGNATURE), 0
        while at + 12 <= len(data):
            (length,), name = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
            body = data[at + 8 : at + 8 + length]
            at += 12 + length
            if name in _NUMBERED:
                if int.from_bytes(body[:4]) != number:
                    # the specification: decoders must treat that as an error
                    raise BrokenAnimationError("the chunks of its animation are out of order")
                number += 1
            if name == b"acTL" and length >= 8:
                plays = struct.unpack_from(">I", body, 4)[0]
            elif name == b"fcTL":
                self._frames.append(_Frame(_CONTROL.unpack_from(body)))
                is_frame = True
            elif name in _OF_PIXELS:
                self._shared.append(framed(name, body))
            elif name == b"IDAT" and is_frame:
                self._frames[-1].data.append(body)
            elif name == b"fdAT" and self._frames:
                self._frames[-1].data.append(body[4:])
            elif name == b"IEND":
                break
        return plays

    def _pixels(self, frame: _Frame, width: int, height: int) -> UInt8Array:
        """Decode the pixels of a frame to RGBA."""
        header = struct.pack(">II", width, height) + self._header[8:]
        chunks = [framed(b"IHDR", header), *self._shared, framed(b"IDAT", b"".join(frame.data)), framed(b"IEND", b"")]
        stream = io.BytesIO(SIGNATURE + b"".join(chunks))
        image, low = loaded(open_picture(stream, "PNG"), stream, "PNG")
        picture = picture_of_image(image, low=low)
        del image, low  # as large as what is made next
        pixels = np.empty((*picture.shape, 4), np.uint8)
        pixels[..., :3] = picture.pixels
        pixels[..., 3] = 255 if picture.alpha is None else picture.alpha
        return pixels
