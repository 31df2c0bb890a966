"""The search for superpixels: one function for each method."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from numpy.typing import NDArray

from imgcluster.colors import grid_features
from imgcluster.superpixel._boundary import CHROMA, COMPACTNESS, EDGE, boundary_kmeans
from imgcluster.superpixel._efforts import EFFORTS
from imgcluster.superpixel._flat_edges import settle_flat_edges
from imgcluster.superpixel._seeds import settle_seeds
from imgcluster.superpixel._start import Start
from imgcluster.types import Int16Array, Int32Array

if TYPE_CHECKING:
    from imgcluster.superpixel._gmm import LocalMixture


@dataclass(frozen=True, eq=False)
class Search:
    """What a method searches in, where it begins, and how long it takes."""

    pixels: NDArray[Any]
    raw: bool  # whether channels are not colors
    start: Start
    n_segments: int  # at most as many as pixels inside
    effort: str
    compactness: float | None
    n_threads: int

    def features(self, *, chroma: float = 1.0, n_blurs: int, edge: float = EDGE) -> Int16Array:
        """Return the features of the pixels."""
        return grid_features(
            self.pixels, chroma=chroma, n_blurs=n_blurs, edge=edge, raw=self.raw, n_threads=self.n_threads
        )


Found: TypeAlias = "tuple[Int32Array, LocalMixture | None]"


def _search_boundary(search: Search) -> Found:
    n_blurs = EFFORTS[search.effort].n_blurs
    features = search.features(chroma=CHROMA, n_blurs=n_blurs)
    return _settled(search, _by_boundaries(search, features), features, n_blurs), None


def _search_slic(search: Search) -> Found:
    from imgcluster.superpixel._slic import N_BLURS, slic

    features = search.features(n_blurs=N_BLURS, edge=math.inf)  # at 50 as for the others recall is .01 less
    labels = slic(
        features,
        search.n_segments,
        compactness=search.compactness,
        mask=search.start.inside,
        seeds=search.start.seeds,
        labels=search.start.labels,
        effort=search.effort,
        n_threads=search.n_threads,
    )
    return _settled(search, labels, features, N_BLURS), None


def _search_gmm(search: Search) -> Found:
    from imgcluster.superpixel._gmm import COMPACTNESS as PRIOR
    from imgcluster.superpixel._gmm import local_mixture

    features = search.features(chroma=CHROMA, n_blurs=1)
    mixture = local_mixture(
        features,
        _by_boundaries(search, features),
        n_channels=1 if search.pixels.ndim == 2 else search.pixels.shape[2],
        chroma=1.0 if search.raw else CHROMA,
        compactness=None if search.compactness is None else PRIOR * (search.compactness / COMPACTNESS) ** 2,
        effort=search.effort,
        n_threads=search.n_threads,
    )
    labels = _settled(search, mixture.labels, features, 1)
    return labels, mixture if labels is mixture.labels else mixture.refitted(labels)


def _settled(search: Search, labels: Int32Array, features: Int16Array, n_blurs: int) -> Int32Array:
    """Let seeds lie in their segments, and make hard edges between flat areas exact."""
    if search.start.seeds is not None:
        labels = settle_seeds(labels, search.start.seeds, features)
    return settle_flat_edges(
        labels,
        features,
        lambda: features if n_blurs == 0 else search.features(chroma=CHROMA, n_blurs=0),
        n_blurs=n_blurs,
        seeds=search.start.seeds,
        keep=search.start.seeds is not None or search.start.labels is not None,
    )


def _by_boundaries(search: Search, features: Int16Array) -> Int32Array:
    """Cut the features by boundary k-means."""
    return boundary_kmeans(
        features,
        search.n_segments,
        compactness=COMPACTNESS if search.compactness is None else search.compactness,
        effort=EFFORTS[search.effort],
        mask=search.start.inside,
        seeds=search.start.seeds,
        labels=search.start.labels,
        n_threads=search.n_threads,
    )


SEARCHES: dict[str, Callable[[Search], Found]] = {
    "boundary": _search_boundary,
    "slic": _search_slic,
    "gmm": _search_gmm,
}
