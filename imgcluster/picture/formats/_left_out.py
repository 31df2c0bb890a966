"""Files that are not read: what they are called, how they are recognized, and what to do with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imgcluster.picture.formats._format import begins_with

_COPY = "fetch the picture itself"


@dataclass(frozen=True)
class LeftOut:
    """A kind of file that is not read, a picture or something else that has the name of one.

    Attributes
    ----------
    title : str
        As people write it.
    endings : tuple of str
        Of file names, lower case; none of what is no picture.
    signatures : tuple of mapping of int to bytes
        How its files begin, if that is certain.
    way_out : str
        What to do with such a file.
    recognizes : callable or None
        Checks the first bytes of a file, where signatures do not suffice.
    """

    title: str
    endings: tuple[str, ...]
    signatures: tuple[Mapping[int, bytes], ...]
    way_out: str
    recognizes: Callable[[bytes], bool] | None = None

    def begins(self, head: bytes) -> bool:
        """Check whether a file that begins with these bytes is of this kind."""
        return begins_with(head, self.signatures) or (self.recognizes is not None and self.recognizes(head))


def _begins_as(*marks: bytes) -> Callable[[bytes], bool]:
    """Return a check for text that begins with one of some marks, in any case."""
    return lambda head: _text_of(head).lower().startswith(marks)


def _text_of(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_svg(head: bytes) -> bool:
    return _text_of(head).startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg", b"<svg")) and b"<svg" in head


def _is_jpeg_ls(head: bytes) -> bool:
    """Check for the marker of a frame of JPEG-LS (ITU-T T.87), behind segments of other data."""
    if not head.startswith(b"\xff\xd8"):
        return False
    at = 2
    while head[at : at + 1] == b"\xff" and at + 4 <= len(head):
        marker = head[at + 1]
        if marker == 0xF7 or 0xC0 <= marker <= 0xC3:
            return marker == 0xF7
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return False


def bits_of_fits(head: bytes) -> int | None:
    """Return the bits of a value in a FITS file, below 0 of floating point; None if it is none (FITS 4.0, 4.2)."""
    at = head.find(b"BITPIX  =")
    if not head.startswith(b"SIMPLE  =") or at < 0:
        return None
    found = re.match(rb" *(-?[0-9]+)\b", head[at + 9 : at + 80])
    return None if found is None else int(found[1])


def _is_deep_fits(head: bytes) -> bool:
    return bits_of_fits(head) in (16, 32, 64, -32, -64)


_RAW = (".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".dng", ".orf", ".rw2", ".raf", ".pef")
_MORE_RAW = (".x3f", ".srw", ".3fr", ".fff", ".iiq", ".mrw", ".erf", ".kdc", ".dcr", ".mos", ".mef", ".rwl")
_RAW_SIGNATURES = (
    {0: b"II*\0", 8: b"CR\2\0"},
    {4: b"ftypcrx "},
    {0: b"IIU\0"},
    {0: b"IIRO"},
    {0: b"IIRS"},
    {0: b"MMOR"},
    {0: b"FUJIFILMCCD-RAW"},
    {0: b"FOVb"},
    {0: b"\0MRM"},
    {6: b"HEAPCCDR"},
)
_VIDEO_BRANDS = (
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"qt  ",
    b"M4V ",
    b"3gp",
)
_VIDEO = (
    *({4: b"ftyp" + brand} for brand in _VIDEO_BRANDS),
    {4: b"moov"},
    {0: b"\x1a\x45\xdf\xa3"},
    {0: b"RIFF", 8: b"AVI "},
    {0: b"\0\0\1\xba"},
    {0: b"\0\0\1\xb3"},
    {0: b"FLV\1"},
    {0: b"OggS"},
)

PICTURES = (
    LeftOut("SVG", (".svg", ".svgz"), ({0: b"<svg"},), "draw it first: rsvg-convert a.svg -o a.png", _is_svg),
    LeftOut("PDF", (".pdf",), ({0: b"%PDF-"},), "draw its pages first: pdftoppm -png pages.pdf pages"),
    LeftOut(
        "PostScript",
        (".eps", ".epsf", ".epsi", ".ps", ".ai"),
        ({0: b"%!PS"}, {0: b"\xc5\xd0\xd3\xc6"}),
        "draw it first: gs -dSAFER -sDEVICE=png16m -dEPSCrop -o a.png a.eps",
    ),
    LeftOut(
        "WMF or EMF",
        (".wmf", ".emf"),
        ({0: b"\xd7\xcd\xc6\x9a"}, {0: b"\1\0\0\0", 40: b" EMF"}, {0: b"\1\0\x09\0\0\3"}),
        "draw it first: inkscape a.wmf -o a.png",
    ),
    LeftOut("OpenEXR", (".exr",), ({0: b"v/1\x01"},), "convert it to a TIFF of 16 bits first"),
    LeftOut(
        "Radiance HDR", (".hdr", ".rgbe"), ({0: b"#?RADIANCE"}, {0: b"#?RGBE"}), "convert it to a TIFF of 16 bits first"
    ),
    LeftOut("camera RAW", _RAW + _MORE_RAW, _RAW_SIGNATURES, "develop it first"),
    LeftOut("PSB", (".psb",), ({0: b"8BPS\0\2"},), "save it as PSD or TIFF"),
    LeftOut("XCF", (".xcf",), ({0: b"gimp xcf"},), "export it as PNG"),
    LeftOut("Krita or OpenRaster", (".kra", ".ora"), (), "export it as PNG"),
    LeftOut(
        "JPEG XR", (".jxr", ".wdp", ".hdp"), ({0: b"II\xbc\1"},), "convert it to PNG first: JxrDecApp -i a.jxr -o a.png"
    ),
    LeftOut("JPEG-LS", (".jls",), (), "convert it to PNG first: ffmpeg -i a.jls a.png", _is_jpeg_ls),
    LeftOut("PAM", (".pam",), ({0: b"P7\n"},), "convert it first: pamtopng a.pam > a.png"),
    LeftOut("color PFM", (), ({0: b"PF\n"}, {0: b"PF "}), "convert it to a TIFF of floating point first"),
    LeftOut("DjVu", (".djvu", ".djv"), ({0: b"AT&TFORM"},), "convert it first: ddjvu -format=tiff a.djvu a.tif"),
    LeftOut("BPG", (".bpg",), ({0: b"BPG\xfb"},), "convert it first: bpgdec -o a.png a.bpg"),
    LeftOut("FLIF", (".flif",), ({0: b"FLIF"},), "convert it first: flif -d a.flif a.png"),
    LeftOut("DICOM", (".dcm",), ({128: b"DICM"},), "convert it to a TIFF of 16 bits first"),
    LeftOut(
        "FITS of more than 8 bits",
        (),
        (),
        "save its values as .npy, of 0 to 1 or of 16 bits",
        _is_deep_fits,
    ),
    LeftOut("HDF5, GRIB or BUFR", (), ({0: b"\x89HDF\r\n"}, {0: b"GRIB"}, {0: b"BUFR"}), "save its values as .npy"),
)
"""Pictures that are not read."""

_NO_PICTURES = (
    LeftOut(
        "a web page (HTML)", (), (), _COPY, _begins_as(b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
    ),
    LeftOut("XML", (), (), _COPY, _begins_as(b"<?xml")),
    LeftOut("a pointer of Git LFS", (), ({0: b"version https://git-lfs"},), "fetch the file itself: git lfs pull"),
    LeftOut("a picture as text (a data: URL)", (), ({0: b"data:image/"},), "decode it: cut -d, -f2 a.txt | base64 -d"),
    LeftOut("the extra data of macOS about a file (AppleDouble)", (), ({0: b"\0\5\x16\7"},), "take the file itself"),
    LeftOut("a video", (), _VIDEO, "take its frames first: ffmpeg -i a.mp4 frames/%04d.png"),
    LeftOut("a ZIP archive, or a document in one", (), ({0: b"PK\3\4"}, {0: b"PK\5\6"}), "unpack it first"),
    LeftOut(
        "a compressed file or archive",
        (),
        (
            {0: b"\x1f\x8b"},
            {0: b"BZh"},
            {0: b"\xfd7zXZ\0"},
            {0: b"\x28\xb5\x2f\xfd"},
            {0: b"7z\xbc\xaf\x27\x1c"},
            {0: b"Rar!\x1a"},
            {257: b"ustar"},
        ),
        "unpack it first",
    ),
    LeftOut("an Office document", (), ({0: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},), "save its pictures first"),
    LeftOut("a program", (), ({0: b"\x7fELF"}, {0: b"MZ\x90\0"}, {0: b"#!/"}), "name a picture"),
)

LEFT_OUT = (*PICTURES, *_NO_PICTURES)
"""Every such kind."""

_BY_ENDING = {ending: format for format in LEFT_OUT for ending in format.endings}


def left_out_by_ending(ending: str) -> LeftOut | None:
    """Return the format of an ending with its dot, in any case, if it is one that is not read."""
    return _BY_ENDING.get(ending.lower())


def left_out_by_head(head: bytes) -> LeftOut | None:
    """Return the kind of a file by its first bytes, if it is one that is not read."""
    return next((format for format in LEFT_OUT if format.begins(head)), None)
