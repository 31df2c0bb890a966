"""Compare k-means with the best known distortions, and with its peers at the processor time that they take.

    python tests/benchmarks/bench_best_known.py [FOLDER] [--seeds 2] [--only TEXT]

Prints CSV: for every set and method the mean gap to the best known distortion in percent and the processor time of one
fit, one thread each; and a last line with means, and times as a share of those of ten starts of scikit-learn
(geometric means). FOLDER may hold further sets, NAME-K.csv, whose best known value is then the best of this run.
"Best known" is what stands in best_known.csv with its source, or what this run found if that is less.
"""

import argparse
import csv
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import numpy as np
from _cluster_sets import Points, best_known, cluster_sets, folder_sets
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

import imgcluster as ic
from imgcluster import kernels

Method = Callable[[Points, int, int], float]
YARDSTICK = "scikit-learn, 10 starts"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="a folder of further sets, NAME-K.csv")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="fits of each (default 2)")
    parser.add_argument("--only", default="", metavar="TEXT", help="sets whose name holds this")
    options = parser.parse_args()
    if kernels.backend() != "native":
        raise SystemExit("the native kernels are not there: install a C compiler, then the package again")
    warnings.simplefilter("ignore")
    known, table = best_known(), csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["set", "n", "d", "k", "best known", "method", "gap in %", "seconds"])
    sets = chain(cluster_sets(), folder_sets(options.folder) if options.folder else ())
    gaps: dict[str, list[float]] = {name: [] for name in methods()}
    shares: dict[str, list[float]] = {name: [] for name in methods()}
    with threadpool_limits(1):
        for name, X, k in sets:
            if options.only not in name:
                continue
            found = {label: measured(method, X, k, options.seeds) for label, method in methods().items()}
            best = min(known.get(name, math.inf), *(min(values) for values, _ in found.values()))
            for label, (values, seconds) in found.items():
                gaps[label].append(100 * (sum(values) / len(values) / best - 1))
                shares[label].append(seconds / found[YARDSTICK][1])
                table.writerow([name, *X.shape, k, f"{best:.9g}", label, f"{gaps[label][-1]:.3f}", f"{seconds:.4f}"])
            sys.stdout.flush()
    print(summary(gaps, shares))


def methods() -> dict[str, Method]:
    """Return what is compared."""
    found: dict[str, Method] = {
        "default": lambda X, k, seed: ic.KMeans(k, random_state=seed, n_threads=1).fit(X).inertia_,
        "10 plain starts": lambda X, k, seed: (
            ic.KMeans(k, n_init=10, n_swaps=0, random_state=seed, n_threads=1).fit(X).inertia_
        ),
        YARDSTICK: lambda X, k, seed: float(KMeans(k, n_init=10, random_state=seed).fit(X).inertia_),
        "breathing k-means": breathing,
    }
    try:
        import faiss
    except ImportError:
        return found

    def with_faiss(X: Points, k: int, seed: int) -> float:
        sizes = {"min_points_per_centroid": 1, "max_points_per_centroid": 1 << 30}  # all points, without a warning
        model = faiss.Kmeans(X.shape[1], k, niter=50, nredo=10, seed=seed, **sizes)
        model.train(X.astype(np.float32))
        return float(cdist(X, model.centroids.astype(np.float64), "sqeuclidean").min(axis=1).sum())

    return found | {"faiss, 10 starts": with_faiss}


def measured(method: Method, X: Points, k: int, n_seeds: int) -> tuple[list[float], float]:
    """Return the distortions of some fits, and the processor seconds of one."""
    start = time.process_time()
    values = [method(X, k, seed) for seed in range(n_seeds)]
    return values, max((time.process_time() - start) / n_seeds, 1e-4)


def breathing(X: Points, k: int, seed: int) -> float:
    """Cluster by breathing k-means: centers come in where the error is large and go where they are of little use.

    B. Fritzke, "The breathing k-means algorithm", 2020, arXiv:2006.15666; depth 5, from a start by k-means++.
    """
    rng = np.random.default_rng(seed)

    def settled(centers: Points) -> KMeans:
        return KMeans(len(centers), init=centers, n_init=1).fit(X)

    best = last = KMeans(k, n_init=1, random_state=seed).fit(X)
    depth = min(5, k) if k > 1 else 0
    while depth:
        centers = last.cluster_centers_
        squared = cdist(X, centers, "sqeuclidean").min(axis=1)
        errors = np.bincount(last.labels_, squared, k)
        noise = 0.01 * math.sqrt(squared.mean()) * (rng.random((depth, X.shape[1])) - 0.5)
        more = settled(np.vstack([centers, centers[np.argsort(-errors)[:depth]] + noise]))
        last = settled(np.delete(more.cluster_centers_, useless(X, more.cluster_centers_, depth), axis=0))
        if last.inertia_ < best.inertia_ * (1 - 1e-4):
            best = last
        else:
            depth -= 1
    return float(best.inertia_)


def useless(X: Points, centers: Points, n: int) -> list[int]:
    """Choose n centers whose points lose least by their removal, no two of them nearest neighbors."""
    two = np.partition(cdist(X, centers, "sqeuclidean"), 1, axis=1)[:, :2]
    own = cdist(X, centers, "sqeuclidean").argmin(axis=1)
    utility = np.bincount(own, two[:, 1] - two[:, 0], len(centers))
    between = cdist(centers, centers)
    np.fill_diagonal(between, np.inf)
    chosen: list[int] = []
    frozen: set[int] = set()
    for c in np.argsort(utility).tolist():
        if c not in frozen and len(chosen) < n:
            chosen.append(c)
            if len(frozen) + n < len(centers):
                frozen.add(int(between[c].argmin()))
    return chosen


def summary(gaps: dict[str, list[float]], shares: dict[str, list[float]]) -> str:
    """Format the means over all sets in one line."""

    def mean(values: Iterable[float]) -> float:
        return float(np.mean(list(values)))

    parts = [
        f"{name} {mean(gap):.2f} % (worst {max(gap):.2f}) at {math.exp(mean(map(math.log, shares[name]))):.2f}"
        for name, gap in gaps.items()
    ]
    return f"# {len(gaps[YARDSTICK])} sets, mean gap at times ten starts of scikit-learn: {'; '.join(parts)}"


if __name__ == "__main__":
    main()
