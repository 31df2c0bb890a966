"""The frames that Pillow shows: of WebP files, where libwebp composes them, and of PIL images."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from imgcluster.picture._animation import Animation
from imgcluster.types import UInt8Array


class SeekingFrames:
    """A PIL image of many frames, which ends where it began.

    Parameters
    ----------
    image : PIL.Image.Image
    animation : Animation or None
        None to ask the image, which decodes it.
    """

    def __init__(self, image: Image.Image, animation: Animation | None = None) -> None:
        self._image = image
        self.shape = image.height, image.width
        self.animation = _animation_of(image) if animation is None else animation

    def shown(self) -> Iterator[UInt8Array]:
        """Yield the whole picture (H, W, 4) of each frame."""
        before = self._image.tell()
        first = int(bool(self._image.info.get("default_image")))
        try:
            for frame in range(first, first + self.animation.n_frames):
                self._image.seek(frame)
                yield np.array(self._image.convert("RGBA"))
        finally:
            self._image.seek(before)


def _animation_of(image: Image.Image) -> Animation:
    """Ask an image for the times of its frames."""
    before, durations = image.tell(), []
    for frame in range(int(bool(image.info.get("default_image"))), getattr(image, "n_frames", 1)):
        image.seek(frame)
        image.load()
        durations.append(float(image.info.get("duration") or 0))
    image.seek(before)
    repeats = image.info.get("loop")
    if image.format == "GIF":
        return Animation(tuple(durations), 1 if repeats is None else repeats and repeats + 1)
    return Animation(tuple(durations), repeats or 0)


def webp_animation(data: bytes) -> Animation:
    """Read times and plays from the chunks of a WebP file, which Pillow has to decode for that."""
    at, plays, durations = 12, 0, []
    while at + 8 <= len(data):
        name, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        if name == b"ANIM":
            plays = struct.unpack_from("<H", data, at + 12)[0]
        elif name == b"ANMF":
            durations.append(float(int.from_bytes(data[at + 20 : at + 23], "little")))
        at += 8 + length + length % 2
    return Animation(tuple(durations), plays)
