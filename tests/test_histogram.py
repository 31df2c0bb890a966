import gc
import struct
import tracemalloc
import weakref
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster import Histogram
from imgcluster.colors import bits_for, color_features

PACKED = Histogram(np.array([3, 700, 701, 90_000], np.uint32), np.array([1, 2, 999, 4], np.int64)).to_bytes()


def test_counts_every_color_exactly(astronaut: NDArray[np.uint8]) -> None:
    histogram = Histogram.from_pixels(astronaut)
    colors, counts = np.unique(astronaut.reshape(-1, 3), axis=0, return_counts=True)
    order = np.lexsort(histogram.colors.T[::-1])
    np.testing.assert_array_equal(histogram.colors[order], colors)
    np.testing.assert_array_equal(histogram.counts[order], counts)
    assert histogram.n_pixels == 512 * 512
    assert len(histogram) == len(colors)
    assert (np.diff(histogram.keys.astype(np.int64)) > 0).all()


def test_all_24_bits_can_be_counted() -> None:
    levels = np.array([0, 1, 127, 128, 254, 255], np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
    histogram = Histogram.from_pixels(np.repeat(colors, 2, axis=0)[None])
    assert len(histogram) == len(colors)
    assert (histogram.counts == 2).all()
    assert {tuple(c) for c in histogram.colors.tolist()} == {tuple(c) for c in colors.tolist()}


def test_histograms_add_up(astronaut: NDArray[np.uint8], coffee: NDArray[np.uint8]) -> None:
    upper, lower = Histogram.from_pixels(astronaut[:200]), Histogram.from_pixels(astronaut[200:])
    whole = Histogram.from_pixels(astronaut)
    for merged in (upper + lower, lower + upper):
        np.testing.assert_array_equal(merged.keys, whole.keys)
        np.testing.assert_array_equal(merged.counts, whole.counts)
        assert merged.counts.dtype == np.int64
    both = whole + Histogram.from_pixels(coffee)
    assert both.n_pixels == astronaut.size // 3 + coffee.size // 3


def test_only_8_bit_rgb_is_counted() -> None:
    with pytest.raises(TypeError, match="must be uint8, got float64"):
        Histogram.from_pixels(np.zeros((2, 2, 3)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"shape \(..., 3\), got \(2, 2\)"):
        Histogram.from_pixels(np.zeros((2, 2), np.uint8))
    with pytest.raises(TypeError, match="unsupported operand"):
        Histogram.from_pixels(np.zeros((1, 3), np.uint8)) + 1  # type: ignore[operator]


@pytest.mark.parametrize("bits", [1, 4, 6, 7, 8])
def test_bins_hold_the_mean_of_their_pixels(astronaut: NDArray[np.uint8], bits: int) -> None:
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


def test_bins_are_as_fine_as_allowed(astronaut: NDArray[np.uint8]) -> None:
    histogram = Histogram.from_pixels(astronaut)
    sizes = {bits: len(color_features(histogram, bits).X) for bits in (5, 6, 7, 8)}
    assert bits_for(histogram, sizes[8]) == 8
    assert bits_for(histogram, sizes[8] - 1) == 7
    assert bits_for(histogram, sizes[6]) == 6
    assert bits_for(histogram, 1) == 5


def test_any_number_merges_in_any_order(
    astronaut: NDArray[np.uint8], coffee: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    parts = [Histogram.from_pixels(rows) for rows in np.array_split(astronaut, 7)]
    parts += [Histogram.from_pixels(coffee), Histogram.from_pixels(np.empty((0, 3), np.uint8))]
    one_by_one = sum(parts[1:], parts[0])
    for order in (parts, parts[::-1], [parts[i] for i in rng.permutation(len(parts))]):
        batches = [Histogram.merge(order[i : i + 4]) for i in range(0, len(order), 4)]
        for merged in (Histogram.merge(iter(order)), Histogram.merge(batches)):
            np.testing.assert_array_equal(merged.keys, one_by_one.keys)
            np.testing.assert_array_equal(merged.counts, one_by_one.counts)
            assert merged.keys.dtype == np.uint32
            assert merged.counts.dtype == np.int64


def test_merging_holds_one_histogram_at_a_time(astronaut: NDArray[np.uint8]) -> None:
    alive = []

    def parts() -> Iterator[Any]:
        for rows in np.array_split(astronaut, 5):
            histogram = Histogram.from_pixels(rows)
            alive.append(weakref.ref(histogram))
            yield histogram
            del histogram
            gc.collect()
            assert sum(reference() is not None for reference in alive) <= 1

    assert Histogram.merge(parts()).n_pixels == 512 * 512


def test_a_photo_packs_into_little_more_than_a_byte_a_color(astronaut: NDArray[np.uint8]) -> None:
    histogram = Histogram.from_pixels(astronaut)
    packed = histogram.to_bytes()
    assert len(packed) < 1.2 * len(histogram)
    assert packed == histogram.to_bytes()


@given(
    st.dictionaries(
        st.integers(0, 2**24 - 1) | st.sampled_from([0, 254, 255, 256, 2**24 - 1]),
        st.integers(1, 600) | st.sampled_from([255, 256, 257, 2**32, 2**53]),
        max_size=40,
    )
)
def test_packing_is_exact(colors: Any) -> None:
    keys = np.array(sorted(colors), np.uint32)
    histogram = Histogram(keys, np.array([colors[int(key)] for key in keys], np.int64))
    back = Histogram.from_bytes(histogram.to_bytes())
    np.testing.assert_array_equal(back.keys, histogram.keys)
    np.testing.assert_array_equal(back.counts, histogram.counts)
    assert (back.keys.dtype, back.counts.dtype) == (np.uint32, np.int64)  # type: ignore[comparison-overlap]


def test_bytes_of_another_kind_are_refused(coffee: NDArray[np.uint8]) -> None:
    packed = Histogram.from_pixels(coffee[:40]).to_bytes()
    newer = packed[:3] + b"\x02" + packed[4:]
    for data in (b"", b"ICH\x01", b"GIF89a" * 9, newer):
        with pytest.raises(ValueError, match=r"no histogram|damaged"):
            Histogram.from_bytes(data)
    for data in (packed[:-1], packed + b"\0", packed[:40] + b"\xff\xff" + packed[42:]):
        with pytest.raises(ValueError, match="the bytes of the histogram are damaged; count the picture again"):
            Histogram.from_bytes(data)


@given(st.integers(0, 10**6), st.integers(0, 255))
def test_damaged_bytes_never_make_a_broken_histogram(place: Any, value: Any) -> None:
    packed = bytearray(PACKED)
    packed[place % len(packed)] = value
    try:
        histogram = Histogram.from_bytes(bytes(packed))
    except ValueError:
        return
    assert (np.diff(histogram.keys.astype(np.int64)) > 0).all()
    assert (histogram.counts > 0).all()


def test_a_bomb_stays_small() -> None:
    # the sizes ask for one color, the stream holds 64 MB
    data = struct.pack("<4s3I", b"ICH\x01", 1, 0, 0) + zlib.compress(bytes(1 << 26))
    tracemalloc.start()
    with pytest.raises(ValueError, match="damaged"):
        Histogram.from_bytes(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
