"""The edges of the graph of segments: which have a common border, how long it is and how sharp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT, grid_features
from imgcluster.segmentation import _drawings
from imgcluster.segmentation._regions import Regions
from imgcluster.types import BoolArray, Float64Array, Int32Array, Int64Array


@dataclass(frozen=True, eq=False)
class Edges:
    """Pairs of segments with a common border, in ascending order.

    Attributes
    ----------
    ends : ndarray of shape (m, 2), int32
        The segments a < b of each, by their rows in tables: from 0, whatever `start_label` is.
    lengths : ndarray of shape (m,), int64
        How many sides of pixels (faces of voxels) they have in common.
    contrasts : ndarray of shape (m,), float64
        How different the image is on both sides of the border: the root mean square, over these sides, of the distance
        in CIELAB of the two pixels, or, for channels that are not colors, of their distance in hundredths of the range
        of each channel, averaged over channels. Black beside white is 100.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> edges = ic.Segmentation([[0, 1], [0, 1]], np.array([[0, 255], [0, 255]], np.uint8)).edges
    >>> edges.ends.tolist(), edges.lengths.tolist(), edges.contrasts.round().tolist()
    ([[0, 1]], [2], [100.0])
    """

    ends: Int32Array
    lengths: Int64Array
    contrasts: Float64Array

    def __len__(self) -> int:
        """Count the edges."""
        return len(self.ends)

    def columns(self, start_label: int = 0) -> dict[str, NDArray[Any]]:
        """Return a column a name: source, target (segments numbered from `start_label`), length and contrast."""
        source, target = self.ends.T + np.int32(start_label)
        return {"source": source, "target": target, "length": self.lengths, "contrast": self.contrasts}


def find_edges(
    regions: Regions, value_range: Float64Array | None, filled: NDArray[Any] | None, *, is_color: bool
) -> Edges:
    """Find the edges; `filled` is the image without gaps, None if it has none."""
    labels = regions.labels.reshape(-1, regions.labels.shape[-1])
    image = regions.image if filled is None else filled
    image = image.reshape(*labels.shape, *image.shape[regions.labels.ndim :])
    inside = None if labels.min() >= 0 else kernels.by_bands(_are_inside, np.bool_, labels)
    ranges = value_range
    if not is_color:
        ranges = np.stack(_drawings.display_range(image, value_range, inside, is_color=False), axis=1)
    features = grid_features(image, raw=not is_color, inside=inside, ranges=ranges)
    features = features.reshape(*regions.labels.shape, -1)
    find = kernels.volume_edges if labels.shape != regions.labels.shape else kernels.region_edges
    ends, lengths, squares = find(regions.labels, regions.n_segments, features)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    return Edges(ends[order], lengths[order], np.sqrt(squares[order] / lengths[order]) / FEATURE_UNIT)


def _are_inside(labels: Int32Array) -> BoolArray:
    inside: BoolArray = labels >= 0
    return inside


def edge_index(edges: Edges) -> Int64Array:
    """Return both directions of every edge: (2, 2 m), int64."""
    ends = edges.ends.T.astype(np.int64)
    return np.ascontiguousarray(np.concatenate([ends, ends[::-1]], axis=1))
