"""TIFF files, .npy files and arrays read band by band are what `read_image` makes of them as a whole."""

import io
import os
import struct
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from imgcluster.errors import ConversionWarning, ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture import is_large, limits, open_source, read_image
from imgcluster.picture._bands import regrouped

TILE = (64, 48)


def bands_of(source: Any, n_pixels: int = 20_000, n_threads: int = 2) -> tuple[Any, ...]:
    with open_source(source, n_threads=n_threads) as picture:
        bands = list(picture.bands(n_pixels, background="white"))
        assert sum(len(band.pixels) for band in bands) == picture.shape[0]
        assert {band.pixels.shape[1:] for band in bands} == {(picture.shape[1], 3)}
    lost = frozenset[Loss]().union(*(band.lost for band in bands))
    return np.concatenate([band.pixels for band in bands]), lost, len(bands)


def as_a_whole(path: Path) -> tuple[Any, ...]:
    with open_source(path) as source:
        picture = source.read(background="white")
    return picture.pixels, picture.lost


def planes(image: Any) -> Any:
    return np.ascontiguousarray(image.transpose(2, 0, 1))


def rgba(image: Any) -> Any:
    return np.dstack([image, image[..., 0]])


BY_TIFFFILE: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {  # type: ignore[assignment]
    "strips": (lambda image: image, {}),
    "short strips": (lambda image: image, {"rowsperstrip": 3, "compression": "zlib"}),
    "one deflated strip": (lambda image: image, {"compression": "zlib", "rowsperstrip": 400}),
    "tiles": (lambda image: image, {"tile": TILE}),
    "deflated tiles": (lambda image: image, {"tile": TILE, "compression": "zlib"}),
    "bigtiff": (lambda image: image, {"tile": TILE, "compression": "zlib", "bigtiff": True}),
    "big-endian": (lambda image: image, {"tile": TILE, "compression": "zlib", "byteorder": ">"}),
    "planes in tiles": (planes, {"tile": TILE, "planarconfig": "separate", "compression": "zlib"}),
    "planes in strips": (planes, {"planarconfig": "separate"}),
    "alpha": (rgba, {"tile": TILE, "extrasamples": ["unassalpha"]}),
    "16 bits": (lambda image: image.astype(np.uint16) * 200, {"tile": TILE, "byteorder": ">"}),
    "gray": (lambda image: image[..., 0], {"tile": TILE, "photometric": "minisblack"}),
    "white is zero": (lambda image: image[..., 0], {"tile": TILE, "photometric": "miniswhite"}),
    "gray, 16 bits": (lambda image: image[..., 0].astype(np.uint16) * 200, {"photometric": "minisblack"}),
    "gray, floating point": (lambda image: (image[..., 0] / 255).astype(np.float32), {"photometric": "minisblack"}),
    "two pages": (lambda image: np.stack([image, image]), {"tile": TILE}),
} | {
    f"orientation {value}": (lambda image: image, {"tile": TILE, "extratags": [(274, 3, 1, value, True)]})
    for value in range(1, 9)
}


@pytest.mark.parametrize("kind", BY_TIFFFILE)
def test_bands_of_a_tiff_are_the_picture(kind: str, coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    convert, options = BY_TIFFFILE[kind]
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, convert(coffee), **{"photometric": "rgb", **options})
    expected, lost = as_a_whole(path)
    for n_pixels, n_threads in ((1, 1), (20_000, 3), (1 << 30, 2)):
        pixels, found, _ = bands_of(path, n_pixels, n_threads)
        np.testing.assert_array_equal(pixels, expected)
        assert found == lost


BY_PILLOW: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "lzw": (lambda image: image, {"compression": "tiff_lzw"}),
    "jpeg": (lambda image: image, {"compression": "jpeg"}),
    "packbits": (lambda image: image, {"compression": "packbits"}),
    "cmyk": (lambda image: image.convert("CMYK"), {}),
    "bilevel": (lambda image: image.convert("1"), {}),
    "fax": (lambda image: image.convert("1"), {"compression": "group4"}),
    "palette": (lambda image: image.quantize(20), {"compression": "tiff_lzw"}),
    "profile": (lambda image: image, {"icc_profile": "LAB"}),
}


