"""Pictures that are not read: what they are called, how they are recognized, and what to do with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOut:
    """A file format of pictures that is not read.

    Attributes
    ----------
    title : str
        As people write it.
    endings : tuple of str
        Of file names, lower case.
    signatures : tuple of mapping of int to bytes
        How its files begin, if that is certain.
    way_out : str
        What to do with such a file.
    """

    title: str
    endings: tuple[str, ...]
    signatures: tuple[Mapping[int, bytes], ...]
    way_out: str


_HEIF = tuple({4: b"ftyp" + brand} for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"))

LEFT_OUT = (
    LeftOut("HEIC", (".heic", ".heif", ".hif"), _HEIF, "convert it first: heif-convert photo.heic photo.png"),
    LeftOut(
        "JPEG XL",
        (".jxl",),
        ({0: b"\xff\x0a"}, {0: b"\0\0\0\x0cJXL \r\n\x87\n"}),
        "convert it first: djxl photo.jxl photo.png",
    ),
    LeftOut("SVG", (".svg", ".svgz"), ({0: b"<svg"},), "draw it first: rsvg-convert drawing.svg -o drawing.png"),
    LeftOut("PDF", (".pdf",), ({0: b"%PDF-"},), "draw its pages first: pdftoppm -png pages.pdf pages"),
    LeftOut("OpenEXR", (".exr",), ({0: b"v/1\x01"},), "convert it to a TIFF of 16 bits first"),
    LeftOut("camera RAW", (".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf"), (), "develop it first"),
)
"""Every such format."""

_BY_ENDING = {ending: format for format in LEFT_OUT for ending in format.endings}


def left_out_by_ending(ending: str) -> LeftOut | None:
    """Return the format of an ending with its dot, in any case, if it is one that is not read."""
    return _BY_ENDING.get(ending.lower())


def left_out_by_head(head: bytes) -> LeftOut | None:
    """Return the format of a file by its first 16 bytes, if it is one that is not read."""
    for format in LEFT_OUT:
        for signature in format.signatures:
            if all(head[at : at + len(part)] == part for at, part in signature.items()):
                return format
    return None
