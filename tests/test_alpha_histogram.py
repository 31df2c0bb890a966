"""Colors with alpha and their counts: opaque, translucent and clear ones, added up, packed and looked up."""

import pickle
from typing import Any

import numpy as np
import pytest

from imgcluster.colors import AlphaHistogram, Histogram, map_alpha_pixels
from imgcluster.colors import _alpha_histogram as module

PIXELS = np.array(
    [[[9, 0, 0, 255], [9, 0, 0, 128], [9, 0, 0, 0], [7, 0, 0, 0], [1, 2, 3, 254], [1, 2, 3, 1], [9, 0, 0, 255]]],
    np.uint8,
)
OPAQUE = np.array([[[1, 2, 3, 255], [4, 5, 6, 255]]], np.uint8)


def listed(histogram: AlphaHistogram) -> list[tuple[Any, ...]]:
    return [(*color, n) for color, n in zip(histogram.colors.tolist(), histogram.counts.tolist(), strict=True)]


def test_colors_are_opaque_then_translucent_then_clear() -> None:
    histogram = AlphaHistogram.from_pixels(PIXELS)
    rows = [(9, 0, 0, 255, 2), (1, 2, 3, 1, 1), (9, 0, 0, 128, 1), (1, 2, 3, 254, 1), (0, 0, 0, 0, 2)]
    assert listed(histogram) == rows
    assert (len(histogram), histogram.n_pixels, histogram.n_clear, histogram.is_opaque) == (5, 7, 2, False)
    assert histogram.translucent.tolist() == [list(row[:4]) for row in rows[1:4]]
    assert histogram.translucent_counts.tolist() == [1, 1, 1]


def test_opaque_pixels_alone_are_one_color_less() -> None:
    for histogram in (AlphaHistogram.from_pixels(OPAQUE), AlphaHistogram.of(Histogram.from_pixels(OPAQUE[..., :3]))):
        assert listed(histogram) == [(1, 2, 3, 255, 1), (4, 5, 6, 255, 1)]
        assert (len(histogram), histogram.n_pixels, histogram.is_opaque) == (2, 2, True)
    assert AlphaHistogram.of(histogram) is histogram
    for alpha in (0, 254):
        assert not AlphaHistogram.from_pixels(np.array([[[0, 0, 0, alpha]]], np.uint8)).is_opaque


def test_no_histograms_add_up_to_an_empty_one() -> None:
    empty = AlphaHistogram.merge([])
    assert (len(empty), empty.n_pixels, empty.is_opaque, listed(empty)) == (0, 0, True, [])
    assert listed(empty + AlphaHistogram.from_pixels(PIXELS)) == listed(AlphaHistogram.from_pixels(PIXELS))


def test_sums_are_those_of_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    parts = [rng.choice([0, 1, 200, 255], (30, 40, 4)).astype(np.uint8) for _ in range(6)]
    expected = listed(AlphaHistogram.from_pixels(np.concatenate(parts)))
    histograms = [AlphaHistogram.from_pixels(part) for part in parts]
    for most in (1 << 22, 100):
        monkeypatch.setattr(module, "_MOST_WAITING", most)
        assert listed(AlphaHistogram.merge(iter(histograms))) == expected
        assert listed(AlphaHistogram.merge(reversed(histograms))) == expected
    assert listed(histograms[0] + histograms[1]) == listed(AlphaHistogram.from_pixels(np.concatenate(parts[:2])))
    with pytest.raises(TypeError):
        histograms[0] + 3  # type: ignore[operator]


def test_only_8_bit_rgba_is_counted() -> None:
    with pytest.raises(TypeError, match="pixels must be uint8, got float64; scale them to 0"):
        AlphaHistogram.from_pixels(np.zeros((2, 2, 4)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"pixels must have shape \(..., 4\), got \(2, 2, 3\)"):
        AlphaHistogram.from_pixels(np.zeros((2, 2, 3), np.uint8))


def test_packing_is_exact_and_damage_is_seen() -> None:
    histogram = AlphaHistogram.from_pixels(PIXELS)
    data = histogram.to_bytes()
    assert listed(AlphaHistogram.from_bytes(data)) == listed(histogram)
    assert listed(pickle.loads(pickle.dumps(histogram))) == listed(histogram)
    for other in (
        b"",
        data[:19],
        data[:20],
        b"ICA\x02" + data[4:],
        b"x" + data,
        Histogram.from_pixels(PIXELS[..., :3]).to_bytes(),
    ):
        with pytest.raises(ValueError, match="histogram"):
            AlphaHistogram.from_bytes(other)
    for alpha in (0, 255):
        words = np.array([alpha << 24 | 5], np.uint32)
        wrong = AlphaHistogram(histogram.opaque, words, np.ones(1, np.int64), 0).to_bytes()
        with pytest.raises(ValueError, match="the bytes of the histogram are damaged; count the picture again"):
            AlphaHistogram.from_bytes(wrong)


@pytest.mark.parametrize("pixels", [PIXELS, OPAQUE, PIXELS[:, 2:4], PIXELS[:, 4:6], PIXELS[:, 1:4]])
def test_each_pixel_gets_the_value_of_its_color(pixels: Any) -> None:
    histogram = AlphaHistogram.from_pixels(pixels)
    shown = np.where(pixels[..., 3:] == 0, 0, pixels)
    for dtype in (np.uint8, np.uint16):
        values = np.arange(1, len(histogram) + 1, dtype=dtype)
        found = map_alpha_pixels(pixels, histogram, values)
        assert found.dtype == dtype
        np.testing.assert_array_equal(histogram.colors[found.astype(int) - 1], shown)
