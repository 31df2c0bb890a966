"""Sets of points whose best known distortion is stated: made by code, or bundled with scikit-learn and scikit-image."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage import data
from sklearn import datasets

Points = NDArray[np.float64]

BEST_KNOWN = Path(__file__).with_name("best_known.csv")
_BUNDLED = {
    "iris": (3, 10, 30),
    "wine": (3, 10, 30),
    "breast_cancer": (2, 10, 50),
    "diabetes": (10, 50),
    "digits": (10, 50, 100, 200),
}
_SCALED = ("wine", "breast_cancer")  # whose columns have different units: to variance 1


def cluster_sets() -> Iterator[tuple[str, Points, int]]:
    """Yield names, points and numbers of clusters."""
    for name, ks in _BUNDLED.items():
        X: Points = getattr(datasets, f"load_{name}")().data.astype(np.float64)
        if name in _SCALED:
            X = (X - X.mean(axis=0)) / X.std(axis=0)
        for k in ks:
            yield f"{name}-{k}", X, k
    yield "grid-100", _grid(10, 30, 0.15, 0), 100
    yield "grid-225", _grid(15, 20, 0.2, 1), 225
    yield "grid-400", _grid(20, 50, 0.15, 2), 400
    # of the kinds of the A, S, Birch and Dim sets of the University of Eastern Finland
    yield "a-like-20", _blobs(20, 150, 0.035, 2, 3), 20
    yield "a-like-50", _blobs(50, 150, 0.02, 2, 4), 50
    yield "s-like-15", _blobs(15, 333, 0.05, 2, 5), 15
    yield "s-like-15-wide", _blobs(15, 333, 0.09, 2, 6), 15
    yield "birch-like-100", _blobs(100, 200, 0.02, 2, 7), 100
    yield "dim-like-16", _blobs(16, 64, 0.02, 32, 8), 16
    yield "unbalanced-8", np.vstack([_blobs(3, 2000, 0.01, 2, 9), _blobs(5, 100, 0.02, 2, 10) + 3]), 8
    for n, d, seed, ks in ((3000, 2, 11, (50, 200)), (5000, 5, 12, (30, 200))):
        for k in ks:
            yield f"uniform-{d}d-{k}", np.random.default_rng(seed).uniform(size=(n, d)), k
    for k in (10, 50, 100, 160):
        yield f"board-{k}", _board(), k
    for name in ("astronaut", "coffee", "chelsea"):
        for k in (16, 64, 256):
            yield f"{name}-{k}", getattr(data, name)()[::4, ::4].reshape(-1, 3).astype(np.float64), k


def folder_sets(folder: Path) -> Iterator[tuple[str, Points, int]]:
    """Yield the sets of a folder: NAME-K.csv holds rows of numbers, to be put into K clusters."""
    for path in sorted(folder.glob("*-*.csv")):
        yield path.stem, np.loadtxt(path, delimiter=",", ndmin=2), int(path.stem.rpartition("-")[2])


def best_known() -> dict[str, float]:
    """Return the least distortion that is known, by the names of the sets."""
    with BEST_KNOWN.open(newline="") as file:
        return {row["set"]: float(row["distortion"]) for row in csv.DictReader(file)}


def _grid(side: int, each: int, spread: float, seed: int) -> Points:
    """Draw blobs at the places of a square grid."""
    middles = np.array([(i, j) for i in range(side) for j in range(side)], dtype=np.float64)
    noise = np.random.default_rng(seed).normal(scale=spread, size=(side * side * each, 2))
    return np.repeat(middles, each, axis=0) + noise


def _blobs(k: int, each: int, spread: float, d: int, seed: int) -> Points:
    """Draw blobs at random places of the unit cube."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform(0, 1, (k, d))
    return np.repeat(middles, each, axis=0) + rng.normal(scale=spread, size=(k * each, d))


def _board() -> Points:
    """Draw single and double rows of holes, as drilled boards such as u1060 and pcb3038 have them."""
    rng = np.random.default_rng(13)
    rows = []
    for _ in range(60):
        x, y = rng.uniform(0, 4000, 2)
        n, across, step = int(rng.integers(5, 60)), bool(rng.random() < 0.5), int(rng.choice([25, 50, 100]))
        places = np.arange(n) * step
        rows.append(np.column_stack([x + places * across, y + places * (not across)]))
        if rng.random() < 0.6:
            rows.append(rows[-1] + 3 * step * np.array([not across, across]))
    return np.vstack(rows)
