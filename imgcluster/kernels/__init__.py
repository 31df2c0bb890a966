"""The one door to the kernels: the C module, or its NumPy twin where there is none.

Results have the same bits for every instruction set and number of threads: points are cut
into chunks of fixed size whose sums are added in chunk order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import backend, choice, isa
from imgcluster.kernels._boundary import (
    BoundaryLevel,
    BoundaryTerms,
    boundary_segments,
    boundary_sums,
    boundary_sweep_frozen,
    boundary_sweep_live,
    double_level,
)
from imgcluster.kernels._components import join_pieces, label_components, map_labels, relabel
from imgcluster.kernels._features import LAB_CURVE, LabTables, blur_rows, halve, lab_features
from imgcluster.kernels._local_em import (
    LOCAL_CANDIDATES,
    LocalImage,
    LocalModel,
    local_candidates,
    local_em_labels,
    local_em_shares,
    local_em_step,
)
from imgcluster.kernels._outlines import trace_outlines
from imgcluster.kernels._region_graph import Borders, Merges, merge_regions, merged_labels, region_edges
from imgcluster.kernels._region_sums import RegionShapes, region_colors, region_shapes
from imgcluster.kernels._slic import SlicPass, slic_pass
from imgcluster.threads import run
from imgcluster.types import Float32Array, Float64Array, FloatArray, Int32Array, Int64Array, UInt8Array, UInt32Array

CHUNK = 32768  # points; fixed, so that sums do not depend on the number of threads
ASSIGN_BLOCK = 64
EM_BLOCK = 64
EM_CHUNK = 16384
OCTREE_BLOCK = 16
OCTREE_MAX_CLUSTERS = 4096
_N_KEYS = 1 << 24
_CARRY = 255  # HISTOGRAM_CARRY of src/kernels.h
_PIXELS_PER_TABLE = 1 << 20  # for fewer, touching a second table costs more than a second thread saves

__all__ = [
    "LAB_CURVE",
    "LOCAL_CANDIDATES",
    "OCTREE_MAX_CLUSTERS",
    "Borders",
    "BoundaryLevel",
    "BoundaryTerms",
    "Expectation",
    "LabTables",
    "LocalImage",
    "LocalModel",
    "Merges",
    "OctreeArrays",
    "RegionShapes",
    "SlicPass",
    "Totals",
    "assign",
    "assign_octree",
    "backend",
    "blur_rows",
    "boundary_segments",
    "boundary_sums",
    "boundary_sweep_frozen",
    "boundary_sweep_live",
    "build_octree",
    "colors_from_keys",
    "count_colors",
    "double_level",
    "em_step",
    "halve",
    "isa",
    "join_pieces",
    "keys_from_colors",
    "lab_features",
    "label_components",
    "local_candidates",
    "local_em_labels",
    "local_em_shares",
    "local_em_step",
    "map_labels",
    "merge_regions",
    "merged_labels",
    "nearer",
    "region_colors",
    "region_edges",
    "region_shapes",
    "relabel",
    "remap_pixels",
    "slic_pass",
    "trace_outlines",
]


class Totals(NamedTuple):
    """What an assignment pass adds up."""

    sums: Float64Array  # (k, d), sum of w x over each cluster
    counts: Float64Array  # (k,), sum of w over each cluster
    changed: int  # points whose label is another than before
    objective: float  # sum of w ||x - its center||^2; nan where the sums give it cheaper


def assign(
    X: FloatArray,
    weights: Float64Array,
    centers: FloatArray,
    labels: Int32Array,
    distances: FloatArray,
    n_threads: int = 1,
) -> Totals:
    """Assign every point to its nearest center, ties to the lowest index; fills labels and squared distances."""
    kernel, _, level, _ = choice()
    (n, d), k = X.shape, len(centers)
    starts = range(0, n, CHUNK)
    sums, counts = np.zeros((len(starts), k, d)), np.zeros((len(starts), k))

    def chunk(i: int) -> tuple[float, int]:
        part = slice(starts[i], min(starts[i] + CHUNK, n))
        scratch = np.empty(ASSIGN_BLOCK * d, X.dtype)
        rows = (X[part], weights[part], centers, labels[part], distances[part])
        result: tuple[float, int] = kernel.assign(level, len(rows[0]), d, k, *rows, sums[i], counts[i], scratch)
        return result

    parts = run(chunk, len(starts), n_threads)
    objective, changed = sum(part[0] for part in parts), sum(part[1] for part in parts)
    return Totals(np.add.reduce(sums, axis=0), np.add.reduce(counts, axis=0), changed, objective)


def nearer(
    Xt: FloatArray, weights: Float64Array, candidates: FloatArray, distances: FloatArray
) -> tuple[FloatArray, Float64Array]:
    """Compute min(distances, ||x - c||^2) for each candidate c, and its weighted sum, the potential of k-means++.

    Xt holds a point a column: (d, n). Returns arrays of shape (m, n) and (m,) for m candidates.
    """
    kernel, _, level, _ = choice()
    out, potentials = np.empty((len(candidates), len(weights)), Xt.dtype), np.empty(len(candidates))
    kernel.nearer(level, Xt, weights, candidates, distances, out, potentials)
    return out, potentials


class Expectation(NamedTuple):
    """What one step of EM adds up, and on request what it found for each point."""

    log_likelihood: float  # sum of w log p(x)
    sums: Float64Array  # (k, 1 + d + s), as src/kernels.h describes them
    shares: Float64Array  # (n, k), responsibilities; or empty
    densities: Float64Array  # (n,), log p(x); or empty


def em_step(
    X: Float64Array,
    weights: Float64Array,
    means: Float64Array,
    factors: Float64Array,
    coefficients: Float64Array,
    n_threads: int = 1,
    *,
    each: bool = False,
) -> Expectation:
    """Compute the responsibilities of a mixture of Gaussians and the weighted sums that refit it.

    factors are Cholesky factors of the inverse covariances, (k, d) or upper triangular (k, d, d); coefficients the
    logarithms of weight and normalizing constant. `each` asks for the values of each point, too.
    """
    kernel, _, level, _ = choice()
    (n, d), k = X.shape, len(means)
    n_sums = 1 + d + (d * (d + 1) // 2 if factors.ndim == 3 else d)
    starts = range(0, n, EM_CHUNK)
    sums = np.zeros((len(starts), k, n_sums))
    shares, densities = np.empty((n if each else 0, k)), np.empty(n if each else 0)

    def chunk(i: int) -> float:
        part = slice(starts[i], starts[i] + EM_CHUNK)
        found = shares[part], densities[part]
        scratch = np.empty(EM_BLOCK * 2 * (d + k) + 8 * k * n_sums), np.empty(k, np.intp)
        model = means, factors, coefficients
        return float(kernel.em_step(level, X[part], weights[part], *model, sums[i], *found, *scratch))

    log_likelihood = sum(run(chunk, len(starts), n_threads))
    return Expectation(log_likelihood, np.add.reduce(sums, axis=0), shares, densities)


class OctreeArrays(NamedTuple):
    """An octree over points in three dimensions, as src/kernels.h describes it."""

    points: Float32Array  # (3, n + OCTREE_BLOCK)
    weights: Float64Array  # (n,)
    nodes: Int32Array  # (m, 3): begin, end, skip
    boxes: Float32Array  # (m, 6)
    totals: Float64Array  # (m, 4)


def build_octree(
    X: Float32Array, weights: Float64Array, keys: UInt32Array, levels: int, leaf_size: int
) -> OctreeArrays:
    """Build the octree of points sorted by Morton keys of 3 * levels bits."""
    kernel = choice()[0]
    points = np.zeros((3, len(X) + OCTREE_BLOCK), np.float32)
    points[:, : len(X)] = X.T
    m = kernel.octree_build(levels, leaf_size, keys, np.empty((0, 3), np.int32))
    tree = OctreeArrays(points, weights, np.empty((m, 3), np.int32), np.empty((m, 6), np.float32), np.empty((m, 4)))
    kernel.octree_build(levels, leaf_size, keys, tree.nodes)
    kernel.octree_summarize(*tree)
    return tree


def assign_octree(
    tree: OctreeArrays,
    parts: list[Int32Array],
    centers: Float32Array,
    labels: Int32Array,
    node_labels: Int32Array,
    n_threads: int = 1,
) -> Totals:
    """Assign every point of the octree to its nearest center, exactly; parts are the subtrees' roots, for threads."""
    kernel, _, level, _ = choice()
    transposed = np.ascontiguousarray(centers.T)
    totals = np.zeros((len(parts), len(centers), 4))

    def part(i: int) -> int:
        return int(kernel.octree_assign(level, *tree, parts[i], transposed, labels, node_labels, totals[i]))

    changed = sum(run(part, len(parts), n_threads))
    total = np.add.reduce(totals, axis=0)
    return Totals(total[:, 1:], total[:, 0], changed, float("nan"))


