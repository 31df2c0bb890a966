"""Outlines of the components of a label map: the door to ``src/outlines.c``."""

from __future__ import annotations

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.types import Int32Array


def trace_outlines(components: Int32Array) -> tuple[Int32Array, Int32Array]:
    """Trace the outlines of 4-connected components numbered in raster order, -1 outside.

    Returns the corners (m, 2) as x, y, and for each ring its component and where its corners begin, (r, 2); the first
    ring of a component is the outer one, the others go around its holes.
    """
    kernel, components = choice()[0], np.ascontiguousarray(components)
    walked, none = np.zeros(components.shape, np.uint8), np.empty((0, 2), np.int32)
    n_rings, n_vertices = kernel.trace_outlines(*components.shape, components, walked, none, none.copy())
    vertices, rings = np.empty((n_vertices, 2), np.int32), np.empty((n_rings, 2), np.int32)
    kernel.trace_outlines(*components.shape, components, np.zeros_like(walked), vertices, rings)
    return vertices, rings
