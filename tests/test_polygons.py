"""Polygons: they tile the image, fill in to the labels they come from, and their rings are simple."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster import kernels
from imgcluster.segmentation import enforce_connectivity, label_components, relabel
from imgcluster.segmentation.polygons._outlines import trace
from imgcluster.segmentation.polygons._polygons import polygons_of

LABEL_MAPS = arrays(np.int32, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(-1, 3))


Polygon = list[list[list[int]]]


def outlines(labels: Any, n_vertices: int = 4096) -> list[list[Polygon]]:
    """Return the polygons of each label, traced about so many corners at a time."""
    labels = np.asarray(labels, np.int32)
    last_rows = kernels.region_shapes(labels, int(labels.max()) + 1).boxes[:, 2] - 1
    found: list[Any] = []
    for part in trace(labels, last_rows, n_vertices):
        assert part.first == len(found)
        found += polygons_of(part)
    return found


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


@given(labels=LABEL_MAPS, n_vertices=st.sampled_from([1, 40, 4096]))
def test_polygons_fill_in_to_their_labels(labels: Any, n_vertices: int) -> None:
    labels, n = relabel(labels)
    found = outlines(labels, n_vertices)
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


def test_holes_belong_to_the_piece_around_them() -> None:
    ring = np.full((9, 12), -1, np.int32)
    ring[:, :9] = 0
    ring[1:8, 1:8] = -1
    ring[2:7, 2:7] = 0  # a piece within the hole of another, and with two holes of its own that touch in a corner
    ring[3, 3] = ring[4, 4] = -1
    ring[1:3, 10:12] = 0
    (pieces,) = outlines(ring)
    assert sorted((len(piece), sum(map(shoelace, piece))) for piece in pieces) == [(1, 4), (2, 81 - 49), (3, 25 - 2)]


def test_pieces_that_touch_in_corners_stay_apart() -> None:
    diamond = np.array([[-1, 0, -1], [0, -1, 0], [-1, 0, -1]], np.int32)
    (pieces,) = outlines(diamond)
    assert [list(map(shoelace, piece)) for piece in pieces] == [[1]] * 4


def test_segments_come_in_order_whatever_their_rows() -> None:
    labels = np.repeat(np.arange(20)[::-1], 3)[:, None] * np.ones((1, 5), int)
    assert [shoelace(polygons[0][0]) for polygons in outlines(labels, 1)] == [15] * 20


def test_one_feature_a_segment() -> None:
    labels = np.array([[0, 1], [1, 0], [2, 2]], np.int32)
    features = ic.Segmentation(labels, np.zeros((3, 2), np.uint8)).to_geojson()["features"]
    assert [feature["geometry"]["type"] for feature in features] == ["MultiPolygon", "MultiPolygon", "Polygon"]
    assert [feature["properties"]["label"] for feature in features] == [0, 1, 2]
    connected, _ = enforce_connectivity(labels)
    features = ic.Segmentation(connected, np.zeros((3, 2), np.uint8)).to_geojson()["features"]
    assert {feature["geometry"]["type"] for feature in features} == {"Polygon"}


def test_pixels_say_that_they_are_pixels() -> None:
    collection = ic.Segmentation([[0, 0, 1]], np.zeros((1, 3), np.uint8)).to_geojson()
    assert collection["coordinate_system"].startswith("pixels")
    assert collection["image_size"] == [3, 1]
    assert all(isinstance(value, int | float) for value in collection["features"][0]["properties"].values())
