"""choose_k on images."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import imgcluster as ic
from imgcluster.errors import ConversionWarning, ImageReadError
from imgcluster.types import UInt8Array

HUES = np.array([[230, 30, 30], [30, 230, 30], [30, 30, 230], [240, 240, 20]], dtype=float)


@pytest.fixture
def poster(rng: np.random.Generator) -> UInt8Array:
    """A picture of four noisy colors, some rarer than others."""
    labels = rng.choice(4, (40, 50), p=[0.4, 0.3, 0.2, 0.1])
    return np.clip(HUES[labels] + rng.normal(scale=5, size=(40, 50, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("criterion", ["elbow", "silhouette", "bic", "gap"])
def test_planted_colors_are_found(poster: UInt8Array, criterion: str) -> None:
    choice = ic.choose_k(poster, range(2, 8), criterion=criterion)
    assert choice.k == 4, choice.reason


@pytest.mark.parametrize("criterion", ["elbow", "silhouette"])
def test_colors_weigh_as_many_as_they_have_pixels(poster: UInt8Array, criterion: str) -> None:
    small = poster[:12, :12] // 32 * 32
    image = ic.choose_k(small, range(2, 6), criterion=criterion)
    samples = ic.choose_k(small.reshape(-1, 3).astype(float), range(2, 6), criterion=criterion)
    assert image.k == samples.k
    assert image.values == pytest.approx(samples.values, rel=1e-6)


def test_every_kind_of_image(poster: UInt8Array, tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    Image.fromarray(poster).save(path)
    expected = ic.choose_k(poster, [2, 3, 4]).values
    for image in (path, str(path), Image.fromarray(poster), io.BytesIO(path.read_bytes())):
        assert (ic.choose_k(image, [2, 3, 4]).values == expected).all()
    with pytest.raises(ImageReadError):
        ic.choose_k(tmp_path / "missing.png")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, ">u2"])
def test_an_array_of_shades_with_two_axes_is_a_gray_image(poster: UInt8Array, dtype: Any) -> None:
    gray = poster[..., 0]
    expected = ic.choose_k(np.dstack([gray] * 3), [2, 3, 4]).values
    deep = gray if dtype == np.uint8 else gray.astype(dtype) * 257
    for image in (deep, Image.fromarray(gray)):
        assert (ic.choose_k(image, [2, 3, 4]).values == expected).all()
    assert (ic.choose_k(gray / 255, [2, 3, 4], kind="image").values == expected).all()


def test_other_arrays_with_two_axes_hold_samples(rng: np.random.Generator) -> None:
    X = rng.integers(0, 256, (30, 2), dtype=np.uint8)
    expected = ic.choose_k(X.astype(float), [2, 3, 4]).values
    for same in (X.astype(np.int64), X.tolist()):
        assert (ic.choose_k(same, [2, 3, 4]).values == expected).all()
    assert (ic.choose_k(X, [2, 3, 4], kind="samples").values == expected).all()


def test_a_transparent_array_is_put_on_white_as_a_file_is(poster: UInt8Array, tmp_path: Path) -> None:
    picture = Image.fromarray(poster)
    picture.putalpha(Image.fromarray(poster[..., 1]))
    picture.save(tmp_path / "clear.png")
    with pytest.warns(ConversionWarning, match="transparency"):
        first, other = (ic.choose_k(image, [2, 3, 4]) for image in (tmp_path / "clear.png", np.asarray(picture)))
    assert (first.values == other.values).all()


def test_psnr_is_that_of_quantize(coffee: UInt8Array) -> None:
    choice = ic.choose_k(coffee, [4, 8, 16], criterion="psnr", psnr=25)
    assert choice.values.tolist() == [ic.quantize(coffee, k).psnr for k in (4, 8, 16)]
    assert choice.k == 8
    assert "25 dB" in choice.reason


def test_psnr_finds_the_smallest_palette(coffee: UInt8Array) -> None:
    small = coffee[::4, ::4]
    choice = ic.choose_k(small, criterion="psnr", psnr=28)
    at = choice.ks.index(choice.k)
    assert choice.ks[at - 1] == choice.k - 1
    assert choice.values[at - 1] < 28 <= choice.values[at]
    assert {1, 2, 4, 8, 16, 32, 64, 128, 256} <= set(choice.ks)


def test_psnr_out_of_reach_and_at_once(coffee: UInt8Array) -> None:
    choice = ic.choose_k(coffee[::8, ::8], [2, 4], criterion="psnr", psnr=90)
    assert choice.k == 4
    assert "No k reaches 90 dB: the largest tried, k = 4, has" in choice.reason
    choice = ic.choose_k(coffee[::8, ::8], [2, 4], criterion="psnr", psnr=1)
    assert choice.k == 2
    assert "none smaller was tried" in choice.reason


def test_few_colors_are_without_loss(poster: UInt8Array) -> None:
    flat = (poster // 128 * 128)[:9, :9]
    n_distinct = len(ic.Histogram.from_pixels(flat))
    choice = ic.choose_k(flat, criterion="psnr", psnr=200)
    assert (choice.k, max(choice.ks)) == (n_distinct, n_distinct)
    assert "without loss" in choice.reason
    assert choice.table()[-1]["value"] is None


def test_threads_do_not_decide(poster: UInt8Array) -> None:
    one, three = (ic.choose_k(poster, range(1, 6), n_threads=n) for n in (1, 3))
    assert (one.values == three.values).all()


def test_numbers_above_that_of_the_colors_are_left_out() -> None:
    few = np.arange(5 * 5 * 3).reshape(5, 5, 3).astype(np.uint8) // 15 * 15
    for pixels, ks, tried in ((np.zeros((4, 4, 3), np.uint8), [2, 3, 4], (1,)), (few, range(1, 20), (1, 2, 3, 4, 5))):
        with pytest.warns(ConversionWarning, match="distinct colors?, so larger ks are left out"):
            assert ic.choose_k(pixels, ks).ks == tried


def test_bad_parameters(poster: UInt8Array) -> None:
    with pytest.raises(ValueError, match="sample_weight is for samples"):
        ic.choose_k(poster, sample_weight=np.ones(2000))
    with pytest.raises(ValueError, match="kind must be one of image, samples, got 'table'"):
        ic.choose_k(poster, kind="table")
    with pytest.raises(ValueError, match=r'criterion "psnr" is for images, got an array of samples.*kind="image"'):
        ic.choose_k(poster[..., 0] / 255, criterion="psnr")
    with pytest.raises(ValueError, match="silhouette needs at least 2 distinct colors"):
        ic.choose_k(np.zeros((4, 4, 3), np.uint8), criterion="silhouette")


def test_a_reason_has_as_many_digits_as_the_target_needs() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    reached = ic.quantize(pixels, 8).psnr
    for short in (1e-4, 1e-6):
        psnr = reached + short
        reason = ic.choose_k(pixels, [8, 32], criterion="psnr", psnr=psnr).reason
        found = re.search(r"reaches .* it has (\d+\.\d+) dB, k = 8 has (\d+\.\d+) dB", reason)
        assert found is not None
        assert float(found[2]) < psnr <= float(found[1])
