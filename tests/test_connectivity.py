"""Connected components against scikit-image, and the promises of enforce_connectivity."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.measure import label

from imgcluster.segmentation import divide_segments, enforce_connectivity, is_connected, label_components, relabel

LABEL_MAPS = arrays(np.int32, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(-1, 4))


@given(labels=LABEL_MAPS)
def test_components_are_those_of_scikit_image(labels: Any) -> None:
    components, n = label_components(labels)
    expected = label(labels, connectivity=1, background=-1)
    np.testing.assert_array_equal(components, expected - 1)
    assert n == expected.max()


def test_windings_are_one_component() -> None:
    spiral = np.zeros((41, 41), np.int32)
    for i in range(0, 20, 2):
        spiral[i : 41 - i, i : 41 - i] = 1
        spiral[i + 1 : 40 - i, i + 1 : 40 - i] = 0
        spiral[i + 1, i] = 0
        spiral[i + 2, i + 1] = 1
    for turned in (spiral, spiral[::-1], spiral.T, spiral.T[::-1]):
        expected = label(turned, connectivity=1, background=-1)
        np.testing.assert_array_equal(label_components(turned)[0], expected - 1)


@given(labels=LABEL_MAPS)
def test_relabel_follows_the_first_pixels(labels: Any) -> None:
    out, n = relabel(labels)
    inside = labels >= 0
    np.testing.assert_array_equal(inside, out >= 0)
    values, first = np.unique(labels[inside], return_index=True)
    assert n == len(values)
    np.testing.assert_array_equal(values[np.argsort(first)][out[inside]], labels[inside])


@given(labels=LABEL_MAPS, min_size=st.integers(0, 30))
def test_what_enforce_connectivity_promises(labels: Any, min_size: Any) -> None:
    out, n = enforce_connectivity(labels, min_size)
    inside = labels >= 0
    np.testing.assert_array_equal(inside, out >= 0)
    assert is_connected(out)
    np.testing.assert_array_equal(np.unique(out[inside]), np.arange(n))
    islands = label_components(inside.astype(np.int32) - 1)[0]
    areas = np.bincount(out[inside], minlength=n)
    for segment in np.flatnonzero(areas < min_size):
        (island,) = np.unique(islands[out == segment])
        assert areas[segment] == (islands == island).sum()  # nothing to join
    again, _ = enforce_connectivity(out, min_size)
    np.testing.assert_array_equal(again, out)


@given(labels=LABEL_MAPS)
def test_the_largest_components_keep_their_pixels_and_their_order(labels: Any) -> None:
    out, n = enforce_connectivity(labels)
    components, _ = label_components(labels)
    kept = []
    for value in np.unique(labels[labels >= 0]):
        numbers, areas = np.unique(components[labels == value], return_counts=True)
        (segment,) = np.unique(out[components == numbers[areas.argmax()]])
        kept.append(segment)
    assert kept == sorted(set(kept))
    assert n >= len(kept)


def test_a_piece_joins_the_longest_border_and_ties_go_to_the_lowest_label() -> None:
    labels = np.array([[1, 1, 1, 1, 1], [1, 2, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 2, 2]], np.int32)
    assert enforce_connectivity(labels)[0][1, 1] == 0  # two sides each
    labels[2, 1] = 1
    assert enforce_connectivity(labels)[0][1, 1] == 1


def test_huge_labels_need_no_huge_tables() -> None:
    labels = np.array([[2**31 - 1, 5, -7]], np.int32)
    assert relabel(labels)[0].tolist() == [[0, 1, -1]]
    assert enforce_connectivity(labels)[0].tolist() == [[1, 0, -1]]


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1)])
def test_nothing_inside(shape: tuple[int, int]) -> None:
    labels = np.full(shape, -1, np.int32)
    for result in (label_components, relabel, enforce_connectivity):
        out, n = result(labels)
        assert n == 0
        np.testing.assert_array_equal(out, labels)


@given(labels=LABEL_MAPS, share=st.floats(0, 1))
def test_divided_segments_are_parts_of_the_old_and_enough(labels: Any, share: Any) -> None:
    labels, n = enforce_connectivity(labels)
    inside = labels >= 0
    if n == np.count_nonzero(inside):
        return
    wanted = n + 1 + int(share * (np.count_nonzero(inside) - n - 1))
    out, found = divide_segments(labels, n, wanted)
    assert found >= wanted
    assert is_connected(out)
    np.testing.assert_array_equal(out == -1, ~inside)
    pairs = np.unique(np.stack([out[inside], labels[inside]]), axis=1)
    np.testing.assert_array_equal(pairs[0], np.arange(found))
