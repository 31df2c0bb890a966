"""What a file format can hold, and the input of its encoder."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imgcluster.facts import Loss
from imgcluster.picture._animation import Animation
from imgcluster.picture._metadata import Metadata
from imgcluster.picture.formats._patches import Frame

if TYPE_CHECKING:
    from PIL import Image

Piece: TypeAlias = "bytes | memoryview"

HEAD = 4096
"""The bytes at the start of a file by which its format is recognized."""


@dataclass(frozen=True, eq=False)
class Raster:
    """The input of encoders: rows of gray, RGB or RGBA pixels or of palette indices, whole or from top to bottom.

    Attributes
    ----------
    rows : ndarray of shape (H, W), (H, W, 3) or (H, W, 4), or an iterable of such bands
        uint8, or integers that index the palette.
    shape : tuple of int
        Height and width.
    palette : ndarray of shape (k, 3) or (k, 4), uint8, or None
        The colors of indices; a fourth column is straight alpha, and at least one color is then not opaque.
    metadata : Metadata
        Only what the format keeps.
    keep_order : bool
        Whether the palette must keep its order in the file.
    """

    rows: NDArray[Any] | Iterable[NDArray[Any]]
    shape: tuple[int, int]
    palette: NDArray[np.uint8] | None = None
    metadata: Metadata = field(default_factory=Metadata)
    keep_order: bool = True

    @property
    def in_bands(self) -> bool:
        """Check whether its rows arrive in bands."""
        return not isinstance(self.rows, np.ndarray)

    @property
    def bands(self) -> Iterable[NDArray[Any]]:
        """Return its rows in bands, a single one if they are in memory."""
        return [self.rows] if isinstance(self.rows, np.ndarray) else self.rows

    def pixels(self) -> NDArray[np.uint8]:
        """Return the gray, RGB or RGBA pixels of a whole picture."""
        rows = np.asarray(self.rows)
        return np.ascontiguousarray(rows if self.palette is None else np.take(self.palette, rows, axis=0))

    def image(self) -> Image.Image:
        """Return a whole picture as a PIL image, of mode P for indices of up to 256 opaque colors."""
        from PIL import Image

        if self.palette is None or len(self.palette) > 256 or self.palette.shape[1] == 4:
            return Image.fromarray(self.pixels())
        image = Image.fromarray(np.ascontiguousarray(self.rows, np.uint8))
        image.putpalette(self.palette.tobytes())
        return image

    def rgb_image(self) -> Image.Image:
        """Return a whole picture as a PIL image of mode L, RGB or RGBA."""
        image = self.image()
        return image.convert("RGB") if image.mode == "P" else image


@dataclass(frozen=True)
class Effort:
    """How an encoder works: the zlib level, 0 to 9, the number of threads, and how much to try for size, 0 to 3."""

    compress_level: int = 6
    n_threads: int = 1
    optimize: int = 1


@dataclass(frozen=True, eq=False)
class AnimatedRaster:
    """The input of encoders of animations: whole frames, one by one.

    Attributes
    ----------
    frames : iterable of Frame
    shape : tuple of int
        Height and width.
    animation : Animation
    metadata : Metadata
        Only what the format keeps.
    """

    frames: Iterable[Frame]
    shape: tuple[int, int]
    animation: Animation
    metadata: Metadata = field(default_factory=Metadata)


Write: TypeAlias = Callable[[Raster, Effort], Iterable[Piece]]
WriteFrames: TypeAlias = Callable[[AnimatedRaster, Effort], Iterable[Piece]]
WriteInto: TypeAlias = Callable[[Raster, Effort, BinaryIO], None]


def begins_with(head: bytes, signatures: Iterable[Mapping[int, bytes]]) -> bool:
    """Check whether a file has the bytes of one of some signatures."""
    return any(all(head[at : at + len(part)] == part for at, part in signature.items()) for signature in signatures)


def _rejects_nothing(metadata: Metadata) -> frozenset[Loss]:
    return frozenset()


@dataclass(frozen=True, eq=False)
class Format:
    """What a file format is, and what it can hold.

    Attributes
    ----------
    name : str
        As Pillow names it, such as WEBP.
    title : str
        As people write it, such as WebP.
    endings : tuple of str
        Of file names, lower case, the usual one first.
    signatures : tuple of mapping of int to bytes
        How its files begin: bytes by their offset, for each variant.
    plugin : str
        The module of Pillow that reads and writes it, without "ImagePlugin".
    also_read : tuple of str
        More endings, of files that are read and never written.
    recognizes : callable or None
        Checks the first bytes of a file, where signatures do not suffice.
    extra : str
        The extra of this package that brings its decoder; empty if Pillow has it.
    opener : callable or None
        Imports and returns the class of Pillow that opens it, where it is not one of Pillow's own.
    size_of : callable or None
        Reads height and width of an open file, where opening it decodes all of it.
    largest : callable or None
        Reads height, width and bytes a pixel of the largest picture that opening or decoding an open file takes memory
        for, where that may be larger than Pillow says; None if it shows none.
    sure : bool
        Whether the signature is certain: no text, and no file of another kind, begins like it.
    max_colors : int or None
        Largest palette; None if indices are written as RGB.
    rgb : bool
        Whether it holds pixels without a palette.
    alpha : {"full", "mask", None}
        The transparency that it holds: any, clear pixels only, or none.
    max_side : int or None
        In pixels.
    banded : bool
        Whether it can be written some rows at a time.
    lossy : bool
        Whether the pixels in its files may have lost something.
    for_web : bool
        Whether every browser shows it.
    keeps : frozenset of Loss
        The metadata that is written into it.
    keeps_in_bands : frozenset of Loss or None
        The same for pictures written in bands, if it differs.
    rejects : callable
        Names the parts of a given Metadata that cannot be written although the format keeps their kind.
    write : callable or None
        Encodes a `Raster`; None if the format can only be read.
    write_into : callable or None
        Encodes bands into a seekable file, if that is needed.
    write_frames : callable or None
        Encodes an `AnimatedRaster`; None if the format holds a single picture.
    read_only_because : str
        The reason for messages if `write` is None.
    """

    name: str
    endings: tuple[str, ...]
    signatures: tuple[Mapping[int, bytes], ...]
    plugin: str
    title: str = ""
    also_read: tuple[str, ...] = ()
    recognizes: Callable[[bytes], bool] | None = None
    extra: str = ""
    opener: Callable[[], Any] | None = None
    size_of: Callable[[BinaryIO], tuple[int, int] | None] | None = None
    largest: Callable[[BinaryIO], tuple[int, int, float] | None] | None = None
    sure: bool = True
    max_colors: int | None = None
    rgb: bool = True
    alpha: Literal["full", "mask"] | None = None
    max_side: int | None = None
    banded: bool = False
    lossy: bool = False
    for_web: bool = False
    keeps: frozenset[Loss] = frozenset()
    keeps_in_bands: frozenset[Loss] | None = None
    rejects: Callable[[Metadata], frozenset[Loss]] = _rejects_nothing
    write: Write | None = None
    write_into: WriteInto | None = None
    write_frames: WriteFrames | None = None
    read_only_because: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", self.title or self.name)
        because = self.read_only_because or f"{self.title} is only read; write .png or .tif instead"
        object.__setattr__(self, "read_only_because", because if self.write is None else "")

    @property
    def is_installed(self) -> bool:
        """Check whether its decoder is there."""
        return not self.extra or find_spec(self.plugin) is not None

    @property
    def way_in(self) -> str:
        """The command that brings its decoder."""
        return f"pip install 'imgcluster[{self.extra}]'"

    def begins(self, head: bytes) -> bool:
        """Check whether a file that begins with these bytes is of this format."""
        if self.recognizes is not None and self.recognizes(head):
            return True
        return begins_with(head, self.signatures)

    def not_kept(self, metadata: Metadata, *, in_bands: bool = False) -> frozenset[Loss]:
        """Return the metadata that a file of this format would not hold."""
        keeps = self.keeps_in_bands if in_bands and self.keeps_in_bands is not None else self.keeps
        return (metadata.holds - keeps) | self.rejects(metadata)

    def import_plugin(self) -> None:
        """Import the one Pillow plugin that is needed; by default, Pillow imports all forty for WebP and TIFF."""
        if self.opener is None:
            import_module(f"PIL.{self.plugin}ImagePlugin")

    def open(self, stream: BinaryIO) -> Image.Image:
        """Open a file as Image.open does, but of any size, and without making its plugin known to Pillow."""
        from PIL import Image

        self.import_plugin()
        opened: Image.Image = (Image.OPEN[self.name][0] if self.opener is None else self.opener())(stream, "")
        return opened

    def encode(self, image: Image.Image, **options: Any) -> Iterator[Piece]:
        """Encode an image as Pillow does."""
        self.import_plugin()
        encoded = io.BytesIO()
        image.save(encoded, self.name, **options)
        yield encoded.getbuffer()