@pytest.mark.parametrize("kind", BY_PILLOW)
def test_bands_of_what_pillow_wrote(kind: str, coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    convert, options = BY_PILLOW[kind]
    if "icc_profile" in options:
        options = {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()}
    path = tmp_path / "picture.tif"
    convert(Image.fromarray(coffee)).save(path, **options)
    expected, lost = as_a_whole(path)
    pixels, found, _ = bands_of(path)
    np.testing.assert_array_equal(pixels, expected)
    assert found == lost


def test_a_profile_is_built_once_and_applied_to_every_tile(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, coffee, photometric="rgb", tile=TILE, iccprofile=profile.tobytes())
    np.testing.assert_array_equal(bands_of(path)[0], as_a_whole(path)[0])


def test_big_endian_bigtiff_which_pillow_cannot_read(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, coffee, photometric="rgb", tile=TILE, byteorder=">", bigtiff=True)
    np.testing.assert_array_equal(bands_of(path)[0], coffee)
    assert is_large(path)


def test_bands_are_as_large_as_asked_for(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, coffee, photometric="rgb", tile=TILE)
    with open_source(path, n_threads=1) as picture:
        assert [len(band.pixels) for band in picture.bands(600 * 130)] == [128, 128, 128, 16]
    assert bands_of(coffee, 600 * 130)[2] == 4


@pytest.mark.parametrize(
    "array",
    [
        np.arange(48, dtype=np.uint8).reshape(4, 4, 3),
        np.arange(16, dtype=np.uint16).reshape(4, 4) * 4000,
        np.linspace(0, 1, 64).reshape(4, 4, 4),
        np.asfortranarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)),
    ],
)
def test_bands_of_an_array_are_the_picture(array: NDArray[Any], tmp_path: Path) -> None:
    np.save(tmp_path / "picture.npy", array)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)
        expected = read_image(array)
    for source in (array, tmp_path / "picture.npy", str(tmp_path / "picture.npy")):
        np.testing.assert_array_equal(bands_of(source, 5)[0], expected)


