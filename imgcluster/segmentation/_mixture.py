"""What a segmentation may know of the mixture of Gaussians that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from imgcluster.parameters import check_int
from imgcluster.types import Float32Array, Float64Array, Int32Array

if TYPE_CHECKING:
    from imgcluster.cluster import History


@dataclass(frozen=True, eq=False)
class Responsibilities:
    """Which segments may own a pixel, and how far each of them does.

    Attributes
    ----------
    segments : ndarray of shape (H, W, m), int32
        Components near each pixel in ascending order, then -1; m is at most 16.
    shares : ndarray of shape (H, W, m), float32
        Their responsibilities, of sum 1 in each pixel; 0 where segments is -1 and outside the mask.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.segmentation import Responsibilities
    >>> given = Responsibilities(np.array([[[0, 1]]], np.int32), np.array([[[0.75, 0.25]]], np.float32))
    >>> given.of(1).tolist()
    [[0.25]]
    """

    segments: Int32Array
    shares: Float32Array

    def of(self, segment: int) -> Float32Array:
        """Return the map of one segment's responsibility: (H, W)."""
        segment = check_int("segment", segment, 0, max(int(self.segments.max()), 0))
        total: Float32Array = np.where(self.segments == segment, self.shares, np.float32(0)).sum(axis=2)
        return total


class Mixture(Protocol):
    """A local mixture of Gaussians, one component a segment."""

    @property
    def means(self) -> Float64Array:
        """Return the mean of each component: (n, C + 2), channels, row, column."""
        ...

    @property
    def covariances(self) -> Float64Array:
        """Return the covariance of each component: (n, C + 2, C + 2)."""
        ...

    @property
    def history(self) -> History:
        """Return how the log-likelihood rose."""
        ...

    @property
    def responsibilities(self) -> Responsibilities:
        """Return how far each pixel belongs to the components near it."""
        ...
