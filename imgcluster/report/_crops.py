"""Parts of a picture before and after at full size, encoded without loss: what shrinking hides, such as dithering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture import lossless_url
from imgcluster.types import UInt8Array

CROP_WIDTH, CROP_HEIGHT = 480, 320

_BLOCK = 16
# a few hard edges are not detail: steps of the gray value count up to this one
_MOST_STEP = 32


@dataclass(frozen=True)
class Crop:
    """The same part of a picture before and after, as URLs; lengths in pixels of the whole picture."""

    before: str
    after: str
    left: int
    top: int
    width: int
    height: int
    of_width: int
    of_height: int

    def entry(self) -> dict[str, object]:
        """Return what the script needs to show it."""
        box = (self.left, self.top, self.width, self.height)
        return {"before": self.before, "after": self.after, "box": box, "of": (self.of_width, self.of_height)}


def crop(before: UInt8Array, after: UInt8Array) -> Crop | None:
    """Cut the most detailed part out of two RGB or RGBA pictures; None if their sizes differ."""
    if before.shape[:2] != after.shape[:2]:
        return None
    height, width = before.shape[:2]
    top, left, bottom, right = _place(before)
    url, url_after = (lossless_url(picture[top:bottom, left:right]) for picture in (before, after))
    return Crop(url, url_after, left, top, right - left, bottom - top, width, height)


def _place(pixels: UInt8Array) -> tuple[int, int, int, int]:
    """Return the top, left, bottom and right of the most detailed part; the uppermost of several."""
    height, width = pixels.shape[:2]
    rows, columns = min(height, CROP_HEIGHT), min(width, CROP_WIDTH)
    if (rows, columns) == (height, width):
        return 0, 0, height, width
    detail = _detail(pixels)
    tall, wide = -(-rows // _BLOCK), -(-columns // _BLOCK)
    # sums over windows from sums over everything above and left
    sums = np.pad(detail.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    windows = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    row, column = divmod(int(windows.argmax()), windows.shape[1])
    top, left = min(row * _BLOCK, height - rows), min(column * _BLOCK, width - columns)
    return top, left, top + rows, left + columns


def _detail(pixels: UInt8Array) -> NDArray[np.int64]:
    """Sum the steps from pixel to pixel over blocks; clear pixels are white."""
    height, width = pixels.shape[:2]
    sums = np.zeros((-(-height // _BLOCK), -(-width // _BLOCK)), np.int64)
    for block, top in enumerate(range(0, height, _BLOCK)):
        gray = _gray(pixels[top : top + _BLOCK + 1])
        steps = np.zeros((min(_BLOCK, height - top), sums.shape[1] * _BLOCK), np.int16)
        steps[:, : width - 1] = np.minimum(abs(np.diff(gray[:_BLOCK], axis=1)), _MOST_STEP)
        down = np.minimum(abs(np.diff(gray, axis=0)), _MOST_STEP)
        steps[: len(down), :width] += down
        sums[block] = steps.sum(0).reshape(-1, _BLOCK).sum(1)
    return sums


def _gray(pixels: UInt8Array) -> NDArray[np.int16]:
    """Return brightness, 0 to 255, on white."""
    wide = pixels.astype(np.int16)
    gray = (wide[..., 0] + 2 * wide[..., 1] + wide[..., 2]) >> 2
    if pixels.shape[2] == 3:
        return gray
    # 255 * 128 exceeds 16 bits
    alpha = pixels[..., 3].astype(np.int32)
    composited: NDArray[np.int16] = ((gray * alpha + 255 * (255 - alpha)) // 255).astype(np.int16)
    return composited
