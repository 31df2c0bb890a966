"""Compare a step of the clustering engine with scikit-learn's, one thread each.

    python tests/benchmarks/bench_engine.py PHOTO [--steps 10]

Mixtures and soft k-means on PHOTO: ours on its weighted distinct colors, scikit-learn's on its pixels, from the same
means; KMeans and GaussianMixture on arrays of 100,000 points; and KMeans in float64 beside faiss in float32, where that
is installed. A step is the difference in processor time of two fits, of which one makes more steps, divided by their
number; the two take turns and medians are printed. Output is Markdown.
"""

import argparse
import itertools
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import sklearn
from bench_quantize import versions
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

import imgcluster as ic
from imgcluster import kernels

N_COMPONENTS = 16
N_POINTS = 100_000
REPEATS = 5


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--steps", type=int, default=10, metavar="N", help="steps that are timed (default 10)")
    options = parser.parse_args()
    if kernels.backend() != "native":
        raise SystemExit("the native kernels are not there: install a C compiler, then the package again")
    warnings.simplefilter("ignore")
    print(f"{versions()}\n")
    with threadpool_limits(1):
        mixtures_of_colors(options.photo, options.steps)
        kmeans_on_arrays(options.steps)
        kmeans_beside_faiss(options.steps)
        mixture_on_arrays(options.steps)


def step_times(steps: int, *fits: Callable[[int], object]) -> list[float]:
    """Time one step of each fit, in seconds: fit(n) makes n steps."""
    found: list[list[float]] = [[] for _ in fits]
    for _ in range(REPEATS):
        for times, fit in zip(found, fits, strict=True):
            times.append((seconds(fit, 2 + steps) - seconds(fit, 2)) / steps)
    return [statistics.median(times) for times in found]


def seconds(fit: Callable[[int], object], n: int) -> float:
    """Time one fit."""
    start = time.process_time()
    fit(n)
    return time.process_time() - start


def mixtures_of_colors(photo: Path, steps: int) -> None:
    """EM on the colors of a photo."""
    pixels = ic.read_image(photo)
    histogram = ic.Histogram.from_pixels(pixels)
    colors, counts = histogram.colors.astype(float), histogram.counts.astype(float)
    points = pixels.reshape(-1, 3).astype(float)
    start = ic.KMeans(N_COMPONENTS, max_iter=5, tol=0, random_state=0).fit(colors, sample_weight=counts)
    means = start.cluster_centers_
    print(f"**{photo.name}**, {len(points):,} pixels, {len(colors):,} colors, K = {N_COMPONENTS}\n")
    print("| model | ours, a step | scikit-learn, a step | times faster |\n|---|--:|--:|--:|")
    for kind in ("full", "tied", "diag", "spherical"):

        def ours(n: int, kind: str = kind) -> object:
            model = ic.GaussianMixture(N_COMPONENTS, covariance_type=kind, init=means, tol=0, max_iter=n, n_threads=1)
            return model.fit(colors, sample_weight=counts)

        def theirs(n: int, kind: str = kind) -> object:
            model = GaussianMixture(
                N_COMPONENTS,
                covariance_type=kind,
                means_init=means,
                init_params="random_from_data",
                tol=0,
                max_iter=n,
            )
            return model.fit(points)

        (mine,) = step_times(steps, ours)
        other = (seconds(theirs, 4) - seconds(theirs, 1)) / 3  # slow: once is enough
        print(
            f"| GaussianMixture, {kind} | {1e3 * mine:.2f} ms | {1e3 * other:.0f} ms | {other / mine:.0f} |", flush=True
        )

    def soft(n: int) -> object:
        return ic.SoftKMeans(N_COMPONENTS, init=means, tol=0, max_iter=n, n_threads=1).fit(colors, sample_weight=counts)

    print(f"| SoftKMeans | {1e3 * step_times(steps, soft)[0]:.2f} ms | | |\n")


def kmeans_on_arrays(steps: int) -> None:
    """Lloyd steps on uniform float32 arrays, where no cluster settles early."""
    print(f"**KMeans**, {N_POINTS:,} points of float32, uniform\n")
    print("| d | k | ours, a step | scikit-learn, a step | times faster |\n|--:|--:|--:|--:|--:|")
    rng = np.random.default_rng(0)
    for d in (3, 8, 32):
        X = rng.random((N_POINTS, d)).astype(np.float32)
        for k in (8, 64, 256):

            def ours(n: int, k: int = k, X: np.ndarray = X) -> object:
                return ic.KMeans(k, init=X[:k], n_swaps=0, tol=0, max_iter=n, n_threads=1).fit(X)

            def theirs(n: int, k: int = k, X: np.ndarray = X) -> object:
                return KMeans(k, init=X[:k], n_init=1, tol=0, max_iter=n).fit(X)

            mine, other = step_times(steps, ours, theirs)
            print(f"| {d} | {k} | {1e3 * mine:.2f} ms | {1e3 * other:.2f} ms | {other / mine:.2f} |", flush=True)
    print()


def kmeans_beside_faiss(steps: int) -> None:
    """Lloyd steps in float64, ten dimensions, beside faiss' in float32."""
    try:
        import faiss
    except ImportError:
        print("faiss is not installed: pip install faiss-cpu\n")
        return
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(0)
    middles = 3 * rng.normal(size=(200, 10))
    arrays = {
        "uniform": rng.random((N_POINTS, 10)),
        "200 groups": middles[rng.integers(0, 200, N_POINTS)] + rng.normal(size=(N_POINTS, 10)),
    }
    print(f"**KMeans in float64**, {N_POINTS:,} x 10, beside faiss {faiss.__version__} in float32\n")
    print("| points | k | ours, a step | faiss, a step | times faster |\n|---|--:|--:|--:|--:|")
    for (name, X), k in itertools.product(arrays.items(), (128, 256, 512)):
        narrow = X.astype(np.float32)

        def ours(n: int, k: int = k, X: np.ndarray = X) -> object:
            return ic.KMeans(k, init=X[:k], n_swaps=0, tol=0, max_iter=n, n_threads=1).fit(X)

        def theirs(n: int, k: int = k, X: np.ndarray = narrow) -> object:
            limits = {"min_points_per_centroid": 1, "max_points_per_centroid": N_POINTS}
            return faiss.Kmeans(X.shape[1], k, niter=n, **limits).train(X, init_centroids=X[:k])

        mine, other = step_times(steps, ours, theirs)
        print(f"| {name} | {k} | {1e3 * mine:.2f} ms | {1e3 * other:.2f} ms | {other / mine:.2f} |", flush=True)
    print()


def mixture_on_arrays(steps: int) -> None:
    """EM with full covariances in eight dimensions."""
    X = np.random.default_rng(0).normal(size=(N_POINTS, 8))

    def ours(n: int) -> object:
        return ic.GaussianMixture(8, init=X[:8], tol=0, max_iter=n, n_threads=1).fit(X)

    def theirs(n: int) -> object:
        return GaussianMixture(8, means_init=X[:8], init_params="random_from_data", tol=0, max_iter=n).fit(X)

    mine, other = step_times(steps, ours, theirs)
    print(f"**GaussianMixture**, full, {N_POINTS:,} x 8, K = 8: {1e3 * mine:.1f} ms a step, scikit-learn ", end="")
    print(f"{sklearn.__version__} {1e3 * other:.1f} ms, {other / mine:.1f} times faster")


if __name__ == "__main__":
    main()
