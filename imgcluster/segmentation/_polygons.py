"""Segments as polygons along pixel corners, in GeoJSON (RFC 7946)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from imgcluster import kernels
from imgcluster.types import Int32Array

Ring: TypeAlias = list[list[int]]  # corners [x, y]
Polygon: TypeAlias = list[Ring]  # the outer ring, then one for each hole


def outlines(labels: Int32Array) -> list[list[Polygon]]:
    """Trace the outlines of every segment.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int32
        0..n-1, negative outside.

    Returns
    -------
    list
        For each label its polygons, one for each 4-connected piece; a polygon is a list of rings, the outer one first,
        then one for each hole; a ring is a list of corners [x, y], the last the same as the first.

    Notes
    -----
    Corners are those of pixels, x to the right and y down: the top left pixel is the square from [0, 0] to [1, 1].
    Only corners where a ring turns are kept. No ring passes a corner twice, though two rings of a polygon may touch in
    one. By the numbers (the shoelace formula) outer rings have a positive area, so are counter-clockwise where y points
    up, as RFC 7946 asks, and clockwise on a screen; holes are the other way round.

    Examples
    --------
    >>> import numpy as np
    >>> outlines(np.zeros((1, 2), np.int32))
    [[[[[2, 0], [2, 1], [0, 1], [0, 0], [2, 0]]]]]
    """
    components, n_components = kernels.label_components(labels)
    vertices, rings = kernels.trace_outlines(components)
    names = np.empty(n_components, np.int32)
    inside = components >= 0
    names[components[inside]] = labels[inside]
    corners: list[list[int]] = vertices.tolist()
    starts = [*rings[:, 1].tolist(), len(corners)]
    pieces: list[Polygon] = [[] for _ in range(n_components)]
    for component, (start, end) in zip(rings[:, 0].tolist(), pairwise(starts), strict=True):
        pieces[component].append([*corners[start:end], corners[start]])
    polygons: list[list[Polygon]] = [[] for _ in range(names.max(initial=-1) + 1)]
    for name, piece in zip(names.tolist(), pieces, strict=True):
        polygons[name].append(piece)
    return polygons


def feature_collection(labels: Int32Array, properties: list[dict[str, Any]]) -> dict[str, Any]:
    """Make a GeoJSON FeatureCollection: for each label its polygon, or its polygons where it has several pieces."""
    features = []
    for polygons, about in zip(outlines(labels), properties, strict=True):
        geometry = (
            {"type": "Polygon", "coordinates": polygons[0]}
            if len(polygons) == 1
            else {"type": "MultiPolygon", "coordinates": polygons}
        )
        features.append({"type": "Feature", "properties": about, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}
