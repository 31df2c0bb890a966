"""Pictures larger than memory: what can be read, and what can be written, band by band."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ConversionWarning, ImageReadError, ImageWriteError
from imgcluster.files import deliver, open_file, replacing, shown
from imgcluster.picture._bands import ArrayBands, Bands
from imgcluster.picture._imageio import output_format, read_image
from imgcluster.picture._pillow import kind_of, lenient_pillow, open_picture
from imgcluster.picture._png import encode_indexed_png
from imgcluster.picture._tiff import write_tiff
from imgcluster.picture._tiff_bands import TiffBands
from imgcluster.types import ImageSource, PathLike, UInt8Array

# from here on a TIFF is read band by band: as a whole it takes 7 bytes a pixel
LARGE_PIXELS = 1 << 25
BAND_PIXELS = 1 << 22  # 12 MB
BANDED_FORMATS = ("PNG", "TIFF")

_NPY = b"\x93NUMPY"
_BIG_ENDIAN_BIGTIFF = b"MM\0+"  # Pillow 13 looks for the + in the wrong place


def is_large(path: PathLike) -> bool:
    """Tell whether a file wants to be read band by band: a .npy file, or a TIFF too large or too new for Pillow."""
    if not _can_be_read_twice(path):
        return False
    try:
        with open_file(path, shown(path)) as stream:
            head = stream.read(16)
            if head.startswith((_NPY, _BIG_ENDIAN_BIGTIFF)):
                return True
            if kind_of(head) != "TIFF":
                return False
            with lenient_pillow():
                width, height = open_picture(stream, "TIFF").size
    except Exception:
        # whatever is wrong, and Pillow has six classes and more for that: read_image says it best
        return False
    return exceeds_memory(width * height)


def exceeds_memory(n_pixels: int) -> bool:
    """Tell whether a picture has too many pixels to be read as a whole."""
    return n_pixels > LARGE_PIXELS


@contextmanager
def open_bands(source: ImageSource, warn: Callable[[str], None], n_threads: int) -> Iterator[Bands]:
    """Open an array, a TIFF or a .npy file to be read band by band; anything else is read as a whole."""
    if isinstance(source, np.ndarray):
        yield ArrayBands(source, warn)
        return
    if not isinstance(source, str | bytes | os.PathLike) or not _can_be_read_twice(source):
        yield ArrayBands(read_image(source), warn)
        return
    name = shown(source)
    with open_file(source, name) as stream:
        head = stream.read(16)
        if kind_of(head) == "TIFF":
            yield TiffBands(stream, name, warn, n_threads)
        else:
            yield ArrayBands(_mapped(source, name) if head.startswith(_NPY) else read_image(source), warn)


def warn_of(source: ImageSource, lost: Iterable[str]) -> None:
    """Warn of what reading lost, where the function that asks for the warnings was called."""
    name = "the array" if isinstance(source, np.ndarray) else shown(source)
    for what in lost:
        warnings.warn(f"{name}: {what}", ConversionWarning, stacklevel=3)


def check_banded(target: PathLike | BinaryIO, format: str | None, n_colors: int) -> str:
    """Name the format to write, refusing one that cannot be written band by band or cannot hold the colors."""
    kind = output_format(target, format)
    if kind not in BANDED_FORMATS:
        raise ImageWriteError(
            f"cannot write {shown(target)}: a picture read band by band becomes a PNG or TIFF, not {kind}; "
            "write .png or .tif"
        )
    if kind == "PNG" and n_colors > 256:
        raise ValueError(f"n_colors must be between 1 and 256 for an indexed PNG, got {n_colors}; write a TIFF instead")
    return kind


def write_bands(
    target: PathLike | BinaryIO,
    kind: str,
    bands: Iterable[UInt8Array],
    shape: tuple[int, int],
    palette: UInt8Array,
    compress_level: int,
    n_threads: int,
) -> None:
    """Write indices that come in bands of rows, as a whole or not at all."""
    if kind == "PNG":
        deliver(encode_indexed_png(bands, shape, palette, compress_level, n_threads), target)
        return
    with replacing(target) if isinstance(target, str | bytes | os.PathLike) else nullcontext(target) as stream:
        if not stream.seekable():
            raise ImageWriteError(f"cannot write {shown(target)}: a TIFF cannot go through a pipe; write a PNG")
        write_tiff(stream, bands, shape, palette, compress_level, n_threads)


def _can_be_read_twice(path: PathLike) -> bool:
    """Tell whether it is a file that exists, no pipe."""
    try:
        return Path(os.fsdecode(path)).is_file()
    except ValueError:
        # a null byte in the name
        return False


def _mapped(path: PathLike, name: str) -> NDArray[Any]:
    """Map the array of a .npy file into memory."""
    try:
        array: NDArray[Any] = np.load(os.fsdecode(path), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ImageReadError(f"cannot read {name}: damaged, or no array of numbers ({said}); save it anew") from error
    return array
