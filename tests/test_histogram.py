import numpy as np
import pytest

from imgcluster import Histogram
from imgcluster.features import bits_for, color_features


def test_counts_every_colour_exactly(astronaut):
    histogram = Histogram.from_pixels(astronaut)
    colors, counts = np.unique(astronaut.reshape(-1, 3), axis=0, return_counts=True)
    order = np.lexsort(histogram.colors.T[::-1])
    np.testing.assert_array_equal(histogram.colors[order], colors)
    np.testing.assert_array_equal(histogram.counts[order], counts)
    assert histogram.n_pixels == 512 * 512
    assert len(histogram) == len(colors)
    assert (np.diff(histogram.keys.astype(np.int64)) > 0).all()


def test_all_24_bits_can_be_counted():
    levels = np.array([0, 1, 127, 128, 254, 255], np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
    histogram = Histogram.from_pixels(np.repeat(colors, 2, axis=0)[None])
    assert len(histogram) == len(colors)
    assert (histogram.counts == 2).all()
    assert {tuple(c) for c in histogram.colors.tolist()} == {tuple(c) for c in colors.tolist()}


def test_histograms_add_up(astronaut, coffee):
    upper, lower = Histogram.from_pixels(astronaut[:200]), Histogram.from_pixels(astronaut[200:])
    whole = Histogram.from_pixels(astronaut)
    for merged in (upper + lower, lower + upper):
        np.testing.assert_array_equal(merged.keys, whole.keys)
        np.testing.assert_array_equal(merged.counts, whole.counts)
        assert merged.counts.dtype == np.int64
    both = whole + Histogram.from_pixels(coffee)
    assert both.n_pixels == astronaut.size // 3 + coffee.size // 3


def test_only_8_bit_rgb_is_counted():
    with pytest.raises(TypeError, match="must be uint8, got float64"):
        Histogram.from_pixels(np.zeros((2, 2, 3)))
    with pytest.raises(ValueError, match=r"shape \(..., 3\), got \(2, 2\)"):
        Histogram.from_pixels(np.zeros((2, 2), np.uint8))
    with pytest.raises(TypeError, match="unsupported operand"):
        Histogram.from_pixels(np.zeros((1, 3), np.uint8)) + 1


@pytest.mark.parametrize("bits", [1, 4, 6, 7, 8])
def test_bins_hold_the_mean_of_their_pixels(astronaut, bits):
    features = color_features(Histogram.from_pixels(astronaut), bits)
    pixels = astronaut.reshape(-1, 3)
    bins, inverse = np.unique(pixels >> (8 - bits), axis=0, return_inverse=True)
    counts = np.bincount(inverse)
    means = np.stack([np.bincount(inverse, column) / counts for column in pixels.T], axis=1)
    assert len(features.X) == len(bins)
    order = np.lexsort((features.X // 2 ** (8 - bits)).T[::-1])
    np.testing.assert_array_equal(features.weights[order], counts)
    np.testing.assert_allclose(features.X[order], means, atol=1 / 32)
    assert (np.diff(features.keys.astype(np.int64)) > 0).all()


def test_bins_are_as_fine_as_allowed(astronaut):
    histogram = Histogram.from_pixels(astronaut)
    sizes = {bits: len(color_features(histogram, bits).X) for bits in (5, 6, 7, 8)}
    assert bits_for(histogram, sizes[8]) == 8
    assert bits_for(histogram, sizes[8] - 1) == 7
    assert bits_for(histogram, sizes[6]) == 6
    assert bits_for(histogram, 1) == 5
