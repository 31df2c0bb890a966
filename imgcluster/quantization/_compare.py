"""Two pictures compared: errors, similarity, color differences, bytes and colors, and a drawing of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imgcluster.cards import card, figure
from imgcluster.errors import LossWarning
from imgcluster.facts import Loss
from imgcluster.metrics import delta_e_2000, psnr_from_mse, squared_error, ssim
from imgcluster.picture import Picture, limits, open_source, preview, warn_lost, write_picture
from imgcluster.types import Float32Array, ImageSource, PathLike, UInt8Array
from imgcluster.warning import warn

GROUNDS = ("black", "white")
"""What pictures are compared on if one of them has alpha."""

HOTTEST = 10.0
"""The color difference that is drawn in the brightest color, whatever the pictures: maps can be compared."""

# from no difference to the largest: black, violet, red, orange, pale yellow
_HEAT = np.array([[0, 0, 0], [80, 18, 123], [182, 54, 121], [251, 136, 97], [252, 253, 191]], np.float32)
_GAP, _GAP_COLOR = 8, 128
_CHECKS, _SQUARE = (204, 255), 8  # shades and pixels of the checkerboard behind pictures with alpha


@dataclass(frozen=True, eq=False)
class Comparison:
    """How two pictures differ.

    Attributes
    ----------
    width, height : int
        In pixels, upright.
    mse : float
        Mean over pixels of the squared RGB distance, summed over the channels.
    psnr : float
        Peak signal-to-noise ratio in dB, infinite for equal pixels.
    ssim : float
        Mean structural similarity of the luma, 1 for equal pixels.
    delta_e_mean, delta_e_95 : float
        Color difference CIEDE2000: its mean over pixels, and the value that 95 % of them do not exceed.
    n_bytes : tuple of int or None
        Sizes of the two files; None for what is not a file.
    n_colors : tuple of int
        Distinct colors of each, with their alpha.
    grounds : tuple of str
        The grounds on which pictures with alpha were compared; figures are means over them. Empty for opaque ones.
    delta_e : ndarray of shape (H, W), float32
        The color difference of each pixel, on pictures with alpha the largest over the grounds.
    pictures : tuple of ndarray of shape (H, W, 3), uint8
        Both pictures as they are drawn, on a checkerboard where they are transparent.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from skimage import data
    >>> photo = data.coffee()
    >>> found = ic.compare(photo, ic.quantize(photo, 64).to_array())
    >>> found.n_colors[1], found.psnr > 30, found.ssim > 0.9, found.delta_e_mean < 3
    (64, True, True, True)
    """

    width: int
    height: int
    mse: float
    psnr: float
    ssim: float
    delta_e_mean: float
    delta_e_95: float
    n_bytes: tuple[int | None, int | None]
    n_colors: tuple[int, int]
    grounds: tuple[str, ...] = ()
    delta_e: Float32Array = field(default_factory=lambda: np.zeros((0, 0), np.float32), repr=False)
    pictures: tuple[UInt8Array, ...] = field(default=(), repr=False)

    @property
    def identical(self) -> bool:
        """Whether no pixel looks different, on any of the grounds."""
        return self.mse == 0

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values.

        Returns
        -------
        dict
            The PSNR of identical pictures is None, because JSON has no infinity.
        """
        names = ("width", "height", "mse", "psnr", "ssim", "delta_e_mean", "delta_e_95")
        found = {name: getattr(self, name) for name in names}
        found["psnr"] = None if self.identical else self.psnr
        lists = {name: list(getattr(self, name)) for name in ("n_bytes", "n_colors", "grounds")}
        return {**found, **lists, "identical": self.identical}

    def _repr_html_(self) -> str:
        """Show both pictures and the map of their differences in a notebook."""
        facts = [
            ("PSNR", f"{self.psnr:.1f} dB"),
            ("SSIM", f"{self.ssim:.4f}"),
            ("CIEDE2000", f"{self.delta_e_mean:.2f}"),
        ]
        drawn = figure(*preview(self.to_array(), 3 * 300), "both pictures, and their differences")
        return card(f"Comparison {self.width} x {self.height}", facts, drawn)

    def to_array(self) -> UInt8Array:
        """Return both pictures side by side with a heat map of their color differences.

        Returns
        -------
        ndarray of shape (H, 3 W + 16, 3), uint8
            The map is black where colors are equal, and palest from a difference of 10 on.
        """
        gap = np.full((self.height, _GAP, 3), _GAP_COLOR, np.uint8)
        one, other = self.pictures
        return np.concatenate([one, gap, other, gap, _heat(self.delta_e)], axis=1)

    def save(self, target: PathLike) -> None:
        """Write both pictures side by side with a heat map, as `to_array` draws them.

        Parameters
        ----------
        target : path
            Its ending chooses the format.

        Raises
        ------
        ImageWriteError
            If the file cannot be written.
        """
        write_picture(self.to_array(), target, n_threads=1)


