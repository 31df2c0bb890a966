"""Polygons: they tile the image, fill in to the labels they come from, and their rings are simple."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from imgcluster.segmentation import enforce_connectivity, label_components, relabel
from imgcluster.segmentation._polygons import feature_collection, outlines

LABEL_MAPS = arrays(np.int32, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(-1, 3))


def shoelace(ring: list[list[int]]) -> int:
    x, y = np.array(ring).T
    return int((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) // 2


def fill(polygon: list[list[list[int]]], shape: tuple[int, int]) -> NDArray[np.bool]:
    """Fill rings by the even-odd rule: a pixel is inside when an odd number of upright sides lie to its left."""
    crossings = np.zeros((shape[0], shape[1] + 1), int)
    for ring in polygon:
        for (x, y), (next_x, next_y) in pairwise(ring):
            if x == next_x:
                crossings[min(y, next_y) : max(y, next_y), x] += 1
    return crossings.cumsum(axis=1)[:, :-1] % 2 == 1


@given(labels=LABEL_MAPS)
def test_polygons_fill_in_to_their_labels(labels: Any) -> None:
    labels, n = relabel(labels)
    found = outlines(labels)
    assert len(found) == n
    for label, polygons in enumerate(found):
        mine = labels == label
        assert len(polygons) == label_components(mine.astype(np.int32) - 1)[1]
        assert sum(shoelace(ring) for polygon in polygons for ring in polygon) == mine.sum()
        filled = [fill(polygon, labels.shape) for polygon in polygons]
        np.testing.assert_array_equal(np.sum(filled, axis=0), mine)


@given(labels=LABEL_MAPS)
def test_rings_are_simple_and_turn_at_every_corner(labels: Any) -> None:
    for polygons in outlines(relabel(labels)[0]):
        for polygon in polygons:
            for i, ring in enumerate(polygon):
                assert ring[0] == ring[-1]
                assert len(set(map(tuple, ring))) == len(ring) - 1
                assert (shoelace(ring) > 0) == (i == 0)
                upright = [a[0] == b[0] for a, b in pairwise(ring)]
                assert all(a != b for a, b in zip(upright, upright[1:] + upright[:1], strict=True))
            steps = [step for ring in polygon for step in unit_steps(ring)]
            assert len(set(steps)) == len(steps)


def unit_steps(ring: Any) -> Iterator[Any]:
    """Yield each pixel side of a ring, whichever way it is walked."""
    for (x, y), (next_x, next_y) in pairwise(ring):
        for i in range(abs(next_x - x) + abs(next_y - y)):
            corner = min(x, next_x) + (i if y == next_y else 0), min(y, next_y) + (i if x == next_x else 0)
            yield (*corner, y == next_y)


def test_a_hole_that_touches_the_outside_at_a_corner() -> None:
    labels = np.array([[-1, 0, 0], [0, -1, 0], [0, 0, 0]], np.int32)
    ((outer, hole),) = outlines(labels)[0]
    assert [1, 1] in outer
    assert [1, 1] in hole
    assert (shoelace(outer), shoelace(hole)) == (8, -1)


def test_one_feature_a_segment() -> None:
    labels = np.array([[0, 1], [1, 0], [2, 2]], np.int32)
    features = feature_collection(labels, [{"label": i} for i in range(3)])["features"]
    assert [feature["geometry"]["type"] for feature in features] == ["MultiPolygon", "MultiPolygon", "Polygon"]
    assert [feature["properties"]["label"] for feature in features] == [0, 1, 2]
    connected, n = enforce_connectivity(labels)
    features = feature_collection(connected, [{}] * n)["features"]
    assert {feature["geometry"]["type"] for feature in features} == {"Polygon"}
