"""The frames of one animation, whatever holds it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image

from imgcluster.facts import Loss
from imgcluster.picture._animation import Animation
from imgcluster.picture._pillow import open_picture
from imgcluster.picture.frames._apng import ApngParts, BrokenAnimationError
from imgcluster.picture.frames._canvas import shown
from imgcluster.picture.frames._gif import GifParts
from imgcluster.picture.frames._seeking import SeekingFrames, webp_animation
from imgcluster.types import UInt8Array


@dataclass(frozen=True, eq=False)
class Frames:
    """An animation whose frames can be read repeatedly, one after the other."""

    animation: Animation
    shown: Callable[[], Iterator[UInt8Array]]  # the whole pictures, (H, W, 4), each valid until the next


def frames_of_bytes(data: bytes, kind: str) -> tuple[Frames | None, frozenset[Loss]]:
    """Return the frames of a GIF, PNG or WebP file, None if it is no animation; and what is lost if it is broken."""
    if kind == "WEBP":
        animation = webp_animation(data)
        if animation.n_frames < 2:
            return None, frozenset()
        return Frames(animation, SeekingFrames(open_picture(io.BytesIO(data), kind), animation).shown), frozenset()
    try:
        stored = GifParts(data) if kind == "GIF" else ApngParts(data)
    except BrokenAnimationError:
        # the specification: then the still picture is shown
        return None, frozenset({Loss.DAMAGE, Loss.FRAMES})
    lost = frozenset({Loss.DAMAGE} if isinstance(stored, GifParts) and stored.is_broken else ())
    if stored.animation.n_frames < 2:
        return None, lost
    return Frames(stored.animation, lambda: shown(stored.parts(), stored.shape)), lost


def frames_of_image(image: Image.Image) -> tuple[Frames | None, frozenset[Loss]]:
    """Return the frames of a PIL image, None where they cannot be had; and what is lost if it is broken."""
    if image.format == "PNG":
        # Pillow does not find its way back to the first frame of an indexed one
        stream = getattr(image, "_fp", None)
        if stream is None or not hasattr(stream, "read"):
            return None, frozenset()
        place = stream.tell()
        stream.seek(0)
        data = stream.read()
        stream.seek(place)
        return frames_of_bytes(data, "PNG")
    frames = SeekingFrames(image)
    return Frames(frames.animation, frames.shown), frozenset()
