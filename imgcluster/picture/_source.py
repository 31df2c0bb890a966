"""The single entry point for pictures of every kind: files, arrays and PIL images."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ImageReadError, LossWarning
from imgcluster.facts import OF_THE_PIXELS, Loss, losses_text
from imgcluster.files import open_file, shown
from imgcluster.parameters import check_int, plain_array
from imgcluster.picture._animation import Animation
from imgcluster.picture._array_source import ArraySource
from imgcluster.picture._georeference import Georeference
from imgcluster.picture._limits import check_pixels
from imgcluster.picture._mending import undecoded_file_of
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._picture import Picture
from imgcluster.picture._pillow import kind_of
from imgcluster.picture._reading import PillowSource
from imgcluster.picture._streams import NPY, open_stream, reject_camera_raw, rewound
from imgcluster.picture.formats import Format
from imgcluster.threads import check_threads
from imgcluster.types import Background, ImageSource, PathLike, UInt8Array
from imgcluster.warning import warn


class Source(Protocol):
    """A picture that can be read repeatedly, whole or some rows at a time.

    Attributes
    ----------
    name : str
        For messages.
    shape : tuple of int
        Height and width of the first frame, upright.
    n_frames : int
        Frames of an animation, or pages of a TIFF.
    animation : Animation or None
        When its frames are shown; None for a single picture, and for pages.
    metadata : Metadata
        As given by the header of the file.
    format : Format or None
        That of the file, None for a picture in memory.
    """

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def n_frames(self) -> int: ...
    @property
    def animation(self) -> Animation | None: ...
    @property
    def metadata(self) -> Metadata: ...
    @property
    def format(self) -> Format | None: ...

    def read(self, frame: int | None = None, *, background: Background | None = None) -> Picture:
        """Return a frame; `read(background=color)` is `read().on(color)` in one pass.

        None is the first one, with `Loss.FRAMES` if there are more.
        """
        ...

    def values(self, frame: int | None = None, *, raw: bool = False) -> Picture:
        """Return a frame at its full depth: its bands as they are stored, or its 8-bit colors on white unless `raw`."""
        ...

    def value_bands(self, n_rows: int, frame: int | None = None, *, raw: bool = False) -> Iterator[Picture]:
        """Yield the rows of `values` from top to bottom, so many at a time, the last ones fewer.

        Together they are what `values` returns, of the same type and number of channels. Of a TIFF of any bands, tiled
        or not, no more than these rows and those of a tile are in memory, and each tile is decoded once; an array or a
        .npy file gives views of its rows; other files are decoded as a whole.
        """
        ...

    def frames(self, *, background: Background | None = None) -> Iterator[Picture]:
        """Yield the frames of an animation, decoded once; of other pictures the first or only one."""
        ...

    def bands(
        self, n_pixels: int, frame: int | None = None, *, background: Background | None = None
    ) -> Iterator[Picture]:
        """Yield a frame from top to bottom, about `n_pixels` at a time; each band lists what was lost in it."""
        ...

    def close(self) -> None:
        """Close the file if `open_source` opened it."""
        ...

    def __enter__(self) -> Source: ...
    def __exit__(self, *_: object) -> None: ...


def open_source(image: ImageSource, *, raw: bool = False, level: int = 0, n_threads: int | None = None) -> Source:
    """Open a picture of any kind; the same picture gives the same pixels whatever holds it.

    Parameters
    ----------
    image : path, binary file object, PIL.Image.Image, ndarray or array-like
        A file of one of the formats that can be read, or a .npy file; or a picture in memory: a PIL image of any mode,
        or an array of bool, uint8, uint16 or floating point in 0..1 that is gray (H, W) or (H, W, 1), gray and alpha
        (H, W, 2), RGB (H, W, 3) or RGBA (H, W, 4). A file object is read from its start, and to its end when it cannot
        seek; it is not closed.
    raw : bool
        Whether values are wanted as they are stored: arrays of (H, W) or (H, W, C) of any C, and TIFFs of any bands.
    level : int
        Which resolution of a pyramid in a TIFF or SVS file, the largest 0.
    n_threads : int or None
        Threads that decode bands; None uses all processors.

    Returns
    -------
    Source
        A context manager, which closes the file.

    Raises
    ------
    ImageReadError
        When a file is missing, is not a picture or is damaged, or has more pixels than `limits` allow.
    ValueError, TypeError
        When an array has the wrong shape or type, or a file has not so many levels.

    Notes
    -----
    TIFF files, .npy files and arrays are read in bands; other files are decoded as a whole.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.picture import open_source
    >>> with open_source(np.array([[[9, 9, 9, 0], [0, 0, 0, 255]]], np.uint8)) as source:
    ...     picture = source.read()
    >>> picture.alpha
    array([[  0, 255]], dtype=uint8)
    >>> picture.on("white").pixels[0].tolist()
    [[255, 255, 255], [0, 0, 0]]
    """
    check_int("level", level, 0)
    source = _opened(image, raw, level, n_threads)
    try:
        check_pixels(source.name, source.shape)
    except ImageReadError:
        source.close()
        raise
    return source


def _opened(image: ImageSource, raw: bool, level: int, n_threads: int | None) -> Source:
    """Open a picture, whatever holds it."""
    if isinstance(image, str | bytes | os.PathLike):
        return _open_path(image, raw, check_threads(n_threads), level)
    if hasattr(image, "read") and not isinstance(image, np.ndarray | Image.Image):
        return _open_stream(image, raw, check_threads(n_threads), level)
    _check_level(level, "what is in memory")
    if isinstance(image, np.ndarray):
        return ArraySource(plain_array("image", image), raw=raw)
    if isinstance(image, Image.Image):
        return _of_image(image, check_threads(n_threads))
    if hasattr(image, "__array__"):
        return ArraySource(plain_array("image", image), raw=raw)
    raise TypeError(f"image must be a path, a binary file, a PIL image or an array, got {type(image).__name__}")


def read_image(source: ImageSource) -> UInt8Array:
    """Read a picture as upright 8-bit sRGB pixels.

    Parameters
    ----------
    source : path, binary file object, PIL.Image.Image or ndarray
        A PNG, JPEG, WebP, GIF, TIFF, BMP, PNM, AVIF, JPEG 2000, PSD, TGA, ICO or .npy file, or a picture in memory: a
        PIL image of any mode, or an array of shape (H, W), (H, W, 3) or (H, W, 4) that is uint8, uint16 (scaled to 8
        bits) or floating point in 0..1. A file object is read from its start, and to its end when it cannot seek.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8, C-contiguous
        An array that needs no conversion is returned as it is, not copied.

    Raises
    ------
    ImageReadError
        When a file is missing, is not a picture, is damaged, or has more pixels than `limits` allow.
    ValueError, TypeError
        When an array has the wrong shape, values or type.

    Warns
    -----
    ConversionWarning
        When something is lost: transparency (put on white), frames after the first, a profile that cannot be used.

    Notes
    -----
    The EXIF orientation is applied and an embedded ICC profile converted to sRGB (relative colorimetric, with
    black point compensation), and so are the color tags of a PNG. Values deeper than 8 bits are scaled and rounded.

    Examples
    --------
    >>> import numpy as np
    >>> read_image(np.array([[0, 65535]], np.uint16))
    array([[[  0,   0,   0],
            [255, 255, 255]]], dtype=uint8)
    """
    with open_source(source, n_threads=1) as opened:
        picture = opened.read(background="white")
        warn_lost(opened.name, picture.lost)
    return picture.pixels


def read_georeference(source: ImageSource, level: int = 0) -> Georeference | None:
    """Return where a file, or a level of it, lies on the map, if it is a TIFF that says so."""
    with open_source(source, raw=True, level=level) as opened:
        return getattr(opened, "georeference", None)


def warn_lost(name: str, lost: Iterable[Loss]) -> None:
    """Warn once about what the pixels lost when they were read; lost depth and metadata do not count."""
    if losses := (OF_THE_PIXELS - {Loss.DEPTH}).intersection(lost):
        warn(f"{name}: not kept: {losses_text(losses)}", LossWarning)


def _of_image(image: Image.Image, n_threads: int) -> Source:
    """Open a PIL image; one of a file that is not decoded yet is read from there, as the file would be."""
    name = shown(getattr(image, "filename", "") or "<PIL image>")
    stream = undecoded_file_of(image)
    if stream is not None:
        try:
            stream, head = rewound(stream, name)
            source = open_stream(stream, head, name, n_threads, is_ours=True)
        except (ImageReadError, TypeError):
            return PillowSource(image, name)
        if source.shows(image):
            return source
    return PillowSource(image, name)


def _open_path(path: PathLike, raw: bool, n_threads: int, level: int) -> Source:
    """Open a file, and close it again if that fails or its contents have been read already."""
    file, name = open_file(path, shown(path)), shown(path)
    try:
        stream, head = rewound(file, name)
        if head.startswith(NPY):
            _check_level(level, name)
            source: Source = _array_source(os.fsdecode(path) if stream is file else stream, name, raw)
        else:
            source = _of_values(stream, head, name, n_threads, is_ours=True, raw=raw, level=level)
    except BaseException:
        file.close()
        raise
    if stream is not file or head.startswith(NPY):
        file.close()
    return source


def _open_stream(file: BinaryIO, raw: bool, n_threads: int, level: int) -> Source:
    """Open a file object."""
    stream, head = rewound(file, shown(file))
    if head.startswith(NPY):
        _check_level(level, shown(file))
        return _array_source(stream, shown(file), raw)
    return _of_values(stream, head, shown(file), n_threads, is_ours=False, raw=raw, level=level)


def _of_values(
    stream: BinaryIO, head: bytes, name: str, n_threads: int, *, is_ours: bool, raw: bool, level: int
) -> Source:
    """Open a file that begins with `head`: a TIFF for its values as they are stored, at one of its levels."""
    if kind_of(head) == "TIFF" and (raw or level):
        from imgcluster.picture.tiff import RasterSource

        reject_camera_raw(stream, name)
        return RasterSource(stream, head, name, n_threads, level, is_ours=is_ours)
    _check_level(level, name)
    return open_stream(stream, head, name, n_threads, is_ours=is_ours)


def _check_level(level: int, name: str) -> None:
    """Reject levels of what is no pyramid."""
    if level:
        way_out = "pyramids are TIFF or SVS files"
        raise ValueError(f"level must be 0 for {name}, which has no others, got {level}; {way_out}")


def _array_source(file: str | BinaryIO, name: str, raw: bool) -> ArraySource:
    """Open the array of a .npy file, mapped into memory if it has a path."""
    try:
        if isinstance(file, str):
            array: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
        else:
            file.seek(0)
            array = np.load(file, allow_pickle=False)
    except MemoryError as error:
        raise ImageReadError(name, "its header asks for more memory than there is", "save it again") from error
    except Exception as error:
        # its header is text, read by Python's tokenizer and parser: they have classes of their own
        said = " ".join(str(error).split())
        raise ImageReadError(name, f"damaged, or not an array of numbers ({said})", "save it again") from error
    try:
        return ArraySource(array, name, raw=raw)
    except (ValueError, TypeError) as error:
        problem, _, way_out = str(error).partition("; ")
        raise ImageReadError(name, problem, way_out or "save it as (H, W), (H, W, 3) or (H, W, 4)") from error