def test_any_other_picture_is_read_as_a_whole(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    Image.fromarray(coffee).save(tmp_path / "picture.png")
    for source in (
        tmp_path / "picture.png",
        Image.fromarray(coffee),
        io.BytesIO((tmp_path / "picture.png").read_bytes()),
    ):
        np.testing.assert_array_equal(bands_of(source)[0], coffee)


def test_a_pipe_is_read_once(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    path, stream = tmp_path / "pipe.tif", io.BytesIO()
    Image.fromarray(coffee).save(stream, "TIFF")
    for read in (lambda: bands_of(path)[0], lambda: (is_large(path), read_image(path))[1]):
        os.mkfifo(path)
        writer = threading.Thread(target=path.write_bytes, args=[stream.getvalue()])
        writer.start()
        np.testing.assert_array_equal(read(), coffee)
        writer.join()
        path.unlink()


@pytest.mark.parametrize("multiple", [1, 3, 7, 100])
def test_regrouped_rows_are_the_same_rows(multiple: int, rng: np.random.Generator) -> None:
    rows = rng.integers(0, 255, (50, 2), dtype=np.uint8)
    heights = [1, 0, 5, 2, 30, 12]
    bands = np.split(rows, np.cumsum(heights)[:-1])
    found = list(regrouped(iter(bands), multiple))
    np.testing.assert_array_equal(np.concatenate(found), rows)
    assert all(len(band) % multiple == 0 for band in found[:-1])
    assert all(len(band) for band in found)


def damaged(
    path: Path, coffee: NDArray[np.uint8], **options: Any
) -> tuple[bytearray, tuple[int, ...], tuple[int, ...], Any]:
    tifffile.imwrite(path, coffee, **{"photometric": "rgb", "tile": TILE, "compression": "zlib", **options})
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        return bytearray(path.read_bytes()), page.dataoffsets, page.databytecounts, page.tags


def cut_short(path: Any, coffee: NDArray[np.uint8]) -> Any:
    data, *_ = damaged(path, coffee, compression=None)
    return data[:-5000]


def broken_tile(path: Any, coffee: NDArray[np.uint8]) -> Any:
    data, offsets, n_bytes, _ = damaged(path, coffee)
    data[offsets[40] : offsets[40] + n_bytes[40]] = b"\xff" * n_bytes[40]
    return data


def missing_tile(path: Any, coffee: NDArray[np.uint8]) -> Any:
    data, _, _, tags = damaged(path, coffee)
    struct.pack_into("<I", data, tags[325].valueoffset, 0)
    return data


def unknown_photometric(path: Any, coffee: NDArray[np.uint8]) -> Any:
    data, _, _, tags = damaged(path, coffee)
    struct.pack_into("<H", data, tags[262].valueoffset, 32844)
    return data


def no_pixels(path: Any, coffee: NDArray[np.uint8]) -> Any:
    data, _, _, tags = damaged(path, coffee)
    struct.pack_into("<I", data, tags[256].valueoffset, 0)
    return data


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (cut_short, "cut short: its pixels end at byte "),
        (broken_tile, " or one beside it is damaged or of an unknown kind; get a fresh copy or convert"),
        (missing_tile, "some of its 91 tiles are missing; get a fresh copy"),
        (unknown_photometric, "it is damaged, or a variant of TIFF that is not read; "),
        (no_pixels, "; get a fresh copy"),
        (lambda path, coffee: b"II*\0\x08\0\0\0", "it is a damaged TIFF"),
        (lambda path, coffee: b"\x93NUMPY\1\0v\0", "damaged, or not an array of numbers ("),
    ],
)
def test_damage_is_one_line_with_the_name_of_the_file(
    damage: Callable[..., Any], text: str, coffee: NDArray[np.uint8], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "picture.tif"
    path.write_bytes(damage(path, coffee))
    with pytest.raises(ImageReadError) as caught:
        bands_of(path)
    assert str(caught.value).startswith(f"cannot read {path}: ")
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capsys.readouterr() == ("", "")


def test_pickled_objects_are_no_picture(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ImageReadError, match=r"not an array of numbers .*; save it again"):
        bands_of(tmp_path / "objects.npy")


@pytest.mark.parametrize("array", [np.zeros(5, np.uint8), np.zeros((5, 5, 5), np.uint8), np.zeros((0, 5), np.uint8)])
def test_arrays_that_are_no_picture(array: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="image must"):
        bands_of(array)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match="no such file"):
        bands_of(tmp_path / "none.tif")
    with pytest.raises(ImageReadError, match="it is a folder"):
        bands_of(tmp_path)


def test_a_strip_beyond_the_limit_is_rejected(coffee: NDArray[np.uint8], tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "picture.tif", coffee, photometric="rgb", compression="zlib", rowsperstrip=400)
    with limits(max_memory=45_000_000 + 8 * coffee.size // 3 - 1), pytest.raises(ImageReadError) as error:
        bands_of(tmp_path / "picture.tif")
    assert "its strips of 600 x 400 pixels need about 47 MB of memory, more than the limit of 47 MB" in str(error.value)
    assert str(error.value).endswith("(--max-memory 0.1G), or store it in tiles of 256 x 256")
    with limits(max_memory=45_000_000 + 8 * coffee.size // 3):
        assert bands_of(tmp_path / "picture.tif")


def test_what_is_large(coffee: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "picture.npy", coffee)
    tifffile.imwrite(tmp_path / "picture.tif", coffee, photometric="rgb")
    Image.fromarray(coffee).save(tmp_path / "picture.png")
    (tmp_path / "bad.tif").write_bytes(b"II*\0")
    found = {path.name for path in [*tmp_path.iterdir(), tmp_path / "none"] if is_large(path)}
    assert found == {"picture.npy"}
    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", 1000)
    found = {path.name for path in tmp_path.iterdir() if is_large(path)}
    assert found == {"picture.npy", "picture.tif", "picture.png"}
    assert not is_large(tmp_path / "picture.png", rather_whole=True)
    assert is_large(tmp_path / "picture.tif", rather_whole=True)