def compare(
    a: ImageSource,
    b: ImageSource,
    *,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> Comparison:
    """Compare two pictures of the same size.

    Parameters
    ----------
    a, b : path, binary file object, PIL image or ndarray
        What `quantize` takes; of animations the first frame. If one has transparent parts, both are compared on black
        and on white.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    Comparison

    Raises
    ------
    ImageReadError
        If a file cannot be read as an image.
    ValueError
        If the pictures differ in size.

    Notes
    -----
    12 megapixels take about 15 s, nearly all for CIEDE2000 of the pixels that differ.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> found = ic.compare(np.zeros((16, 16, 3), np.uint8), np.full((16, 16, 3), 3, np.uint8))
    >>> round(found.mse, 1), round(found.psnr, 1), found.n_colors, found.identical
    (27.0, 38.6, (1, 1), False)
    """
    with limits(max_pixels, max_memory):
        pictures = (_read(a), _read(b))
        if pictures[0].shape != pictures[1].shape:
            (h, w), (other_h, other_w) = (picture.shape for picture in pictures)
            raise ValueError(
                f"both pictures must have one size, got {w} x {h} and {other_w} x {other_h}; scale one first"
            )
        grounds = GROUNDS if any(picture.alpha is not None for picture in pictures) else ()
        mse, similarity, maps = 0.0, 0.0, []
        for ground in grounds or ("white",):
            one, other = (picture.on(ground).pixels for picture in pictures)
            mse += squared_error(one, other) / max(1, len(grounds))
            similarity += ssim(one, other) / max(1, len(grounds))
            maps.append(delta_e_2000(one, other))
        height, width = pictures[0].shape
        return Comparison(
            width,
            height,
            mse,
            psnr_from_mse(mse),
            similarity,
            float(np.mean(maps)),
            float(np.percentile(maps, 95)),
            (_size_of(a), _size_of(b)),
            (_count(pictures[0]), _count(pictures[1])),
            grounds,
            np.maximum.reduce(maps),
            tuple(_on_checks(picture) for picture in pictures),
        )


def _read(image: ImageSource) -> Picture:
    """Read a picture, opaque if no pixel is transparent."""
    with open_source(image) as source:
        picture = source.read().to_8_bit()
        warn_lost(source.name, picture.lost & {Loss.PROFILE})
        if source.n_frames > 1:
            message = f"{source.name}: only the first of {source.n_frames} frames is compared"
            warn(message, LossWarning)
    if picture.alpha is not None and picture.alpha.min() == 255:
        return picture.on("white")
    return picture


def _size_of(image: ImageSource) -> int | None:
    """Return the size of a file."""
    if isinstance(image, str | bytes | os.PathLike):
        return Path(os.fsdecode(image)).stat().st_size
    return len(image.getbuffer()) if hasattr(image, "getbuffer") else None


def _count(picture: Picture) -> int:
    """Count the distinct colors; fully clear pixels have one, whatever is stored below."""
    packed = picture.pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    if picture.alpha is not None:
        packed = np.where(picture.alpha == 0, 0, packed | (picture.alpha.astype(np.uint32) << 24))
    return len(np.unique(packed))


def _on_checks(picture: Picture) -> UInt8Array:
    """Return the pixels, on a checkerboard where they are transparent."""
    if picture.alpha is None:
        pixels: UInt8Array = picture.pixels
        return pixels
    height, width = picture.shape
    is_odd = (np.add.outer(np.arange(height) // _SQUARE, np.arange(width) // _SQUARE) % 2).astype(bool)
    dark, light = (picture.on((shade,) * 3).pixels for shade in _CHECKS)
    return np.where(is_odd[:, :, None], light, dark)


def _heat(delta_e: Float32Array) -> UInt8Array:
    """Draw differences in colors."""
    at = np.clip(delta_e / HOTTEST, 0, 1) * (len(_HEAT) - 1)
    steps = np.arange(len(_HEAT))
    channels = [np.interp(at, steps, _HEAT[:, channel]) for channel in range(3)]
    drawn: UInt8Array = (np.stack(channels, axis=2) + 0.5).astype(np.uint8)
    return drawn
