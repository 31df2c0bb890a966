"""The same picture gives the same result whichever way it comes, for every mode that Pillow knows and type of array."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic
from imgcluster.quantization import quantize_file
from imgcluster.types import ImageSource

Maker = Callable[[np.random.Generator], tuple[Image.Image, NDArray[Any] | None]]

SHAPE = (9, 13)


def _integers(rng: np.random.Generator, *channels: int) -> NDArray[np.uint8]:
    # few shades: whatever the palette, some colors are alike
    return (rng.integers(0, 6, (*SHAPE, *channels)) * 51).astype(np.uint8)


def bilevel(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    values = rng.integers(0, 2, SHAPE).astype(bool)
    return Image.fromarray(values), np.where(values, 255, 0).astype(np.uint8)


def gray(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    values = _integers(rng)
    return Image.fromarray(values), values


def gray_and_alpha(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    values = _integers(rng, 2)
    return Image.fromarray(values, "LA"), np.dstack([values[..., [0, 0, 0]], values[..., 1]])


def indexed(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    indices, palette = rng.integers(0, 40, SHAPE).astype(np.uint8), rng.integers(0, 256, (40, 3)).astype(np.uint8)
    image = Image.fromarray(indices)
    image.putpalette(palette.tobytes())
    return image, palette[indices]


def indexed_and_alpha(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    image, colors = indexed(rng)
    assert colors is not None
    alpha = _integers(rng)
    image = image.convert("PA")
    image.putalpha(Image.fromarray(alpha))
    return image, np.dstack([colors, alpha])


def color(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    values = _integers(rng, 3)
    return Image.fromarray(values), values


def color_and_alpha(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    values = _integers(rng, 4)
    return Image.fromarray(values), values


def ink(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    # an array of four channels is RGBA
    return Image.fromarray(_integers(rng, 4), "CMYK"), None


def deep(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    values = rng.integers(0, 65536, SHAPE).astype(np.uint16)
    return Image.fromarray(values), values


def floating(rng: np.random.Generator) -> tuple[Image.Image, NDArray[Any] | None]:
    values = rng.uniform(0, 1, SHAPE).astype(np.float32)
    return Image.fromarray(values), values


# a file format that holds the mode; PA is held by none that reads it back
MODES: dict[str, tuple[Maker, str]] = {
    "1": (bilevel, "png"),
    "L": (gray, "png"),
    "LA": (gray_and_alpha, "png"),
    "P": (indexed, "png"),
    "PA": (indexed_and_alpha, ""),
    "RGB": (color, "png"),
    "RGBA": (color_and_alpha, "png"),
    "CMYK": (ink, "tiff"),
    "I;16": (deep, "png"),
    "F": (floating, "tiff"),
}


def ways(image: Image.Image, array: NDArray[Any] | None, format: str, folder: Path) -> list[ImageSource]:
    """Return a picture in every way that it can come."""
    found: list[ImageSource] = [image]
    if format:
        path = folder / f"picture.{format}"
        image.save(path)
        found += [path, str(path), io.BytesIO(path.read_bytes())]
    if array is not None:
        found += [array, np.asfortranarray(array), array[::-1][::-1]]
    return found


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10**6), n_colors=st.integers(1, 12))
def test_the_same_result(tmp_path_factory: pytest.TempPathFactory, mode: str, seed: int, n_colors: int) -> None:
    folder = tmp_path_factory.mktemp("same")
    make, format = MODES[mode]
    rng = np.random.default_rng(seed)
    image, array = make(rng)
    assert image.mode == mode
    palette, results = rng.integers(0, 256, (n_colors, 3)).astype(np.uint8), []
    for source in ways(image, array, format, folder):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ic.errors.ConversionWarning)
            quantized = ic.quantize(source, n_colors, effort="fast")
            applied = ic.apply_palette(source, palette)
            extracted = ic.extract_palette(source, n_colors, effort="fast")
            stream = io.BytesIO()
            file = quantize_file(source, stream, n_colors, effort="fast")
        assert extracted.colors.tolist() == quantized.palette.tolist() == file.palette.tolist()
        assert quantized.lost == applied.lost == file.lost
        facts = (quantized.mse, applied.mse, quantized.lossless, applied.lossless, quantized.lost)
        results.append((quantized.to_array().tolist(), applied.to_array().tolist(), facts, stream.getvalue()))
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_same_segments_and_number_of_clusters(
    tmp_path_factory: pytest.TempPathFactory, mode: str, seed: int
) -> None:
    make, format = MODES[mode]
    rng = np.random.default_rng(seed)
    image, array = make(rng)
    results = []
    for source in ways(image, array, format, tmp_path_factory.mktemp("same")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ic.errors.ConversionWarning)
            superpixels = ic.superpixels(source, 4).labels
            segments = ic.segment(source, 2).labels
            # a floating-point array of two axes is samples, where nobody says otherwise
            choice = ic.choose_k(source, criterion="psnr", psnr=15, kind="image")
        results.append((superpixels.tolist(), segments.tolist(), choice.values.tolist()))
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [(), (3,), (4,)])
def test_arrays_of_the_same_shades_are_the_same_picture(
    dtype: type[np.generic], channels: tuple[int, ...], rng: np.random.Generator
) -> None:
    shades = rng.integers(0, 256, (*SHAPE, *channels)).astype(np.uint8)
    scale = {np.uint8: 1, np.uint16: 257}.get(dtype, 1 / 255)
    array = (shades * np.float64(scale)).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ic.errors.ConversionWarning)
        expected, found = ic.quantize(shades, 6), ic.quantize(array, 6)
    np.testing.assert_array_equal(found.to_array(), expected.to_array())
    assert found.mse == expected.mse
