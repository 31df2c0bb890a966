"""What quantization returns: the picture of few colors, or what became of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgcluster.cards import card, figure, swatches
from imgcluster.cluster import Model
from imgcluster.facts import Loss
from imgcluster.parameters import check_int
from imgcluster.picture import Metadata, preview, write_picture
from imgcluster.quantization._output import usual_level
from imgcluster.types import Float32Array, Float64Array, Int64Array, PathLike, UInt8Array

if TYPE_CHECKING:
    from PIL import Image

    from imgcluster.quantization._memberships import Memberships

_BLOCK = 1 << 18  # pixels: NumPy counts a copy of 8 bytes each


@dataclass(frozen=True, eq=False)
class Quantized:
    """An image of few colors.

    Attributes
    ----------
    palette : ndarray of shape (k, 3), or (k, 4) if some colors are not opaque, uint8
        sRGB colors, with their alpha, dark to light; a palette that was given is kept whole and in its order.
        Of a palette with native colors (`Palette.native`) these.
    indices : ndarray of shape (H, W), uint8 (uint16 for more than 256 colors)
        The palette entry of each pixel, the nearest by squared distance in the color space.
    mse : float
        Mean over pixels of the squared RGB distance to the original, summed over the channels, of the 8-bit image; with
        transparency the mean over black, white, gray, magenta and green backgrounds (`AlphaHistogram.squared_error`).
        Where the palette has native colors, it is that of the colors that were matched.
    psnr : float
        Peak signal-to-noise ratio in dB, infinite when lossless.
    n_distinct : int
        Number of distinct colors of the original.
    lossless : bool
        Whether nothing was lost: all colors of the original are in the palette, and reading lost nothing of the pixels.
    model : KMeans, SoftKMeans, GaussianMixture or None
        The fit on the weighted distinct colors in Morton order, before rounding to 8 bits; None when all colors
        were kept or the palette was given.
    memberships : Memberships or None
        What `responsibilities` looks up, if the method is a soft one.
    lost : frozenset of Loss
        What reading lost, such as transparency; see `imgcluster.facts`.
    metadata : Metadata
        EXIF, XMP, resolution and text of the original, which `save` writes into formats that can hold them.
    keep_order : bool
        Whether `save` keeps the palette's order, because it was given; else a PNG has the order that makes it small.
    lossy : float
        Per cent of mean error that was given for a smaller file, which `save` then deflates as well as it can.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import quantize
    >>> result = quantize(np.array([[[250, 0, 0], [254, 0, 0], [0, 0, 9]]], np.uint8), 2)
    >>> result.palette.tolist(), result.indices.tolist(), result.lossless
    ([[0, 0, 9], [252, 0, 0]], [[1, 1, 0]], False)
    """

    palette: UInt8Array
    indices: UInt8Array
    mse: float
    psnr: float
    n_distinct: int
    lossless: bool
    model: Model | None
    memberships: Memberships | None = None
    lost: frozenset[Loss] = frozenset()
    metadata: Metadata = field(default_factory=Metadata)
    keep_order: bool = False
    lossy: float = 0.0

    @property
    def shares(self) -> Float64Array:
        """The share of pixels of each color of the palette, of shape (k,), float64; they sum to 1."""
        return shares_of(self.indices, len(self.palette))

    def responsibilities(self, k: int) -> Float32Array:
        """Return how far each pixel belongs to cluster k.

        Parameters
        ----------
        k : int
            Index of the palette entry.

        Returns
        -------
        ndarray of shape (H, W), float32
            In 0..1; over all k they sum to 1. With k-means each is 0 or 1.

        Raises
        ------
        ValueError
            If k is not an index of the palette.
        """
        k = check_int("k", k, 0, len(self.palette) - 1)
        if self.memberships is not None:
            return self.memberships.of(k)
        hard: Float32Array = (self.indices == k).astype(np.float32)
        return hard

    def _repr_html_(self) -> str:
        """Show the image and its palette in a notebook."""
        height, width = self.indices.shape
        drawn = figure(*preview(self.to_array()), f"image of {len(self.palette)} colors")
        return card(f"Quantized {width} x {height}", _facts(self), drawn, swatches(self.palette.tolist()))

    def __repr__(self) -> str:
        height, width = self.indices.shape
        return f"<Quantized {width}x{height}, {len(self.palette)} colors, PSNR {self.psnr:.1f} dB>"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the quantized pixels, as `to_array` does; NumPy calls this."""
        return np.array(self.to_array(), dtype=dtype, copy=copy)

    def to_array(self) -> UInt8Array:
        """Return the image as (H, W, 3), uint8, or (H, W, 4) if some colors are not opaque."""
        return self.palette[self.indices]

    def to_image(self) -> Image.Image:
        """Return the image for Pillow: mode "P", or "RGB" or "RGBA" for more than 256 colors."""
        from PIL import Image

        if len(self.palette) > 256:
            return Image.fromarray(self.to_array())
        image = Image.fromarray(self.indices)
        image.putpalette(self.palette.tobytes(), "RGBA" if self.palette.shape[1] == 4 else "RGB")
        return image

    def save(
        self,
        target: PathLike | BinaryIO,
        *,
        format: str | None = None,
        compress_level: int | None = None,
        optimize: int = 1,
        n_threads: int | None = None,
        strip: bool = False,
    ) -> frozenset[Loss]:
        """Write the image: indexed PNG or GIF, lossless WebP, TIFF or BMP.

        Parameters
        ----------
        target : path or binary file object
        format : str, optional
            By default as the extension says; "png" for a file object.
        compress_level : int, optional
            zlib level, 0 to 9, for PNG and TIFF; by default 6, or 9 after a lossy mapping.
        optimize : int
            How much to try for a small PNG, 0 to 3: see `imgcluster.picture.write_picture`.
        n_threads : int or None
            Threads that deflate a PNG; None uses all processors. The bytes do not depend on it.
        strip : bool
            Whether to leave out the metadata: EXIF, which may say where a photo was taken, XMP, resolution and text.

        Returns
        -------
        frozenset of Loss
            The metadata of the original that the format does not keep; nothing if it is left out.

        Raises
        ------
        ImageWriteError
            If the file cannot be written; an older file of that name is then left as it was.
        ValueError
            If the format holds fewer colors than the palette has.
        """
        return write_picture(
            self.indices,
            target,
            palette=self.palette,
            metadata=None if strip else self.metadata,
            format=format,
            compress_level=usual_level(self.lossy) if compress_level is None else compress_level,
            optimize=optimize,
            keep_order=self.keep_order,
            n_threads=n_threads,
        )


