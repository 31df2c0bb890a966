"""Automatic dithering of pictures whose files are to be small: steps that show are dithered, and the rest is lossy."""

import io

import numpy as np
import pytest
from skimage.filters import gaussian

import imgcluster as ic
from imgcluster.types import UInt8Array


def size_of(result: ic.Quantized) -> int:
    stream = io.BytesIO()
    result.save(stream)
    return stream.tell()


def ramp() -> UInt8Array:
    y, x = np.mgrid[:120, :160]
    return np.stack([40 + y * 1.3, 60 + x * 0.9, 200 - y], axis=-1).astype(np.uint8)


def blurred_error(result: ic.Quantized, original: UInt8Array) -> float:
    both = (gaussian(picture.astype(float), 2, channel_axis=2) for picture in (result.to_array(), original))
    return float(np.abs(next(both) - next(both)).mean())


def test_steps_that_no_one_sees_cost_no_bytes(coffee: UInt8Array) -> None:
    part = coffee[100:200, 200:350]
    plain, dithered = (
        ic.quantize(part, 200, effort="fast", color_space="oklab", lossy=10, dither=dither)
        for dither in ("none", "auto")
    )
    assert size_of(dithered) < 1.03 * size_of(plain)
    assert dithered.mse < 1.1 * plain.mse


def test_steps_that_show_are_dithered() -> None:
    plain, dithered = (
        ic.quantize(ramp(), 8, color_space="oklab", lossy=5, dither=dither) for dither in ("none", "auto")
    )
    assert blurred_error(dithered, ramp()) < 0.5 * blurred_error(plain, ramp())


def test_what_is_not_dithered_is_as_lossy_as_asked_for(coffee: UInt8Array) -> None:
    part = coffee[100:200, 200:350]
    sizes = [
        size_of(ic.quantize(part, 128, effort="fast", color_space="oklab", lossy=lossy, dither="auto"))
        for lossy in (0.1, 20, 60)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[1] < 0.95 * sizes[0]


@pytest.mark.parametrize("k", [24, 128])
def test_neither_bands_nor_threads_change_anything(coffee: UInt8Array, k: int) -> None:
    part = coffee[100:180, 200:300]
    whole = ic.quantize(part, k, effort="fast", lossy=8, dither="auto", n_threads=1)
    again = ic.quantize(part, k, effort="fast", lossy=8, dither="auto", n_threads=3)
    np.testing.assert_array_equal(whole.indices, again.indices)
    stream = io.BytesIO()
    ic.quantize_large(part, stream, k, effort="fast", lossy=8, dither="auto", format=".png", band_pixels=2000)
    stream.seek(0)
    np.testing.assert_array_equal(ic.read_image(stream), whole.to_array())


def test_the_error_is_that_of_the_picture(coffee: UInt8Array) -> None:
    part = coffee[:100, :150]
    result = ic.quantize(part, 32, lossy=10, dither="auto")
    squares = (result.to_array().astype(int) - part) ** 2
    assert result.mse == squares.sum() / squares[..., 0].size


def test_clear_pixels_stay_clear_and_opaque_ones_opaque(coffee: UInt8Array) -> None:
    alpha = np.clip(np.hypot(*np.mgrid[-50:50, -75:75]) * 8 - 200, 0, 255).astype(np.uint8)
    sprite = np.dstack([coffee[:100, :150], 255 - alpha])
    found = ic.quantize(sprite, 48, color_space="oklab", lossy=20, dither="auto").to_array()
    assert (found[sprite[..., 3] == 0, 3] == 0).all()
    assert (found[sprite[..., 3] == 255, 3] == 255).all()


def test_more_colors_than_a_lossy_mapping_takes_are_dithered_all_the_same(coffee: UInt8Array) -> None:
    assert len(ic.quantize(coffee[:60, :90], 300, lossy=5, dither="auto").palette) == 300
