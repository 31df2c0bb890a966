"""What a picture carries besides its pixels, and how that stays correct when the pixels are turned upright.

The pixels of this package are upright sRGB, and so is what is written with them:

- EXIF and XMP declare orientation 1, and EXIF the color space sRGB. The thumbnail in EXIF is dropped: it shows the
  picture as it was.
- A color profile was applied when the picture was read (`Loss.PROFILE` if it could not be) and is not copied:
  it would be wrong for the new pixels. A PNG of a picture with one declares sRGB in a chunk of 13 bytes. Elsewhere
  nothing is written, because an unmarked picture is read as sRGB.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from imgcluster.facts import Loss
from imgcluster.picture._exif import EXIF_HEADER, is_exif, upright_exif

_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:\s*=\s*[\"']|>)\s*)[1-8]")
_IPTC = 0x0404  # of Photoshop's blocks

_EXIF_POINTER, _GPS_POINTER = 0x8769, 0x8825
_CAMERA_TAGS = (271, 272, 305, 306, 315, 33432)  # make, model, software, date, artist, copyright
TIFF_TEXT = {270: "Description", 305: "Software", 315: "Author", 33432: "Copyright"}

_NOT_TEXT = ("compression", "version", "XML:com.adobe.xmp")
_PROFILE_TEXT = re.compile(r"Raw profile type (?:exif|APP1|icm|icc|xmp|iptc|8bim)")


@dataclass(frozen=True)
class Metadata:
    """What a picture carries besides its pixels.

    Attributes
    ----------
    exif : bytes or None
        An EXIF block that begins with its byte order (II or MM).
    icc : bytes or None
        The ICC profile that the picture came with. Pixels that were read are sRGB already.
    xmp : bytes or None
        An XMP packet.
    iptc : bytes or None
        IPTC records, which are not written to any format here.
    dpi : tuple of float or None
        Pixels per inch, across and down.
    text : tuple of (str, str)
        Comments and the like, by PNG keywords (Title, Author, Description, Comment).

    Examples
    --------
    >>> from imgcluster.facts import losses_text
    >>> from imgcluster.picture import Metadata
    >>> losses_text(Metadata(dpi=(300, 300), text=(("Title", "Harbor"),)).holds)
    'resolution (DPI), text'
    """

    exif: bytes | None = None
    icc: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    dpi: tuple[float, float] | None = None
    text: tuple[tuple[str, str], ...] = ()

    @property
    def holds(self) -> frozenset[Loss]:
        """What a format without metadata would lose; a color profile is in the pixels already."""
        return frozenset(loss for loss, name in _FIELDS.items() if getattr(self, name) and loss is not Loss.ICC)

    def without(self, losses: Collection[Loss]) -> Metadata:
        """Return the metadata without some kinds of it."""
        fields: dict[str, Any] = {_FIELDS[loss]: () if loss is Loss.TEXT else None for loss in losses}
        return replace(self, **fields)

    def upright(self) -> Metadata:
        """Return the metadata of the same picture with its pixels turned upright and converted to sRGB."""
        exif = None if self.exif is None else upright_exif(self.exif)
        xmp = None if self.xmp is None else _XMP_ORIENTATION.sub(rb"\g<1>1", self.xmp)
        return replace(self, exif=exif, xmp=xmp)


_FIELDS = {
    Loss.EXIF: "exif",
    Loss.ICC: "icc",
    Loss.XMP: "xmp",
    Loss.IPTC: "iptc",
    Loss.DPI: "dpi",
    Loss.TEXT: "text",
}


def metadata_of(image: Image.Image) -> Metadata:
    """Return what a PIL image carries, as it is in the file; damaged parts are left out."""
    info: Mapping[Any, Any] = image.info
    return Metadata(
        exif=_exif_of(image),
        icc=_bytes_or_none(info.get("icc_profile")),
        xmp=_bytes_or_none(info.get("xmp") or info.get("XML:com.adobe.xmp")),
        iptc=_iptc_of(image),
        dpi=_dpi_of(info),
        text=tuple(_text_of(image)),
    )


def _exif_of(image: Image.Image) -> bytes | None:
    """Return an EXIF block; that of a TIFF is assembled from its tags."""
    exif = image.info.get("exif")
    if exif is None and (hasattr(image, "tag_v2") or "Raw profile type exif" in image.info):
        exif = _exif_of_tags(image)
    if not isinstance(exif, bytes):
        return None
    exif = exif.removeprefix(EXIF_HEADER)
    return exif if is_exif(exif) else None


def _exif_of_tags(image: Image.Image) -> bytes | None:
    """Make an EXIF block from the tags that Pillow found if they describe a camera or a place."""
    try:
        found = Image.Image.getexif(image)  # that of PNG files decodes the whole picture first
        directories = {pointer: found.get_ifd(pointer) for pointer in (_EXIF_POINTER, _GPS_POINTER)}
        if not any(directories.values()):
            return None
        exif = Image.Exif()
        for tag in _CAMERA_TAGS:
            if tag in found:
                exif[tag] = found[tag]
        for pointer, directory in directories.items():
            exif.get_ifd(pointer).update(directory)
        return exif.tobytes()
    except Exception:
        # as many classes as a broken block has bytes
        return None


def _iptc_of(image: Image.Image) -> bytes | None:
    """Return IPTC records of a JPEG or TIFF."""
    blocks = image.info.get("photoshop")
    if isinstance(blocks, Mapping):
        return _bytes_or_none(blocks.get(_IPTC))
    return _bytes_or_none(getattr(image, "tag_v2", {}).get(33723))


def _dpi_of(info: Mapping[Any, Any]) -> tuple[float, float] | None:
    """Return the resolution where it makes sense."""
    try:
        x, y = (float(value) for value in info.get("dpi", (0, 0)))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if "jfif_density" not in info and "exif" in info and (x, y) == (72, 72):
        return None  # Pillow's guess for a JPEG without a resolution
    if (x, y) == (1, 1):
        return None  # the default of a TIFF, which means nothing
    return (x, y) if 0 < x < math.inf and 0 < y < math.inf else None


def _text_of(image: Image.Image) -> Iterator[tuple[str, str]]:
    """Yield comments and other text by keywords."""
    for key, value in image.info.items():
        if key == "comment" and isinstance(value, bytes | str):
            yield "Comment", _decoded(value)
        elif isinstance(value, str) and key not in _NOT_TEXT and not _PROFILE_TEXT.match(str(key)):
            yield str(key), str(value)
    tags = getattr(image, "tag_v2", {})
    for tag, keyword in TIFF_TEXT.items():
        value = tags.get(tag)
        if isinstance(value, bytes | str) and value:
            yield keyword, _decoded(value)


def _decoded(value: bytes | str) -> str:
    """Decode text of a file that does not declare its encoding."""
    if isinstance(value, str):
        try:
            # Pillow takes the text of a TIFF for Latin-1
            return value.encode("latin-1").decode()
        except UnicodeError:
            return value
    try:
        return value.decode().rstrip("\0")
    except UnicodeDecodeError:
        return value.decode("latin-1").rstrip("\0")


def _bytes_or_none(value: object) -> bytes | None:
    """Return a value as bytes; Pillow has text or tuples for some."""
    if isinstance(value, str):
        return value.encode() or None
    if isinstance(value, tuple) and value and isinstance(value[0], bytes):
        value = value[0]
    return value or None if isinstance(value, bytes) else None