@dataclass(frozen=True, eq=False)
class QuantizedFile:
    """What became of a picture that was quantized from file to file.

    Attributes
    ----------
    height, width : int
        Of the upright picture, in pixels.
    palette : ndarray of shape (k, 3) or (k, 4), uint8
        sRGB colors, as in `Quantized`.
    mse : float
        Mean over pixels of the squared RGB distance to the original, summed over the channels.
    psnr : float
        Peak signal-to-noise ratio in dB, infinite when lossless.
    n_distinct : int
        Number of distinct colors of the original.
    lossless : bool
        Whether nothing was lost: all colors of the original are in the palette, and reading lost nothing of the pixels.
    model : KMeans, SoftKMeans, GaussianMixture or None
        The fit, as in `Quantized`.
    lost : frozenset of Loss
        What reading lost, such as transparency, and the metadata that the format does not keep.
    shares : ndarray of shape (k,), float64
        The share of pixels of each color of the palette; they sum to 1.
    n_frames : int
        Frames of an animation; error and distinct colors are those of all of them.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> result = ic.quantize_large(np.array([[[250, 0, 0], [254, 0, 0], [0, 0, 9]]], np.uint8), io.BytesIO(), 2)
    >>> result.width, result.palette.tolist(), result.n_distinct
    (3, [[0, 0, 9], [252, 0, 0]], 3)
    """

    height: int
    width: int
    palette: UInt8Array
    mse: float
    psnr: float
    n_distinct: int
    lossless: bool
    model: Model | None
    lost: frozenset[Loss] = frozenset()
    shares: Float64Array = field(default_factory=lambda: np.empty(0))
    n_frames: int = 1

    def _repr_html_(self) -> str:
        """Show the palette in a notebook; the image is in its file."""
        frames = [("frames", self.n_frames)] if self.n_frames > 1 else []
        facts = [*_facts(self), *frames]
        return card(f"QuantizedFile {self.width} x {self.height}", facts, swatches(self.palette.tolist()))


def _facts(result: Quantized | QuantizedFile) -> list[tuple[str, object]]:
    """Return what a card says."""
    error = "none, lossless" if result.lossless else f"PSNR {result.psnr:.1f} dB"
    lost = [("lost", ", ".join(sorted(map(str, result.lost))))] if result.lost else []
    return [("colors", f"{len(result.palette):,} of {result.n_distinct:,}"), ("error", error), *lost]


def count_indices(indices: UInt8Array, n_colors: int) -> Int64Array:
    """Count the pixels of each color of a palette."""
    counts, flat = np.zeros(n_colors, np.int64), indices.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        counts += np.bincount(flat[start : start + _BLOCK], minlength=n_colors)
    return counts


def shares_of(indices: UInt8Array, n_colors: int) -> Float64Array:
    """Return the share of pixels of each color of a palette."""
    shares: Float64Array = count_indices(indices, n_colors) / indices.size
    return shares