def count_colors(pixels: UInt8Array, n_threads: int = 1) -> tuple[UInt32Array, Int64Array]:
    """Count the distinct colors of (n, channels) pixels, channels >= 3: Morton keys in ascending order, counts."""
    kernel = choice()[0]
    n_tables = max(1, min(n_threads, 4, len(pixels) // _PIXELS_PER_TABLE))
    tables, touched = np.zeros((n_tables, _N_KEYS), np.uint8), np.zeros((n_tables, 1 << 15), np.uint8)
    edges = [len(pixels) * i // n_tables for i in range(n_tables + 1)]

    def count(i: int) -> UInt32Array:
        part = pixels[edges[i] : edges[i + 1]]
        carries = np.empty(len(part) // _CARRY + 1, np.uint32)
        return carries[: kernel.histogram_count(part.shape[1], part, tables[i], touched[i], carries)]

    carried = np.concatenate(run(count, n_tables, n_threads))
    none = np.empty(0, np.uint32), np.empty(0, np.int64)
    n = kernel.histogram_collect(tables, touched, *none)
    keys, counts = np.empty(n, np.uint32), np.empty(n, np.int64)
    kernel.histogram_collect(tables, touched, keys, counts)
    full, times = np.unique(carried, return_counts=True)
    counts[np.searchsorted(keys, full)] += _CARRY * times
    return keys, counts


def keys_from_colors(colors: UInt8Array) -> UInt32Array:
    """Interleave the bits of (n, 3) colors, red highest: Morton keys."""
    keys = np.empty(len(colors), np.uint32)
    choice()[0].keys_from_colors(colors, keys)
    return keys


def colors_from_keys(keys: UInt32Array) -> UInt8Array:
    """Take the colors back out of Morton keys: (n, 3)."""
    colors = np.empty((len(keys), 3), np.uint8)
    choice()[0].colors_from_keys(keys, colors)
    return colors


def remap_pixels(pixels: UInt8Array, table: FloatArray, n_threads: int = 1) -> FloatArray:
    """Look every pixel of (H, W, channels) up in a table over all 2^24 Morton keys: indices (H, W) of its type."""
    kernel = choice()[0]
    indices = np.empty(pixels.shape[:2], table.dtype)
    rows = max(1, CHUNK * 8 // max(pixels.shape[1], 1))
    starts = range(0, len(pixels), rows)

    def band(i: int) -> None:
        part = slice(starts[i], starts[i] + rows)
        kernel.remap_pixels(pixels.shape[-1], pixels[part], table, indices[part])

    run(band, len(starts), n_threads)
    return indices
