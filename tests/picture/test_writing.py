"""Writing: exact round trips, and palettes kept as given."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _encoded import assert_one_line
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ImageWriteError
from imgcluster.picture import check_output, read_image, write_image, write_indexed


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


@pytest.mark.parametrize("extension", [".png", ".webp", ".tif", ".tiff", ".bmp", ".PNG"])
def test_write_image_round_trip(tmp_path: Path, pixels: NDArray[np.uint8], extension: str) -> None:
    path = tmp_path / f"picture{extension}"
    write_image(pixels, path)
    np.testing.assert_array_equal(read_image(path), pixels)
    with Image.open(path) as image:
        assert image.format == check_output(path).name
    assert list(tmp_path.iterdir()) == [path]
    write_image(pixels[::-1, ::2], os.fsencode(path))
    np.testing.assert_array_equal(read_image(path), pixels[::-1, ::2])


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 16, 17, 128, 129, 255, 256])
@pytest.mark.parametrize("extension", [".png", ".gif", ".webp", ".tiff", ".bmp"])
@pytest.mark.parametrize("all_used", [True, False])
def test_write_indexed_round_trip(tmp_path: Path, k: int, extension: str, all_used: bool) -> None:
    rng = np.random.default_rng(k)
    palette = rng.integers(0, 256, (k, 3), np.uint8)
    # only the last colors used, and one of them twice: what a palette optimizer would drop or renumber
    indices = rng.integers(0 if all_used else k // 2, k, (33, 47), np.uint8)
    if k > 2:
        palette[k // 2] = palette[-1]
    path = tmp_path / f"picture{extension}"
    write_indexed(indices, palette, path)
    np.testing.assert_array_equal(read_image(path), palette[indices])
    if extension in (".png", ".gif"):
        with Image.open(path) as image:
            assert image.mode == "P"
            np.testing.assert_array_equal(np.asarray(image), indices)
            stored = np.array(image.getpalette()).reshape(-1, 3)
        np.testing.assert_array_equal(stored[:k], palette)
    if extension == ".png":
        assert len(stored) == k
        assert path.read_bytes()[24] == (1 if k <= 2 else 2 if k <= 4 else 4 if k <= 16 else 8)


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.int64])
def test_any_integer_indices(kind: Any) -> None:
    stream = io.BytesIO()
    indices = np.array([[0, 1, 1], [1, 0, 1]], kind).T
    palette = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    write_indexed(indices, palette, stream)
    np.testing.assert_array_equal(read_image(stream), palette[indices])


def test_more_than_256_colors(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    palette = rng.integers(0, 256, (300, 3), np.uint8)
    indices = rng.integers(0, 300, (20, 30)).astype(np.uint16)
    for name in ("a.png", "a.gif"):
        with pytest.raises(ValueError, match=r"n_colors must be between 1 and 256 .* got 300; write lossless WebP"):
            write_indexed(indices, palette, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    for name in ("a.webp", "a.tif", "a.bmp"):
        write_indexed(indices, palette, tmp_path / name)
        np.testing.assert_array_equal(read_image(tmp_path / name), palette[indices])


def test_compress_level() -> None:
    flat = np.zeros((99, 99, 3), np.uint8)
    plain, packed = io.BytesIO(), io.BytesIO()
    write_image(flat, plain, compress_level=0)
    write_image(flat, packed)
    assert len(packed.getvalue()) < len(plain.getvalue()) / 9
    for level in (-1, 10):
        with pytest.raises(ValueError, match=f"compress_level must be between 0 and 9, got {level}"):
            write_image(flat, io.BytesIO(), compress_level=level)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.jpg", "JPEG is lossy"),
        ("a.JPEG", "JPEG is lossy"),
        ("a.xyz", "unknown extension '.xyz'; use one of .png, .apng, .webp, .gif, .tif, .tiff, .bmp"),
        ("a", "no extension; use one of .png"),
        ("a.gif", "a GIF needs a palette"),
    ],
)
def test_unfit_format(tmp_path: Path, pixels: NDArray[np.uint8], name: str, said: str) -> None:
    with pytest.raises(ImageWriteError) as error:
        write_image(pixels, tmp_path / name)
    assert_one_line(error, "cannot write", tmp_path / name, said)
    assert list(tmp_path.iterdir()) == []


def test_format_beats_extension(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    for format in ("webp", "WEBP", ".webp"):
        write_image(pixels, tmp_path / "a.png", format=format)
        assert (tmp_path / "a.png").read_bytes()[8:12] == b"WEBP"
    with pytest.raises(ImageWriteError, match="JPEG is lossy"):
        write_image(pixels, io.BytesIO(), format="jpg")


@pytest.mark.parametrize(("width", "name"), [(16384, "a.webp"), (65536, "a.gif")])
def test_too_wide_for_the_format(tmp_path: Path, width: int, name: str) -> None:
    with pytest.raises(ImageWriteError) as error:
        write_indexed(np.zeros((1, width), np.uint8), np.zeros((1, 3), np.uint8), tmp_path / name)
    assert_one_line(error, name, "pixels a side", width, "write a PNG")


def test_bad_pixels() -> None:
    with pytest.raises(TypeError, match="pixels must be uint8, got float64"):
        write_image(np.zeros((2, 2, 3)), io.BytesIO())  # type: ignore[arg-type]
    for shape in ((2,), (0, 2, 3), (2, 2, 2), (2, 2, 5)):
        with pytest.raises(ValueError, match="pixels must be of shape"):
            write_image(np.zeros(shape, np.uint8), io.BytesIO())


def test_bad_indices_palette_and_target() -> None:
    indices, palette, stream = np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), io.BytesIO()
    for bad in (-1, 2):
        with pytest.raises(ValueError, match=f"between 0 and 1 for 2 colors, got {bad}"):
            write_indexed(np.array([[bad, 1]]), palette, stream)
    for bad in (indices[:0], indices[0]):  # type: ignore[assignment]
        with pytest.raises(ValueError, match="indices must be of shape"):
            write_indexed(bad, palette, stream)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="indices must be integers"):
        write_indexed(indices / 2, palette, stream)
    for bad in (palette[:0], palette[:, :2], palette[0]):  # type: ignore[assignment]
        with pytest.raises(ValueError, match="palette must be of shape"):
            write_indexed(indices, bad, stream)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="palette must be uint8"):
        write_indexed(indices, palette / 255, stream)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="target must be a path"):
        write_indexed(indices, palette, None)  # type: ignore[arg-type]
    assert stream.getvalue() == b""
