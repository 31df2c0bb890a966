"""From file to file, whole or in bands: the bytes are those of `quantize`, and the result says what was lost."""

import io
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from imgcluster import quantize, read_image
from imgcluster.errors import ConversionWarning, ImageReadError, ImageWriteError, PaletteReadError
from imgcluster.facts import Loss
from imgcluster.quantization import quantize_file, wants_bands
from imgcluster.types import ImageSource, UInt8Array

# without the name of the program and a description, which would come along as text
PLAIN: dict[str, Any] = {"metadata": None, "software": False}


@pytest.fixture
def photo(coffee: UInt8Array, tmp_path: Path) -> Path:
    path = tmp_path / "photo.tif"
    tifffile.imwrite(path, coffee[:200, :300], photometric="rgb", tile=(64, 48), compression="zlib", **PLAIN)
    return path


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", 1000)


PARAMETERS = [{}, {"n_colors": 5, "effort": "fast", "random_state": 3}, {"n_colors": 7, "method": "gmm"}]


@pytest.mark.parametrize("ending", ["png", "gif", "webp", "tif", "bmp"])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_the_bytes_of_quantize(photo: Path, ending: str, parameters: dict[str, Any], tmp_path: Path) -> None:
    expected = quantize(photo, **parameters)
    lost = expected.save(tmp_path / f"expected.{ending}")
    result = quantize_file(photo, tmp_path / f"out.{ending}", **parameters)
    assert (tmp_path / f"out.{ending}").read_bytes() == (tmp_path / f"expected.{ending}").read_bytes()
    np.testing.assert_array_equal(result.palette, expected.palette)
    assert (result.height, result.width) == expected.indices.shape
    assert (result.mse, result.psnr, result.n_distinct) == (expected.mse, expected.psnr, expected.n_distinct)
    assert (result.lossless, result.lost) == (expected.lossless, expected.lost | lost)
    assert not result.lossless
    assert type(result.model) is type(expected.model)


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_a_png_in_bands_has_the_bytes_of_quantize(photo: Path, parameters: dict[str, Any], tmp_path: Path) -> None:
    assert wants_bands(photo, tmp_path / "out.png")
    quantize(photo, **parameters).save(tmp_path / "expected.png")
    quantize_file(photo, tmp_path / "out.png", **parameters, band_pixels=5000, n_threads=2)
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "expected.png").read_bytes()


@pytest.mark.usefixtures("small_memory")
def test_what_cannot_be_written_in_bands_is_read_whole(photo: Path, tmp_path: Path) -> None:
    assert not wants_bands(photo, tmp_path / "out.webp")
    quantize_file(photo, tmp_path / "out.webp", 9)
    np.testing.assert_array_equal(read_image(tmp_path / "out.webp"), quantize(photo, 9).to_array())


def test_a_picture_that_fits_in_memory_is_decoded_once(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("imgcluster.quantization._quantize_file")
    real: Callable[..., Any] = module.whole_of
    calls: list[Any] = []

    def counted(source: Any, *others: Any) -> Any:
        calls.append(source.name)
        return real(source, *others)

    monkeypatch.setattr(module, "whole_of", counted)
    monkeypatch.setattr(module, "opened_in_bands", None)
    quantize_file(photo, tmp_path / "out.png", 9)
    assert calls == [str(photo)]


def test_arrays_images_and_streams_are_taken(photo: Path, tmp_path: Path) -> None:
    pixels = read_image(photo)
    np.save(tmp_path / "photo.npy", pixels)
    quantize(pixels, 9).save(tmp_path / "expected.png")
    with Image.open(photo) as image:
        sources: list[ImageSource] = [
            pixels,
            image,
            io.BytesIO(photo.read_bytes()),
            photo,
            str(photo),
            tmp_path / "photo.npy",
        ]
        for source in sources:
            target = io.BytesIO()
            quantize_file(source, target, 9)
            assert target.getvalue() == (tmp_path / "expected.png").read_bytes()


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize("target", ["out.png", "out.webp"])
def test_what_is_lost_is_said_and_never_lossless(target: str, tmp_path: Path) -> None:
    rgba = np.zeros((40, 50, 4), np.uint8)
    rgba[::2] = (200, 10, 20, 255)
    tifffile.imwrite(tmp_path / "a.tif", rgba, photometric="rgb", extrasamples=["unassalpha"], tile=(16, 16), **PLAIN)
    with pytest.warns(ConversionWarning, match=r"a\.tif: not kept: transparency") as caught:
        result = quantize_file(tmp_path / "a.tif", tmp_path / target, background="white")
    assert caught[0].filename == __file__
    assert result.lost == {Loss.ALPHA}
    assert result.mse == 0
    assert not result.lossless
    with pytest.warns(ConversionWarning, match=r"a\.tif: not kept: transparency") as caught:
        whole = quantize(tmp_path / "a.tif", background="white")
    assert caught[0].filename == __file__
    assert whole.lost == result.lost
    assert whole.mse == 0
    assert not whole.lossless


@pytest.mark.parametrize("target", ["out.png", "out.webp"])
def test_transparency_is_kept_without_loss(target: str, tmp_path: Path) -> None:
    rgba = np.zeros((40, 50, 4), np.uint8)
    rgba[::2] = (200, 10, 20, 255)
    rgba[::3] = (0, 90, 20, 77)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    result = quantize_file(tmp_path / "a.png", tmp_path / target)
    assert result.lossless
    with Image.open(tmp_path / target) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGBA")), rgba)


@pytest.mark.parametrize(
    ("target", "options", "error", "said"),
    [
        ("out.jpg", {}, ImageWriteError, "JPEG is lossy"),
        ("out.png", {"n_colors": 0}, ValueError, "n_colors must be between 1 and 65536, got 0"),
        ("out.png", {"band_pixels": 0}, ValueError, "band_pixels must be at least 1, got 0"),
        ("out.png", {"compress_level": 10}, ValueError, "compress_level must be between 0 and 9, got 10"),
        (
            "out.png",
            {"color_space": "hsv"},
            ValueError,
            "color_space must be one of rgb, oklab, lab, linear",
        ),
        ("out.png", {"palette": "none.gpl"}, PaletteReadError, "no such file"),
        ("out.png", {}, ImageReadError, "no such file"),
    ],
)
def test_bad_parameters_are_rejected_first(
    target: str, options: dict[str, Any], error: type[Exception], said: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said):
        quantize_file(tmp_path / "none.png", tmp_path / target, **options)
    assert list(tmp_path.iterdir()) == []
