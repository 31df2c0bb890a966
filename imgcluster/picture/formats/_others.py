"""Formats that Pillow decodes by itself and that are read only, by what their files begin with."""

from __future__ import annotations

import struct

from imgcluster.picture.formats._embedded import largest_of_icns, largest_of_icon
from imgcluster.picture.formats._format import Format
from imgcluster.picture.formats._left_out import bits_of_fits

_DIB_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_PCX_VERSIONS, _PCX_BITS = (0, 2, 3, 4, 5), (1, 2, 4, 8)
_BRUSH_1, _BRUSH_2 = {0: b"\0\0\0", 4: b"\0\0\0\1\0\0"}, {0: b"\0\0\0", 20: b"GIMP"}
_SPIDER_WORDS = 27
_SPIDER_KINDS = (1, 3, -11, -12, -21, -22)


def _is_spider(head: bytes) -> bool:
    """Check the header of a SPIDER file, floats of either byte order that are whole where they count something."""
    if len(head) < 4 * _SPIDER_WORDS:
        return False
    return any(_is_spider_header(struct.unpack_from(f"{order}{_SPIDER_WORDS}f", head)) for order in "<>")


def _is_spider_header(words: tuple[float, ...]) -> bool:
    n_slices, n_rows, kind, n_columns = words[0], words[1], words[4], words[11]
    n_records, n_bytes, a_record = words[12], words[21], words[22]
    counts = (n_slices, n_rows, n_columns, n_records, n_bytes, a_record)
    if not all(value.is_integer() and 0 < value < 1 << 24 for value in counts):
        return False
    return kind in _SPIDER_KINDS and n_bytes == n_records * a_record


def _is_fits_of_8_bits(head: bytes) -> bool:
    """Check the header of a FITS file; Pillow takes values of 16 bits for another byte order, and no sign."""
    return bits_of_fits(head) == 8


def _is_xbm(head: bytes) -> bool:
    return head.lstrip().startswith(b"#define") and b"_width" in head[:512]


def _is_imt(head: bytes) -> bool:
    """Check the header of an IM Tools file: lines of text with the size, up to a form feed."""
    lines = head[:256].partition(b"\f")[0].split(b"\n")
    return b"\f" in head[:256] and {b"width", b"height"} <= {line.split(b" ")[0] for line in lines}


OTHERS = (
    Format("DDS", (".dds",), ({0: b"DDS "},), "Dds"),
    Format("SGI", (".sgi", ".rgb", ".rgba", ".bw"), tuple({0: b"\x01\xda%c" % packed} for packed in (0, 1)), "Sgi"),
    Format("QOI", (".qoi",), ({0: b"qoif"},), "Qoi"),
    Format("CUR", (".cur",), ({0: b"\0\0\2\0"},), "Cur", largest=largest_of_icon, sure=False),
    Format("ICNS", (".icns",), ({0: b"icns"},), "Icns", largest=largest_of_icns),
    Format(
        "DIB", (".dib",), tuple({0: struct.pack("<I", n)} for n in _DIB_HEADERS), "Bmp", sure=False, title="BMP (DIB)"
    ),
    Format(
        "PCX",
        (".pcx",),
        tuple({0: b"\n%c" % version, 3: b"%c" % bits} for version in _PCX_VERSIONS for bits in _PCX_BITS),
        "Pcx",
        sure=False,
    ),
    Format("DCX", (".dcx",), ({0: b"\xb1\x68\xde\x3a"},), "Dcx"),
    Format("SUN", (".ras", ".sun", ".im1", ".im8", ".im24", ".im32"), ({0: b"\x59\xa6\x6a\x95"},), "Sun", "Sun raster"),
    Format("XBM", (".xbm",), (), "Xbm", recognizes=_is_xbm, sure=False),
    Format("XPM", (".xpm",), ({0: b"/* XPM */"},), "Xpm"),
    Format("MSP", (".msp",), ({0: b"DanM"}, {0: b"LinS"}), "Msp"),
    Format("BLP", (".blp",), ({0: b"BLP1"}, {0: b"BLP2"}), "Blp"),
    Format("FTEX", (".ftc", ".ftu"), ({0: b"FTEX"},), "Ftex"),
    Format("FLI", (".fli", ".flc"), ({4: b"\x11\xaf"}, {4: b"\x12\xaf"}), "Fli", "FLI or FLC", sure=False),
    Format("FITS", (".fits", ".fit", ".fts"), (), "Fits", recognizes=_is_fits_of_8_bits),
    Format("IM", (".im",), ({0: b"Image type: "}, {0: b"Name: ", 511: b"\x1a"}), "Im"),
    Format("IMT", (".imt",), (), "Imt", recognizes=_is_imt, sure=False),
    Format("PIXAR", (".pxr",), ({0: b"\200\350\0\0"},), "Pixar", "Pixar raster"),
    Format("PCD", (".pcd",), ({2048: b"PCD_"},), "Pcd", "Photo CD"),
    Format("GBR", (".gbr",), (_BRUSH_1, _BRUSH_2), "Gbr", "GIMP brush", sure=False),
    Format("MCIDAS", (), ({0: b"\0\0\0\0\0\0\0\4"},), "McIdas", "McIDAS area"),
    Format("XVTHUMB", (), ({0: b"P7 332"},), "XVThumb", "XV thumbnail"),
    Format("SPIDER", (".spi", ".spider"), (), "Spider", recognizes=_is_spider, sure=False),
)
"""Every such format; those that are not sure come after all that are."""
