"""Odd and broken files of every format that is read, made from small sound ones: always the same."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image, features

from imgcluster.picture import FORMATS

WIDTH, HEIGHT = 24, 20
_N_CUTS, _N_FLIPS = 9, 8
_ABSURD = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def _pixels() -> Image.Image:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    noise = np.random.default_rng(1).integers(0, 40, (HEIGHT, WIDTH, 3))
    return Image.fromarray((np.dstack([rows * 9, columns * 8, rows + columns]) + noise).clip(0, 255).astype(np.uint8))


def _saved(format: str, mode: str = "RGB", **options: Any) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a format that Pillow will drop
        _pixels().convert(mode).save(stream, format, **options)
    return stream.getvalue()


def _moving(format: str, **options: Any) -> bytes:
    first = _pixels()
    others = [first.transpose(turn) for turn in (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180)]
    stream = io.BytesIO()
    first.save(stream, format, save_all=True, append_images=others, duration=50, **options)
    return stream.getvalue()


def _psd() -> bytes:
    pixels = np.asarray(_pixels()).transpose(2, 0, 1)
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, HEIGHT, WIDTH, 8, 3)
    return head + bytes(12) + struct.pack(">H", 0) + pixels.tobytes()


def _npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(_pixels()))
    return stream.getvalue()


def _qoi() -> bytes:
    """Return a QOI of whole pixels alone."""
    pixels = b"".join(b"\xfe" + bytes(pixel) for pixel in np.asarray(_pixels()).reshape(-1, 3).tolist())
    return struct.pack(">4sIIBB", b"qoif", WIDTH, HEIGHT, 3, 0) + pixels + bytes(7) + b"\1"


def _cur() -> bytes:
    """Return a cursor: an icon of another type."""
    return b"\0\0\2\0" + _saved("ICO", "RGBA", sizes=[(16, 16)], bitmap_format="bmp")[4:]


def _icns() -> bytes:
    """Return an icon of one size."""
    stream = io.BytesIO()
    _pixels().resize((128, 128)).save(stream, "PNG")
    data = stream.getvalue()
    return b"icns" + struct.pack(">I4sI", 16 + len(data), b"ic07", 8 + len(data)) + data


def _sun() -> bytes:
    pixels = np.asarray(_pixels())[..., ::-1].tobytes()
    return struct.pack(">8I", 0x59A66A95, WIDTH, HEIGHT, 24, len(pixels), 1, 0, 0) + pixels


def _xpm() -> bytes:
    rows = ["".join("ab"[(x + y) % 2] for x in range(WIDTH)) for y in range(HEIGHT)]
    lines = [f"{WIDTH} {HEIGHT} 2 1", "a c #102030", "b c #f0e0d0", *rows]
    return b"/* XPM */\nstatic char *a[] = {\n" + ",\n".join(f'"{line}"' for line in lines).encode() + b"\n};\n"


def sound() -> dict[str, bytes]:
    """Return sound files by their names, of every format that can be made here."""
    found = {
        "rgb.png": _saved("PNG"),
        "palette.png": _saved("PNG", "P", optimize=True),
        "bits.png": _saved("PNG", "1"),
        "deep.png": _deep_png(),
        "moving.png": _moving("PNG"),
        "base.jpg": _saved("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"),
        "progressive.jpg": _saved("JPEG", progressive=True),
        "restarts.jpg": _saved("JPEG", restart_marker_blocks=1),
        "gray.jpg": _saved("JPEG", "L"),
        "inks.jpg": _saved("JPEG", "CMYK"),
        "one.gif": _saved("GIF", "P"),
        "moving.gif": _moving("GIF"),
        "lossy.webp": _saved("WEBP"),
        "lossless.webp": _saved("WEBP", lossless=True),
        "moving.webp": _moving("WEBP"),
        "strips.tif": _saved("TIFF"),
        "lzw.tif": _saved("TIFF", compression="tiff_lzw"),
        "deflate.tif": _saved("TIFF", compression="tiff_adobe_deflate"),
        "jpeg.tif": _saved("TIFF", compression="jpeg"),
        "bits.tif": _saved("TIFF", "1", compression="group4"),
        "pages.tif": _moving("TIFF"),
        "rgb.bmp": _saved("BMP"),
        "palette.bmp": _saved("BMP", "P"),
        "a.dib": _saved("DIB"),
        "a.ppm": _saved("PPM"),
        "a.pgm": _saved("PPM", "L"),
        "plain.ppm": b"P3\n2 2 255\n" + b"9 8 7 " * 4,
        "a.tga": _saved("TGA"),
        "packed.tga": _saved("TGA", compression="tga_rle"),
        "a.ico": _saved("ICO", "RGBA", sizes=[(16, 16)]),
        "a.cur": _cur(),
        "a.icns": _icns(),
        "a.psd": _psd(),
        "a.jp2": _saved("JPEG2000"),
        "a.j2k": _saved("JPEG2000", no_jp2=True),
        "a.npy": _npy(),
        "a.dds": _saved("DDS", "RGBA"),
        "blocks.dds": _saved("DDS", "RGBA", pixel_format="DXT5"),
        "a.sgi": _saved("SGI"),
        "a.pcx": _saved("PCX"),
        "a.qoi": _qoi(),
        "a.xbm": _saved("XBM", "1"),
        "a.xpm": _xpm(),
        "a.msp": _saved("MSP", "1"),
        "a.im": _saved("IM"),
        "a.blp": _saved("BLP", "P"),
        "a.ras": _sun(),
    }
    if features.check("avif"):
        found["a.avif"] = _saved("AVIF", quality=60)
    if FORMATS["HEIF"].is_installed:
        import pillow_heif

        stream = io.BytesIO()
        pillow_heif.from_pillow(_pixels()).save(stream)
        found["a.heic"] = stream.getvalue()
    if FORMATS["JXL"].is_installed:
        import pillow_jxl  # noqa: F401

        found |= {"a.jxl": _saved("JXL"), "boxes.jxl": _saved("JXL", use_container=True)}
    return found


def _deep_png() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.asarray(_pixels().convert("L")).astype(np.uint16) * 257).save(stream, "PNG")
    return stream.getvalue()


def hostile() -> Iterator[tuple[str, bytes]]:
    """Yield names and contents: cut at every border, with flipped bits, absurd headers, wrong names, other things."""
    files = sound()
    for name, data in files.items():
        stem, _, ending = name.rpartition(".")
        yield name, data
        for at in _borders(name, data):
            yield f"{stem}-cut-{at:04d}.{ending}", data[:at]
        for seed in range(_N_FLIPS):
            yield f"{stem}-flip-{seed}.{ending}", _flipped(data, seed)
        for i, absurd in enumerate(_absurd(ending, data)):
            yield f"{stem}-absurd-{i:02d}.{ending}", absurd
        yield f"{stem}-twice.{ending}", data + data
        yield f"{stem}-tail.{ending}", data + b"\0" * 300
        yield f"{stem}-named.{'jpg' if ending == 'png' else 'png'}", data
    yield from _other_things()
    for i, shape in enumerate(("(10**12, 3)", "(-1, 4)", "(20, 24, 3), (20, ", "20")):
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        yield f"header-{i}.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(99)


def _other_things() -> Iterator[tuple[str, bytes]]:
    """Yield what has the name of a picture and is none."""
    for i, (data, _) in enumerate(OTHER_THINGS):
        yield f"other-{i:02d}.{'png' if i % 2 else 'jpg'}", data


OTHER_THINGS: tuple[tuple[bytes, str], ...] = (
    (b"", "it is empty (0 bytes)"),
    (b"\0", "zeros alone"),
    (bytes(5000), "zeros alone"),
    (b"Dear diary,\n" * 20, "not a PNG"),
    (b"<!DOCTYPE html><html><body>404</body></html>", "a web page (HTML)"),
    (b"\n  <HTML lang=en>", "a web page (HTML)"),
    (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "a pointer of Git LFS"),
    (b"data:image/png;base64,iVBORw0KGgo=", "a picture as text"),
    (b"PK\3\4" + bytes(60), "a ZIP archive"),
    (b"\x1f\x8b\x08" + bytes(60), "a compressed file"),
    (bytes(257) + b"ustar\0" + bytes(300), "a compressed file or archive"),
    (b"%PDF-1.7\n", "PDF"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    (b"\0\0\0\x18ftypmp42" + bytes(60), "a video"),
    (b"\x1a\x45\xdf\xa3" + bytes(60), "a video"),
    (b"RIFF\x10\0\0\0AVI LIST", "a video"),
    (b"RIFF\x10\0\0\0WAVEfmt ", "not a PNG"),
    (b"\0\5\x16\7\0\2\0\0Mac OS X", "AppleDouble"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60), "an Office document"),
    (b"\x7fELF" + bytes(60), "a program"),
    (b"v/1\x01" + bytes(60), "OpenEXR"),
    (b"#?RADIANCE\n", "Radiance HDR"),
    (b"gimp xcf v011\0", "XCF"),
    (b"II\xbc\1" + bytes(60), "JPEG XR"),
    (b"P7\nWIDTH 1\n", "PAM"),
    (b"II*\0\x10\0\0\0CR\2\0" + bytes(60), "camera RAW"),
    (b"\x89HDF\r\n\x1a\n" + bytes(60), "HDF5"),
    (b"8BPS\0\2" + bytes(60), "PSB"),
    (b'{"error": "not found"}', "not a PNG"),
    (bytes(range(256)) * 4, "not a PNG"),
)
"""Contents that are no picture, and what is said of them."""


def _borders(name: str, data: bytes) -> list[int]:
    """Return where to cut a file: at and behind the borders of its parts, and in between."""
    walks: dict[str, Callable[[bytes], list[int]]] = {
        "png": _png_borders,
        "jpg": _jpeg_borders,
        "webp": _riff_borders,
        "gif": _gif_borders,
        **dict.fromkeys(("avif", "heic", "jp2", "jxl"), _box_borders),
    }
    walk = walks.get(name.rpartition(".")[2])
    parts = [at + more for at in (walk(data) if walk else []) for more in (0, 5)]
    evenly = [len(data) * i // _N_CUTS for i in range(1, _N_CUTS)]
    return sorted({at for at in (*parts, *evenly, 3, 17, len(data) - 1) if 0 < at < len(data)})


def _png_borders(data: bytes) -> list[int]:
    found, at = list[int](), 8
    while at + 8 <= len(data):
        found.append(at)
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return found


def _jpeg_borders(data: bytes) -> list[int]:
    return [at for at in range(len(data) - 1) if data[at] == 0xFF and data[at + 1] not in (0, 0xFF)][:40]


def _riff_borders(data: bytes) -> list[int]:
    found, at = list[int](), 12
    while at + 8 <= len(data):
        found.append(at)
        at += 8 + -(-int.from_bytes(data[at + 4 : at + 8], "little") // 2) * 2
    return found


def _gif_borders(data: bytes) -> list[int]:
    return [at for at in range(13, len(data) - 1) if data[at] in b"!," and data[at - 1] == 0][:20]


def _box_borders(data: bytes) -> list[int]:
    found, at = list[int](), 0
    while at + 8 <= len(data) and len(found) < 20:
        found.append(at)
        length = int.from_bytes(data[at : at + 4], "big")
        at += length if length >= 8 else len(data)
    return found


def _flipped(data: bytes, seed: int) -> bytes:
    """Flip some bits, half of the time near the start."""
    rng, bad = np.random.default_rng(seed), bytearray(data)
    reach = len(bad) if seed % 2 else min(len(bad), 64)
    for at in rng.integers(min(4, reach - 1), reach, 1 + seed):
        bad[at] ^= 1 << int(rng.integers(8))
    return bytes(bad)


# where a format has its sides: offset of width and height, and how they are written
_SIDES = {
    "png": (16, 20, ">I"),
    "gif": (6, 8, "<H"),
    "bmp": (18, 22, "<i"),
    "dib": (4, 8, "<i"),
    "tga": (12, 14, "<H"),
    "psd": (18, 14, ">I"),
    "dds": (16, 12, "<I"),
    "sgi": (6, 8, ">H"),
    "pcx": (8, 10, "<H"),
    "qoi": (4, 8, ">I"),
    "ras": (4, 8, ">I"),
    "msp": (4, 6, "<H"),
    "blp": (16, 20, "<I"),
    "jp2": (52, 48, ">I"),
}


def _absurd(ending: str, data: bytes) -> Iterator[bytes]:
    """Yield the file with sides that no such file has."""
    if ending == "jpg":
        at = next(i for i in range(len(data)) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC1, 0xC2)) + 5
        places = (at + 2, at, ">H")
    elif ending in _SIDES:
        places = _SIDES[ending]
    else:
        if ending in ("ppm", "pgm"):
            sides = (b"0 0", b"-1 4", b"99999999999 9", b"65535 65535", b"1e9 1", b"")
            yield from (data.replace(b"24 20", side) for side in sides)
        return
    across, down, form = places
    size = struct.calcsize(form)
    top = (1 << (8 * size - 1)) - 1 if form.endswith("i") else (1 << 8 * size) - 1
    for width in _ABSURD:
        for height in (0, HEIGHT, 0xFFFFFFFF):
            bad = bytearray(data)
            struct.pack_into(form, bad, across, min(width, top))
            struct.pack_into(form, bad, down, min(height, top))
            if ending == "png":
                struct.pack_into(">I", bad, 29, zlib.crc32(bad[12:29]))
            yield bytes(bad)
