"""Compare superpixels of volumes with scikit-image's slic on phantoms whose parts are known.

    python tests/benchmarks/bench_volumes.py [--seeds N] [--noise SIGMA ...]

A phantom is 40 ellipsoidal Voronoi cells of random gray with noise, 64 x 96 x 96 voxels. slic is run at several
compactnesses and its row is the one of the least undersegmentation error: it is given its best. Errors are means over
phantoms, times medians of processor time, one thread each. ASA is the share of voxels whose segment lies mostly in
their cell, UE the undersegmentation error (Neubert, Protzel 2012), Rec the boundary recall within one voxel.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from skimage.segmentation import slic

import imgcluster as ic
from imgcluster import kernels

SHAPE = (64, 96, 96)
N_CELLS = 40
COMPACTNESSES = (0.03, 0.1, 0.3)
Labels = NDArray[np.int32]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.05, 0.2])
    parser.add_argument("--segments", type=int, nargs="+", default=[200, 600])
    options = parser.parse_args()
    if kernels.backend() != "native":
        raise SystemExit("the native kernels are needed: install a C compiler")
    print("| noise | segments | method | found | ASA | UE | Rec | time |\n|--:|--:|---|--:|--:|--:|--:|--:|")
    for noise in options.noise:
        pairs = [phantom(noise, seed) for seed in range(options.seeds)]
        for n in options.segments:
            print_row(noise, n, "imgcluster", [measured(ours(volume, n), truth) for volume, truth in pairs])
            rows = [[measured(peer(volume, n, c), truth) for volume, truth in pairs] for c in COMPACTNESSES]
            print_row(noise, n, "scikit-image slic", min(rows, key=lambda row: np.mean([scores[2] for scores in row])))


def phantom(noise: float, seed: int) -> tuple[NDArray[np.float32], Labels]:
    """Return gray values and the number of the cell of each voxel."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1).astype(np.float32)
    nearest, truth = np.full(SHAPE, np.inf, np.float32), np.zeros(SHAPE, np.int32)
    for i in range(N_CELLS):
        center, radii = rng.random(3) * SHAPE, 0.6 + rng.random(3)
        distances = (((grid - center) / radii) ** 2).sum(axis=-1)
        closer = distances < nearest
        nearest[closer], truth[closer] = distances[closer], i
    values = rng.random(N_CELLS)[truth] + rng.normal(0, noise, SHAPE)
    return values.astype(np.float32), truth


def ours(volume: NDArray[np.float32], n_segments: int) -> Callable[[], Labels]:
    """Return a run of imgcluster."""
    return lambda: ic.superpixels(volume, n_segments, ndim=3, n_threads=1).labels


def peer(volume: NDArray[np.float32], n_segments: int, compactness: float) -> Callable[[], Labels]:
    """Return a run of scikit-image."""

    def run() -> Labels:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = slic(volume, n_segments, compactness=compactness, channel_axis=None, start_label=0)
        return np.asarray(found, np.int32)

    return run


def measured(run: Callable[[], Labels], truth: Labels) -> tuple[float, float, float, float, float]:
    """Return the number of segments, ASA, UE, boundary recall and seconds."""
    start = time.process_time()
    labels = run()
    seconds = time.process_time() - start
    n, k = int(labels.max()) + 1, N_CELLS
    table = np.bincount(labels.ravel().astype(np.int64) * k + truth.ravel(), minlength=n * k).reshape(n, k)
    asa = table.max(axis=1).sum() / labels.size
    ue = np.minimum(table, table.sum(axis=1, keepdims=True) - table).sum() / labels.size
    expected, found = borders(truth), binary_dilation(borders(labels), np.ones((3, 3, 3)))
    return n, asa, ue, (expected & found).sum() / expected.sum(), seconds


def borders(labels: Labels) -> NDArray[np.bool_]:
    """Mark voxels on both sides of a border."""
    marked = np.zeros(labels.shape, bool)
    for axis in range(3):
        moved, there = np.moveaxis(labels, axis, 0), np.moveaxis(marked, axis, 0)
        differ = moved[1:] != moved[:-1]
        there[1:] |= differ
        there[:-1] |= differ
    return marked


def print_row(noise: float, n_segments: int, name: str, scores: list[Any]) -> None:
    """Print means, and the median time."""
    n, asa, ue, rec, _ = np.mean(scores, axis=0)
    seconds = np.median([row[4] for row in scores])
    figures = f"{n:.0f} | {asa:.4f} | {ue:.4f} | {rec:.4f} | {1000 * seconds:.0f} ms"
    print(f"| {noise:g} | {n_segments} | {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
