"""What a picture carries beside its pixels is written as far as the format holds it, and the rest is named."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

import imgcluster as ic
from imgcluster.facts import Loss
from imgcluster.picture import FORMATS, Metadata, Picture, open_source, write_image, write_indexed, write_picture
from imgcluster.picture._exif import upright_exif

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:title="Harbor"/></x:xmpmeta>'
UPRIGHT_XMP = XMP.replace(b'"6"', b'"1"')
ORIENTATION, EXIF_POINTER, GPS_POINTER, COLOR_SPACE = 0x0112, 0x8769, 0x8825, 0xA001
TEXT = (("Title", "Harbor"), ("Author", "Zoë"), ("Comment", "東京 at night"))

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
INDICES, PALETTE = PIXELS[:, :, 0] % 4, PIXELS[0, :4]


def camera_exif(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION], exif[271] = orientation, "maker"
    exif.get_ifd(EXIF_POINTER).update({COLOR_SPACE: 65535, 36867: "2024:05:06 07:08:09", 37500: b"notes of the maker"})
    exif.get_ifd(GPS_POINTER).update({1: "N", 2: (47.0, 30.0, 0.0)})
    return exif.tobytes()


def loaded(exif: bytes | None) -> Image.Exif:
    found = Image.Exif()
    assert exif is not None
    found.load(exif)
    return found


def jpeg() -> io.BytesIO:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(
        stream, "JPEG", quality=100, exif=camera_exif(), xmp=XMP, dpi=(300, 200), comment="at sea"
    )
    return stream


def photo() -> Picture:
    return open_source(jpeg()).read()


def everything() -> Metadata:
    return Metadata(exif=camera_exif()[6:], icc=b"profile", xmp=XMP, iptc=b"iptc", dpi=(300, 200), text=TEXT)


def written(metadata: Metadata, ending: str, *, indexed: bool = False, in_bands: bool = False) -> Any:
    """Write a picture, and return what was lost, what a reader finds, and the bytes."""
    stream = io.BytesIO()
    if in_bands:
        bands = (INDICES[i : i + 2] for i in range(0, 6, 2))
        lost = write_picture(bands, stream, palette=PALETTE, shape=(6, 8), metadata=metadata, format=ending)
    elif indexed:
        lost = write_picture(INDICES, stream, palette=PALETTE, metadata=metadata, format=ending)
    else:
        lost = write_picture(PIXELS, stream, metadata=metadata, format=ending)
    picture = open_source(stream).read()
    np.testing.assert_array_equal(picture.pixels, PALETTE[INDICES] if indexed or in_bands else PIXELS)
    return lost, picture.metadata, stream.getvalue()


WAYS = [
    ("png", {}),
    ("png", {"indexed": True}),
    ("png", {"in_bands": True}),
    ("webp", {}),
    ("webp", {"indexed": True}),
    ("tif", {}),
    ("tif", {"indexed": True}),
    ("tif", {"in_bands": True}),
    ("gif", {"indexed": True}),
    ("bmp", {}),
    ("ppm", {}),
]


def test_a_photo_is_read_with_what_it_carries() -> None:
    picture = photo()
    assert picture.pixels.shape == (8, 6, 3)
    metadata = picture.metadata
    assert metadata.holds == {Loss.EXIF, Loss.XMP, Loss.DPI, Loss.TEXT}
    assert loaded(metadata.exif)[ORIENTATION] == 1
    assert metadata.xmp == UPRIGHT_XMP
    assert metadata.dpi == (300, 200)
    assert metadata.text == (("Comment", "at sea"),)
    assert picture.lost == frozenset()


@pytest.mark.parametrize(("ending", "way"), WAYS, ids=str)
def test_what_is_not_lost_is_there(ending: str, way: dict[str, bool]) -> None:
    lost, found, _ = written(everything(), ending, **way)
    kept = everything().upright().without(lost)
    assert Loss.IPTC in lost
    if kept.exif is not None:
        tags = loaded(found.exif)
        assert (tags[271], tags.get(ORIENTATION, 1)) == ("maker", 1)
        assert tags.get_ifd(EXIF_POINTER)[37500] == b"notes of the maker"
        assert tags.get_ifd(EXIF_POINTER)[COLOR_SPACE] == 1
        assert tags.get_ifd(GPS_POINTER)[2] == (47.0, 30.0, 0.0)
    assert found.xmp == kept.xmp
    if kept.dpi is not None:
        assert found.dpi == pytest.approx(kept.dpi, abs=0.02)
    values = "\n".join(value for _, value in found.text)
    for _, value in kept.text:
        assert value in values
    assert found.holds == kept.holds


@pytest.mark.parametrize(
    ("ending", "way", "lost"),
    [
        ("png", {}, set()),
        ("png", {"indexed": True}, set()),
        ("webp", {}, {Loss.DPI, Loss.TEXT}),
        ("tif", {}, set()),
        ("tif", {"in_bands": True}, {Loss.EXIF}),
        ("gif", {"indexed": True}, {Loss.EXIF, Loss.XMP, Loss.DPI}),
        ("bmp", {}, {Loss.EXIF, Loss.XMP, Loss.TEXT}),
        ("ppm", {}, {Loss.EXIF, Loss.XMP, Loss.DPI, Loss.TEXT}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(sorted(map(str, value))),
)
def test_what_a_format_does_not_keep(ending: str, way: dict[str, bool], lost: set[Loss]) -> None:
    assert written(everything(), ending, **way)[0] == lost | {Loss.IPTC}


@pytest.mark.parametrize(("ending", "way"), [("png", {}), ("png", {"indexed": True})], ids=str)
def test_text_of_a_png_keeps_its_keywords(ending: str, way: dict[str, bool]) -> None:
    assert written(everything(), ending, **way)[1].text == TEXT


@pytest.mark.parametrize(("ending", "way"), WAYS, ids=str)
def test_no_metadata_changes_no_byte(ending: str, way: dict[str, bool]) -> None:
    _, _, data = written(Metadata(), ending, **way)
    plain = io.BytesIO()
    if "in_bands" not in way:
        if way:
            write_indexed(INDICES, PALETTE, plain, format=ending)
        else:
            write_image(PIXELS, plain, format=ending)
        assert plain.getvalue() == data
    for mark in (b"sRGB", b"pHYs", b"eXIf", b"EXIF", b"XMP", b"tEXt", b"iTXt"):
        assert mark not in data


def test_a_profile_is_applied_not_copied() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, "PNG", icc_profile=profile)
    picture = open_source(stream).read()
    assert picture.metadata.icc == profile
    assert picture.lost == frozenset()
    for ending in ("png", "webp", "tif", "bmp"):
        lost, found, data = written(picture.metadata, ending)
        assert Loss.ICC not in lost
        assert found.icc is None
        assert (b"sRGB\1" in data) == (ending == "png")


def in_blocks(data: bytes) -> bytes:
    return b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255)) + b"\0"


@pytest.mark.parametrize("as_data", [False, True])
def test_a_gif_carries_a_profile_and_xmp(as_data: bool) -> None:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).quantize(16).save(stream, "GIF")
    plain = stream.getvalue()
    packet = b"<x:xmpmeta>" + 300 * b"about this picture " + b"</x:xmpmeta>"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    xmp = b"!\xff\x0bXMP DataXMP" + (in_blocks(packet) if as_data else packet + trailer)
    icc = b"!\xff\x0bICCRGBG1012" + in_blocks(profile)
    place = 13 + (3 << (plain[10] & 7) + 1)
    with open_source(io.BytesIO(plain[:place] + xmp + icc + plain[place:])) as source:
        assert (source.metadata.xmp, source.metadata.icc) == (packet, profile)
        assert source.read().lost == frozenset()
    result = ic.quantize(io.BytesIO(plain[:place] + xmp + plain[place:]), 4)
    assert Loss.XMP in result.save(io.BytesIO(), format="gif")
    made = io.BytesIO()
    assert result.save(made, format="png") == frozenset()
    assert open_source(made).metadata.xmp == packet


@pytest.mark.parametrize("end", [b"", b"\x05", b"\x05abc", b"\x03abc\0"])
def test_damaged_blocks_of_a_gif_are_left_out(end: bytes) -> None:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).quantize(16).save(stream, "GIF")
    for name in (b"XMP DataXMP", b"ICCRGBG1012"):
        with open_source(io.BytesIO(stream.getvalue() + b"!\xff\x0b" + name + end)) as source:
            assert source.metadata.xmp is None
            assert source.read().pixels.shape == PIXELS.shape


def test_a_png_with_its_metadata_behind_its_pixels() -> None:
    stream, info = io.BytesIO(), PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    info.add_text("Description", "late", zip=True)
    Image.fromarray(PIXELS).save(stream, "PNG", pnginfo=info)
    data = stream.getvalue()
    first, end = data.index(b"iTXt") - 4, data.index(b"IDAT") - 4
    last = data.index(b"IEND") - 4
    late = io.BytesIO(data[:first] + data[end:last] + data[first:end] + data[last:])
    metadata = open_source(late).read().metadata
    assert (metadata.xmp, metadata.text) == (UPRIGHT_XMP, (("Description", "late"),))


def test_a_tiff_tells_its_exif_in_tags() -> None:
    metadata = Metadata(exif=camera_exif()[6:], xmp=XMP, dpi=(300, 200), text=(("Description", "Zoë"),))
    stream = io.BytesIO()
    write_picture(PIXELS, stream, metadata=metadata, format="tif")
    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        tags = file.pages.first.tags
        assert tags["ExifTag"].value["DateTimeOriginal"] == "2024:05:06 07:08:09"
        assert tags["GPSTag"].value["GPSLatitudeRef"] == "N"
        assert tags["XMP"].value == UPRIGHT_XMP
        assert tags["XResolution"].value == (300, 1)
    again = open_source(stream).read().metadata
    assert again.holds == {Loss.EXIF, Loss.XMP, Loss.DPI, Loss.TEXT}
    assert ("Description", "Zoë") in again.text


def test_exif_that_is_not_exif_stops_no_format() -> None:
    for exif in (
        b"II*\0",
        b"MM\0*\0\0\0\x08\xff\xff\0",
        b"nonsense",
        b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\xff\xff\xff\0",
    ):
        for ending in ("png", "webp", "tif"):
            lost, _, _ = written(Metadata(exif=exif), ending)
            assert lost in (frozenset(), {Loss.EXIF})


@pytest.mark.parametrize("order", [b"II", b"MM"])
def test_the_thumbnail_in_exif_is_dropped(order: bytes) -> None:
    import struct

    o = "<" if order == b"II" else ">"
    head = order + struct.pack(f"{o}HI", 42, 8)
    first = struct.pack(f"{o}HHHIHHI", 1, ORIENTATION, 3, 1, 8, 0, 26)
    second = struct.pack(f"{o}HHHIIHHIII", 2, 0x0201, 4, 1, 56, 0x0202, 4, 1, 9, 0)
    block = head + first + second + b"thumbnail"
    assert len(head + first + second) == 56
    for tail in (b"", b"notes"):
        upright = upright_exif(block + tail)
        assert b"thumbnail" not in upright
        assert upright.endswith(tail)
        assert loaded(upright)[ORIENTATION] == 1
        assert upright_exif(upright) == upright


def test_keywords_that_png_does_not_allow() -> None:
    text = (("", "a"), ("東京", "b"), ("x" * 99, "c"), (" two  words\n", "d\0e"))
    found = written(Metadata(text=text), "png")[1].text
    assert [key for key, _ in found] == ["Comment", "??", "x" * 79, "two words"]
    assert [value for _, value in found] == ["a", "b", "c", "de"]


def test_every_format_says_what_it_keeps_of_metadata_alone() -> None:
    for format in FORMATS.values():
        assert format.keeps <= {Loss.EXIF, Loss.XMP, Loss.DPI, Loss.TEXT}
        assert format.not_kept(Metadata()) == frozenset()


def test_a_tiff_keeps_the_description_of_exif_and_a_comment() -> None:
    exif = Image.Exif()
    exif[270] = "A description"
    metadata = Metadata(exif=exif.tobytes(), text=(("Comment", "hello"),))
    stream = io.BytesIO()
    assert write_picture(np.zeros((2, 3, 3), np.uint8), stream, metadata=metadata, format="tif") == frozenset()
    with Image.open(stream) as image:
        assert image.getexif()[270] == "A description\nhello"
