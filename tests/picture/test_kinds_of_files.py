"""Every kind of file by its ending and its first bytes, as its own specification has them, read or not."""

import struct
from itertools import product

import pytest

from imgcluster.picture import FORMATS, HEAD, format_of_ending, format_of_head
from imgcluster.picture.formats import left_out_by_ending, left_out_by_head
from imgcluster.picture.formats._others import OTHERS

ENDINGS_LEFT_OUT = {
    "SVG": "svg svgz",
    "PDF": "pdf",
    "PostScript": "eps epsf epsi ps ai",
    "WMF or EMF": "wmf emf",
    "OpenEXR": "exr",
    "Radiance HDR": "hdr rgbe",
    "camera RAW": "cr2 cr3 crw nef nrw arw srf sr2 dng orf rw2 raf pef x3f srw 3fr fff iiq mrw erf kdc dcr mos mef rwl",
    "PSB": "psb",
    "XCF": "xcf",
    "Krita or OpenRaster": "kra ora",
    "JPEG XR": "jxr wdp hdp",
    "PAM": "pam",
    "DjVu": "djvu djv",
    "BPG": "bpg",
    "FLIF": "flif",
    "DICOM": "dcm",
}
HEADS_LEFT_OUT = [
    ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'>"),
    ("SVG", b'\xef\xbb\xbf\n <?xml version="1.0"?><svg>'),
    ("SVG", b"<!-- drawn by hand --><svg>"),
    ("SVG", b"<!DOCTYPE svg PUBLIC><svg>"),
    ("PDF", b"%PDF-1.7\n"),
    ("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0"),
    ("PostScript", b"\xc5\xd0\xd3\xc6\x20\0\0\0"),
    ("WMF or EMF", b"\xd7\xcd\xc6\x9a\0\0"),
    ("WMF or EMF", b"\1\0\0\0\x6c\0\0\0".ljust(40, b"\0") + b" EMF\0\0\1\0"),
    ("WMF or EMF", b"\1\0\x09\0\0\3\x12\0"),
    ("OpenEXR", b"v/1\1\2\0\0\0"),
    ("Radiance HDR", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe"),
    ("Radiance HDR", b"#?RGBE\n"),
    ("camera RAW", b"II*\0\x10\0\0\0CR\2\0"),
    ("camera RAW", b"\0\0\0\x18ftypcrx \0\0\0\1"),
    ("camera RAW", b"IIU\0\x18\0\0\0"),
    ("camera RAW", b"IIRO\x08\0\0\0"),
    ("camera RAW", b"IIRS\x08\0\0\0"),
    ("camera RAW", b"MMOR\0\0\0\x08"),
    ("camera RAW", b"FUJIFILMCCD-RAW 0201"),
    ("camera RAW", b"FOVb\0\0\2\0"),
    ("camera RAW", b"\0MRM\0\0"),
    ("camera RAW", b"II\x1a\0\0\0HEAPCCDR"),
    ("PSB", b"8BPS\0\2"),
    ("XCF", b"gimp xcf v011\0"),
    ("JPEG XR", b"II\xbc\1\x08\0\0\0"),
    ("PAM", b"P7\nWIDTH 2\n"),
    ("color PFM", b"PF\n2 2\n-1.0\n"),
    ("color PFM", b"PF 2 2 -1.0\n"),
    ("DjVu", b"AT&TFORM\0\0\0\0DJVU"),
    ("BPG", b"BPG\xfb\x20\0"),
    ("FLIF", b"FLIF\x31\x31"),
    ("DICOM", bytes(128) + b"DICM"),
    ("HDF5, GRIB or BUFR", b"\x89HDF\r\n\x1a\n"),
    ("HDF5, GRIB or BUFR", b"GRIB\0\0\0\2"),
    ("HDF5, GRIB or BUFR", b"BUFR\0\0\0\4"),
    ("a web page (HTML)", b" \n<!DOCTYPE HTML>"),
    ("a web page (HTML)", b"<html lang='en'>"),
    ("a web page (HTML)", b"<HEAD>"),
    ("a web page (HTML)", b"<body>"),
    ("a web page (HTML)", b"<script>"),
    ("XML", b"<?xml version='1.0'?><kml>"),
    ("a pointer of Git LFS", b"version https://git-lfs.github.com/spec/v1\n"),
    ("a picture as text (a data: URL)", b"data:image/png;base64,iVBORw0"),
    ("the extra data of macOS about a file (AppleDouble)", b"\0\5\x16\7\0\2\0\0"),
    *(
        ("a video", b"\0\0\0\x20ftyp" + brand)
        for brand in (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V ", b"3gp4")
    ),
    ("a video", b"\0\0\1\0moov"),
    ("a video", b"\x1a\x45\xdf\xa3\1\0"),
    ("a video", b"RIFF\0\0\1\0AVI LIST"),
    ("a video", b"\0\0\1\xba\x44"),
    ("a video", b"\0\0\1\xb3\x14"),
    ("a video", b"FLV\1\5"),
    ("a video", b"OggS\0\2"),
    ("a ZIP archive, or a document in one", b"PK\3\4\x14\0"),
    ("a ZIP archive, or a document in one", b"PK\5\6\0\0"),
    ("a compressed file or archive", b"\x1f\x8b\x08\0"),
    ("a compressed file or archive", b"BZh9"),
    ("a compressed file or archive", b"\xfd7zXZ\0\0\4"),
    ("a compressed file or archive", b"\x28\xb5\x2f\xfd\4"),
    ("a compressed file or archive", b"7z\xbc\xaf\x27\x1c\0\4"),
    ("a compressed file or archive", b"Rar!\x1a\7\1\0"),
    ("a compressed file or archive", b"a.png".ljust(257, b"\0") + b"ustar\0"),
    ("an Office document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("a program", b"\x7fELF\2\1"),
    ("a program", b"MZ\x90\0\3"),
    ("a program", b"#!/bin/sh"),
]
ENDINGS_READ = {
    "DDS": "dds", "SGI": "sgi rgb rgba bw", "QOI": "qoi", "CUR": "cur", "ICNS": "icns", "DIB": "dib", "PCX": "pcx",
    "DCX": "dcx", "SUN": "ras sun im1 im8 im24 im32", "XBM": "xbm", "XPM": "xpm", "MSP": "msp", "BLP": "blp",
    "FTEX": "ftc ftu", "FLI": "fli flc", "FITS": "fits fit fts", "IM": "im", "IMT": "imt", "PIXAR": "pxr", "PCD": "pcd",
    "GBR": "gbr", "MCIDAS": "", "XVTHUMB": "", "SPIDER": "spi spider", "TGA": "tga icb vda vst",
}  # fmt: skip


def spider(order: str, **changed: float) -> bytes:
    """Return the header of a SPIDER file of 4 by 6 floats; words are counted from 1, as its description does."""
    words = {1: 1.0, 2: 6.0, 5: 1.0, 12: 4.0, 13: 64.0, 22: 1024.0, 23: 16.0}
    words |= {int(name[1:]): value for name, value in changed.items()}
    return struct.pack(f"{order}27f", *(words.get(number, 0.0) for number in range(1, 28)))


HEADS_READ = [
    ("DDS", b"DDS \x7c\0\0\0"),
    ("SGI", b"\x01\xda\0\1"),
    ("SGI", b"\x01\xda\1\1"),
    ("QOI", b"qoif\0\0\0\2"),
    ("CUR", b"\0\0\2\0\1\0"),
    ("ICNS", b"icns\0\0\1\0"),
    *(("DIB", struct.pack("<I", size) + b"\2\0\0\0\2\0\0\0\1\0\x18\0") for size in (12, 40, 52, 56, 64, 108, 124)),
    *(("PCX", bytes([10, version, 1, bits])) for version, bits in product((0, 2, 3, 4, 5), (1, 2, 4, 8))),
    ("DCX", struct.pack("<I", 987654321)),
    ("SUN", struct.pack(">I", 0x59A66A95)),
    ("XBM", b"\n#define a_width 3\n#define a_height 2\n"),
    ("XPM", b"/* XPM */\nstatic char"),
    ("MSP", b"DanM\2\0"),
    ("MSP", b"LinS\2\0"),
    ("BLP", b"BLP1\0\0"),
    ("BLP", b"BLP2\1\0"),
    ("FTEX", b"FTEX\0\0"),
    ("FLI", b"\0\1\0\0\x11\xaf\1\0"),
    ("FLI", b"\0\1\0\0\x12\xaf\1\0"),
    ("FITS", b"SIMPLE  =                    T".ljust(80) + b"BITPIX  =                    8"),
    ("IM", b"Image type: Greyscale image\r\n"),
    ("IM", b"Name: a.im\r\n".ljust(511, b"\0") + b"\x1a"),
    ("IMT", b"*a comment\nwidth 2\nheight 1\npixel n8\n\x0c"),
    ("PIXAR", b"\200\350\0\0"),
    ("PCD", bytes(2048) + b"PCD_IPI"),
    ("GBR", struct.pack(">6I", 20, 1, 3, 2, 1, 0)),
    ("GBR", struct.pack(">5I4sI", 28, 2, 3, 2, 1, b"GIMP", 10)),
    ("MCIDAS", b"\0\0\0\0\0\0\0\4"),
    ("XVTHUMB", b"P7 332\n"),
    ("SPIDER", spider("<")),
    ("SPIDER", spider(">")),
]  # fmt: skip


@pytest.mark.parametrize(("title", "endings"), ENDINGS_LEFT_OUT.items())
def test_endings_of_what_is_not_read(title: str, endings: str) -> None:
    for ending in endings.split():
        for spelled in (f".{ending}", f".{ending.upper()}"):
            found = left_out_by_ending(spelled)
            assert found is not None
            assert found.title == title


@pytest.mark.parametrize(("title", "head"), HEADS_LEFT_OUT)
def test_first_bytes_of_what_is_not_read(title: str, head: bytes) -> None:
    found = left_out_by_head(head.ljust(512, b"\0"))
    assert found is not None
    assert found.title == title
    assert format_of_head(head.ljust(512, b"\0")) is None or not format_of_head(head.ljust(512, b"\0")).sure


@pytest.mark.parametrize("head", [b"svg", b"plain text <svg>", b"a<html>", b"<!-- no drawing -->"])
def test_other_text_is_of_no_kind(head: bytes) -> None:
    assert left_out_by_head(head) is None


def test_endings_of_what_is_only_read() -> None:
    found = {format.name: format.endings + format.also_read for format in (*OTHERS, FORMATS["TGA"])}
    assert found == {name: tuple(f".{ending}" for ending in endings.split()) for name, endings in ENDINGS_READ.items()}
    for name, endings in ENDINGS_READ.items():
        written = FORMATS[name].endings
        assert all((format_of_ending(one) is FORMATS[name]) == (f".{one}" in written) for one in endings.split())


@pytest.mark.parametrize(("name", "head"), HEADS_READ)
def test_first_bytes_of_what_is_only_read(name: str, head: bytes) -> None:
    found = format_of_head(head.ljust(HEAD, b"\0"))
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "changed",
    [
        {"_2": 0},
        {"_2": 2.5},
        {"_2": 1 << 24},
        {"_5": 2},
        {"_12": -4},
        {"_13": 65},
        {"_22": 1000},
        {"_23": 0},
        {"_1": 0},
    ],
)
def test_a_header_of_spider_makes_sense(changed: dict[str, float]) -> None:
    for order in "<>":
        assert format_of_head(spider(order, **changed)) is None
        assert format_of_head(spider(order)[:-1]) is None


@pytest.mark.parametrize("kind", [1, 3, -11, -12, -21, -22])
def test_kinds_of_spider(kind: float) -> None:
    assert format_of_head(spider("<", _5=kind)) is FORMATS["SPIDER"]


@pytest.mark.parametrize(
    "head",
    [
        b"SIMPLE  =                    T".ljust(80) + b"BITPIX  =                   16",
        b"#define a_height 3\n".ljust(600) + b"#define a_width 3\n",
        b"width 2\npixel n8\n\x0c",
        b"width 2\nheight 1\n",
        b"width 2\nheight 1\n".ljust(256) + b"\x0c",
        b"\n\1\1\x08",
        b"\n\5\1\3",
    ],
)
def test_what_only_begins_alike(head: bytes) -> None:
    assert format_of_head(head) is None


def tga(kind: int, depth: int, *, has_map: int = 0, map_depth: int = 0, size: tuple[int, int] = (3, 2)) -> bytes:
    return struct.pack("<BBBHHBHHHHBB", 4, has_map, kind, 0, 2 * has_map, map_depth, 0, 0, *size, depth, 0)


TGA_KINDS = [*product((2, 3, 10, 11), (1, 8, 15, 16, 24, 32), (0,)), *product((1, 9), (8,), (0,))]
TGA_MAPPED = [*product((1, 9, 2, 3, 10, 11), (8, 16), (15, 16, 24, 32))]


@pytest.mark.parametrize(("kind", "depth", "map_depth"), [*TGA_KINDS, *TGA_MAPPED])
def test_headers_of_tga(kind: int, depth: int, map_depth: int) -> None:
    head = tga(kind, depth, has_map=int(map_depth > 0), map_depth=map_depth)
    assert format_of_head(head) is FORMATS["TGA"]


@pytest.mark.parametrize(
    "head",
    [
        *(tga(kind, 24) for kind in (0, 4, 8, 12, 32)),
        *(tga(2, depth) for depth in (0, 2, 4, 7, 9, 17, 48)),
        *(tga(1, 8, has_map=1, map_depth=depth) for depth in (0, 8, 14, 17, 48)),
        tga(1, 8, has_map=2, map_depth=24),
        tga(1, 16),
        tga(9, 24),
        tga(2, 24, size=(0, 2)),
        tga(2, 24, size=(3, 0)),
        tga(2, 24)[:17],
    ],
)
def test_headers_without_a_meaning_are_no_tga(head: bytes) -> None:
    assert format_of_head(head) is not FORMATS["TGA"]
