"""Read a picture file as upright 8-bit sRGB pixels; write pixels, or indices and a palette, to a picture file."""

import io
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ConversionWarning, ImageReadError, ImageWriteError
from imgcluster.files import deliver, open_file, replacing, shown, write_error
from imgcluster.parameters import check_int
from imgcluster.picture._pillow import import_plugin, kind_of, lenient_pillow, open_picture
from imgcluster.picture._pixels import Pixels, pixels_of_array, pixels_of_image
from imgcluster.picture._png import encode_indexed_png
from imgcluster.threads import check_threads
from imgcluster.types import ImageSource, PathLike

__all__ = ["output_format", "read_image", "replacing", "write_image", "write_indexed"]

# Pillow's own limit (89 megapixels a warning, 179 an error) is below a phone's 200-megapixel mode. Decoding needs
# 7 bytes a pixel.
MAX_PIXELS = 1 << 30

_READABLE = "PNG, JPEG, WebP, GIF, TIFF or BMP"

_WRITABLE = {".png": "PNG", ".webp": "WEBP", ".gif": "GIF", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP"}
_JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")
_MAX_SIDE = {"WEBP": 16383, "GIF": 65535}


def read_image(source: ImageSource) -> Pixels:
    """Read a picture as upright 8-bit sRGB pixels.

    Parameters
    ----------
    source : path, binary file object, PIL.Image.Image or ndarray
        A PNG, JPEG, WebP, GIF, TIFF or BMP file, or a picture in memory: a PIL image of any mode, or an array of
        shape (H, W), (H, W, 3) or (H, W, 4) that is uint8, uint16 (scaled to 8 bits) or floating point in 0..1.
        A file object is read from its start, and to its end when it cannot seek.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8, C-contiguous
        An array that needs no conversion is returned as it is, not copied.

    Raises
    ------
    ImageReadError
        When a file is missing, is no picture, is damaged, or holds more than 2**30 pixels.
    ValueError, TypeError
        When an array has the wrong shape, values or type.

    Warns
    -----
    ConversionWarning
        When something is lost: transparency (put on white), frames after the first, a profile that cannot be used.

    Notes
    -----
    The EXIF orientation is applied and an embedded ICC profile converted to sRGB (relative colorimetric, with
    black point compensation). Values deeper than 8 bits are scaled; 16-bit RGB files lose their low byte.

    Examples
    --------
    >>> import numpy as np
    >>> read_image(np.array([[0, 65535]], np.uint16))
    array([[[  0,   0,   0],
            [255, 255, 255]]], dtype=uint8)
    """
    lost: list[str] = []
    name, pixels = _read_any(source, lost.append)
    for what in lost:
        warnings.warn(f"{name}: {what}", ConversionWarning, stacklevel=2)
    return pixels


def read_image_and_losses(source: ImageSource) -> tuple[Pixels, list[str]]:
    """Read a picture as `read_image` does, and return what it would have warned of: warnings are not for threads."""
    lost: list[str] = []
    return _read_any(source, lost.append)[1], lost


def write_image(
    pixels: NDArray[np.uint8], target: PathLike | BinaryIO, *, format: str | None = None, compress_level: int = 6
) -> None:
    """Write RGB or gray pixels to a PNG, lossless WebP, TIFF or BMP file.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3) or (H, W), uint8
        The picture, in sRGB.
    target : path or binary file object
        A file is replaced as a whole or left as it was; an open file, such as stdout, gets the bytes.
    format : str, optional
        "png", "webp", "tiff" or "bmp"; by default what the extension says, and PNG for a file object.
    compress_level : int, optional
        zlib level of a PNG, from 0 (none) to 9.

    Raises
    ------
    ImageWriteError
        When the format is unknown or unfit, or the system refuses (no folder, no permission, disk full).

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> stream = io.BytesIO()
    >>> write_image(np.zeros((2, 3, 3), np.uint8), stream)
    >>> read_image(stream).shape
    (2, 3, 3)
    """
    kind = output_format(target, format)
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8:
        raise TypeError(f"pixels must be uint8, got {pixels.dtype}; scale to 0..255 and convert first")
    if pixels.shape[2:] not in ((), (3,)) or pixels.ndim < 2 or pixels.size == 0:
        raise ValueError(f"pixels must be of shape (H, W, 3) or (H, W) with at least one pixel, got {pixels.shape}")
    if kind == "GIF":
        raise ImageWriteError(f"cannot write {shown(target)}: a GIF needs a palette; quantize first or write a PNG")
    _save(Image.fromarray(np.ascontiguousarray(pixels)), target, kind, compress_level)


def write_indexed(
    indices: NDArray[Any],
    palette: NDArray[np.uint8],
    target: PathLike | BinaryIO,
    *,
    format: str | None = None,
    compress_level: int = 6,
    n_threads: int | None = None,
) -> None:
    """Write palette indices and their palette: an indexed PNG or GIF, or the RGB picture as WebP, TIFF or BMP.

    Parameters
    ----------
    indices : ndarray of shape (H, W), integer
        The palette entry of every pixel.
    palette : ndarray of shape (k, 3), uint8
        The colors, in sRGB. A PNG gets exactly these, in this order, with 1, 2, 4 or 8 bits a pixel, as few as
        k needs; a GIF's table is padded with black to a power of two.
    target, format, compress_level
        As for `write_image`; `format` may also be "gif".
    n_threads : int, optional
        Threads that deflate a PNG, by default as many as processors; the bytes do not depend on it.

    Raises
    ------
    ImageWriteError
        When the format is unknown or unfit, or the system refuses (no folder, no permission, disk full).
    ValueError
        When an index is outside the palette, or a PNG or GIF is asked to hold more than 256 colors.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> stream = io.BytesIO()
    >>> write_indexed(np.array([[0, 1]]), np.array([[255, 0, 0], [0, 0, 255]], np.uint8), stream)
    >>> read_image(stream)
    array([[[255,   0,   0],
            [  0,   0, 255]]], dtype=uint8)
    """
    kind = output_format(target, format)
    indices, palette = np.asarray(indices), np.asarray(palette)
    _check_indexed(indices, palette)
    if len(palette) > 256 and kind in ("PNG", "GIF"):
        raise ValueError(
            f"n_colors must be between 1 and 256 for an indexed {kind}, got {len(palette)}; write lossless WebP instead"
        )
    if kind == "PNG":
        check_int("compress_level", compress_level, 0, 9)
        indices = np.ascontiguousarray(indices, np.uint8)
        pieces = encode_indexed_png([indices], indices.shape, palette, compress_level, check_threads(n_threads))
        deliver(list(pieces), target)
        return
    if len(palette) > 256:
        picture = Image.fromarray(np.take(palette, indices, axis=0))
    else:
        picture = Image.fromarray(np.ascontiguousarray(indices, np.uint8))
        picture.putpalette(palette.tobytes())
        if kind != "GIF":
            # an indexed TIFF scales its colors to 16 bits, and readers disagree on the way back
            picture = picture.convert("RGB")
    _save(picture, target, kind, compress_level)


def output_format(target: PathLike | BinaryIO, format: str | None = None) -> str:
    """Name the format a picture would be written in (PNG, WEBP, GIF, TIFF or BMP), or raise ImageWriteError."""
    is_path = isinstance(target, str | bytes | os.PathLike)
    if not is_path and not hasattr(target, "write"):
        raise TypeError(f"target must be a path or a binary file, got {type(target).__name__}")
    if format is not None:
        extension = f".{format.removeprefix('.')}".lower()
    else:
        extension = Path(os.fsdecode(cast(PathLike, target))).suffix.lower() if is_path else ".png"
    if extension in _WRITABLE:
        return _WRITABLE[extension]
    if extension in _JPEG:
        problem = "JPEG is lossy and would change the colors; write .png or lossless .webp instead"
    else:
        what = f"unknown extension {shown(extension)!r}" if extension else "no extension"
        problem = f"{what}; use one of {', '.join(_WRITABLE)}"
    raise ImageWriteError(f"cannot write {shown(target)}: {problem}")


def _read_any(source: ImageSource, warn: Callable[[str], None]) -> tuple[str, Pixels]:
    """Read a picture of any kind: its name for messages, and its pixels."""
    if isinstance(source, np.ndarray):
        return "the array", pixels_of_array(source, warn)
    if isinstance(source, Image.Image):
        name = shown(getattr(source, "filename", "") or "<PIL image>")
        return name, _read(name, lambda: source, warn)
    if isinstance(source, str | bytes | os.PathLike):
        with open_file(source, shown(source)) as stream:
            return shown(source), _read_stream(stream, shown(source), warn)
    if hasattr(source, "read"):
        return shown(source), _read_stream(source, shown(source), warn)
    raise TypeError(f"image must be a path, a binary file, a PIL image or an array, got {type(source).__name__}")


def _read_stream(stream: BinaryIO, name: str, warn: Callable[[str], None]) -> Pixels:
    """Read a picture from an open file."""
    try:
        if stream.seekable():
            stream.seek(0)
        else:
            stream = io.BytesIO(stream.read())
        head = stream.read(16)
    except OSError as error:
        raise ImageReadError(f"cannot read {name}: {error.strerror or error}; check the device") from error
    if not isinstance(head, bytes):
        raise TypeError(f"{name} must be open in binary mode; open it with 'rb'")
    if not head:
        raise ImageReadError(f"cannot read {name}: it is empty (0 bytes); get a fresh copy")
    kind = kind_of(head)
    if kind is None:
        raise ImageReadError(f"cannot read {name}: it is not a {_READABLE} picture; convert it to one of these")
    return _read(name, lambda: open_picture(stream, kind), warn)


def _read(name: str, open_image: Callable[[], Image.Image], warn: Callable[[str], None]) -> Pixels:
    """Open and convert a picture; whatever Pillow raises on a bad one becomes one ImageReadError."""
    try:
        with lenient_pillow():
            image = open_image()
            _check_size(name, image)
            frames = _count_frames(image)
            if frames > 1 and image.tell() == 0:
                warn(f"only the first of its {frames} frames is used")
            image.load()
            return pixels_of_image(image, warn)
    except ImageReadError:
        raise
    except MemoryError as error:
        raise ImageReadError(
            f"cannot read {name}: not enough memory; make the picture smaller, or store it as a TIFF for "
            "quantize_large, which reads band by band"
        ) from error
    except Exception as error:
        # at least six classes, SyntaxError, TypeError and struct.error among them
        said = " ".join(str(error).split()) or type(error).__name__
        raise ImageReadError(
            f"cannot read {name}: damaged or of an unknown kind ({said}); get a fresh copy or convert it to PNG"
        ) from error


def _check_size(name: str, image: Image.Image) -> None:
    """Refuse decompression bombs and empty pictures before anything is decoded."""
    width, height = image.size
    if width < 1 or height < 1:
        raise ImageReadError(f"cannot read {name}: it has no pixels ({width} x {height}); get a fresh copy")
    if width * height > MAX_PIXELS:
        raise ImageReadError(
            f"cannot read {name}: {width} x {height} pixels are more than the limit of {MAX_PIXELS}; "
            "cut it into parts, or store it as a TIFF for quantize_large, which reads band by band"
        )


def _count_frames(image: Image.Image) -> int:
    """Count the frames of an animation or the pages of a TIFF."""
    # the further pictures of a phone's JPEG are previews and depth maps, no loss
    return 1 if image.format == "MPO" else getattr(image, "n_frames", 1)


def _check_indexed(indices: NDArray[Any], palette: NDArray[Any]) -> None:
    """Refuse indices and palettes that are no picture."""
    if palette.dtype != np.uint8:
        raise TypeError(f"palette must be uint8, got {palette.dtype}; round and convert it first")
    if palette.ndim != 2 or palette.shape[1] != 3 or len(palette) == 0:
        raise ValueError(f"palette must be of shape (k, 3) with k at least 1, got {palette.shape}")
    if indices.dtype.kind not in "ui":
        raise TypeError(f"indices must be integers, got {indices.dtype}")
    if indices.ndim != 2 or indices.size == 0:
        raise ValueError(f"indices must be of shape (H, W) with at least one pixel, got {indices.shape}")
    low, high = int(indices.min()), int(indices.max())
    if low < 0 or high >= len(palette):
        got = low if low < 0 else high
        raise ValueError(f"indices must be between 0 and {len(palette) - 1} for {len(palette)} colors, got {got}")


def _save(picture: Image.Image, target: PathLike | BinaryIO, kind: str, compress_level: int) -> None:
    """Encode in memory, so that an encoder that fails leaves no trace, and put the bytes in their place."""
    check_int("compress_level", compress_level, 0, 9)
    if max(picture.size) > _MAX_SIDE.get(kind, max(picture.size)):
        size = f"{picture.width} x {picture.height}"
        raise ImageWriteError(
            f"cannot write {shown(target)}: {kind} allows {_MAX_SIDE[kind]} pixels a side, got {size}; write a PNG"
        )
    options: dict[str, dict[str, Any]] = {
        "PNG": {"compress_level": compress_level},
        # optimize, the default, drops unused colors and renumbers the rest; interlacing only costs bytes
        "GIF": {"optimize": False, "interlace": False},
        # 12 megapixels, 256 colors: method 2 1.6 s, 5.9 MB; 4 3.0 s, 5.3 MB; 6 minutes for 1 % less
        "WEBP": {"lossless": True, "exact": True, "method": 4, "quality": 50},
        "TIFF": {"compression": "tiff_adobe_deflate"},
    }
    encoded = io.BytesIO()
    try:
        import_plugin(kind)
        picture.save(encoded, kind, **options.get(kind, {}))
    except Exception as error:
        raise write_error(target, error) from error
    deliver([encoded.getbuffer()], target)
