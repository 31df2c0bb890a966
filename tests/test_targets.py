"""Targets: the fewest colors of a quality or PSNR, and the best picture within a number of bytes."""

import io
from pathlib import Path

import numpy as np
import pytest
from _pictures import saved

import imgcluster as ic
from imgcluster.errors import TargetError
from imgcluster.quantization import quantize_file
from imgcluster.quantization._targets import mse_of_quality, quality_of
from imgcluster.types import UInt8Array


@pytest.fixture
def photo(coffee: UInt8Array) -> UInt8Array:
    return coffee[::4, ::4]


@pytest.mark.parametrize("quality", [30, 65, 80])
def test_one_color_less_does_not_reach_the_quality(photo: UInt8Array, quality: int) -> None:
    result = ic.quantize(photo, quality=(0, quality))
    assert result.mse <= mse_of_quality(quality)
    assert ic.quantize(photo, len(result.palette) - 1).mse > mse_of_quality(quality)
    same = ic.quantize(photo, len(result.palette))
    np.testing.assert_array_equal(result.palette, same.palette)
    np.testing.assert_array_equal(result.indices, same.indices)


def test_one_color_less_does_not_reach_the_psnr(photo: UInt8Array) -> None:
    result = ic.quantize(photo, target_psnr=32)
    assert result.psnr >= 32
    assert ic.quantize(photo, len(result.palette) - 1).psnr < 32


def test_auto_is_a_quality_of_85(photo: UInt8Array) -> None:
    np.testing.assert_array_equal(ic.quantize(photo, "auto").palette, ic.quantize(photo, quality=85).palette)


def test_what_cannot_be_reached_is_rejected_with_the_best(photo: UInt8Array, tmp_path: Path) -> None:
    best = quality_of(ic.quantize(photo, 4).mse)
    with pytest.raises(
        TargetError, match=rf"quality 70 is out of reach: 4 colors reach {best}; allow more colors or a lower quality$"
    ):
        ic.quantize(photo, 4, quality=(70, 90))
    with pytest.raises(TargetError, match=r"target_psnr of 60 dB is out of reach: 8 colors reach \d+\.\d dB"):
        ic.quantize(photo, 8, target_psnr=60)
    with pytest.raises(TargetError, match=r"max_bytes of 50 is out of reach: the smallest file has \d+ bytes"):
        quantize_file(photo, tmp_path / "a.png", max_bytes=50)
    assert not list(tmp_path.iterdir())


def test_between_the_two_qualities_all_colors_are_used(photo: UInt8Array) -> None:
    assert len(ic.quantize(photo, 16, quality=(1, 95)).palette) == 16


@pytest.mark.parametrize("share", [0.75, 0.4, 0.15])
def test_bytes_are_kept_and_used(photo: UInt8Array, share: float) -> None:
    whole = io.BytesIO()
    ic.quantize(photo).save(whole)
    most = int(share * whole.tell())
    stream = io.BytesIO()
    ic.quantize(photo, max_bytes=most).save(stream)
    assert 0.9 * most <= stream.tell() <= most


def test_an_easy_picture_keeps_its_bytes(photo: UInt8Array) -> None:
    assert ic.quantize(photo[:8, :8] // 128 * 255, max_bytes=1000).lossless


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"quality": (80, 65)}, "quality must be a range from low to high, got 80-65; write 65-80"),
        ({"quality": (-1, 65)}, "quality must be between 0 and 100, got -1"),
        ({"quality": (1, 2, 3)}, "quality must be two numbers"),
        ({"quality": 80, "target_psnr": 30}, "quality and target_psnr exclude each other"),
        ({"quality": 80, "max_bytes": 300}, "max_bytes and quality exclude each other"),
        ({"quality": 80, "palette": [[0, 0, 0]]}, "palette and quality exclude each other"),
        ({"max_bytes": 0}, "max_bytes must be at least 1, got 0"),
        ({"target_psnr": 0.0}, "target_psnr must be between 1 and 100, got 0"),
    ],
)
def test_contradictions_are_rejected(photo: UInt8Array, parameters: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ic.quantize(photo, **parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("has_alpha", [False, True])
def test_quality_and_error_agree(has_alpha: bool) -> None:
    errors = [mse_of_quality(quality, has_alpha=has_alpha) for quality in range(101)]
    assert errors == sorted(errors, reverse=True)
    assert [quality_of(error, has_alpha=has_alpha) for error in errors] == list(range(101))


def test_files_reach_the_same_target(photo: UInt8Array, tmp_path: Path) -> None:
    path = saved(tmp_path / "photo.png", photo)
    result = quantize_file(path, tmp_path / "out.png", quality=60)
    np.testing.assert_array_equal(result.palette, ic.quantize(photo, quality=60).palette)


def test_a_plain_ground_does_not_excuse_the_rest() -> None:
    y, x = np.mgrid[:40, :40]
    motif = np.dstack([y * 6, x * 6, 255 - 3 * (x + y)]).astype(np.uint8)
    framed = np.full((200, 200, 3), 255, np.uint8)
    framed[80:120, 80:120] = motif
    alone, n_framed = (len(ic.quantize(pixels, quality=60).palette) for pixels in (motif, framed))
    assert 0.4 * alone <= n_framed <= alone


def test_clear_parts_do_not_excuse_the_rest() -> None:
    y, x = np.mgrid[:40, :40]
    motif = np.dstack([y * 6, x * 6, 255 - 3 * (x + y), 255 - x // 8]).astype(np.uint8)
    framed = np.zeros((200, 200, 4), np.uint8)
    framed[80:120, 80:120] = motif
    alone, n_framed = (len(ic.quantize(pixels, quality=60).palette) for pixels in (motif, framed))
    assert 0.4 * alone <= n_framed <= alone
