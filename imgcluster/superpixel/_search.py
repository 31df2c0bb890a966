"""The search for superpixels: one function for each method."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from imgcluster.superpixel._boundary import CHROMA, COMPACTNESS, EDGE, boundary_kmeans
from imgcluster.superpixel._efforts import EFFORTS
from imgcluster.superpixel._flat_edges import settle_flat_edges
from imgcluster.superpixel._grid import Grid
from imgcluster.superpixel._seeds import settle_seeds
from imgcluster.superpixel._start import Start
from imgcluster.threads import report
from imgcluster.types import Int16Array, Int32Array

if TYPE_CHECKING:
    from imgcluster.superpixel._gmm import LocalMixture


_READ = 0.2  # of the time when a picture is read


@dataclass(frozen=True, eq=False)
class Search:
    """What a method searches in, where it begins, and how long it takes."""

    grid: Grid
    start: Start
    n_segments: int  # at most as many as pixels inside
    effort: str
    compactness: float | None
    n_threads: int

    def features(self, *, chroma: float = 1.0, n_blurs: int, edge: float = EDGE) -> Int16Array:
        """Return the features of the pixels."""
        return self.grid.features(chroma=chroma, n_blurs=n_blurs, edge=edge, n_threads=self.n_threads)

    @property
    def size(self) -> float | None:
        """Return the mean area of a segment that is no speck, in pixels; None if there are no specks."""
        if self.start.specks is None:
            return None
        return (self.start.n_inside - len(self.start.specks.pixels)) / self.n_segments

    def complete(self, labels: Int32Array) -> Int32Array:
        """Add the specks of the mask, each a segment."""
        return labels if self.start.specks is None else self.start.specks.add_to(labels)


Found: TypeAlias = "tuple[Int32Array, LocalMixture | None]"


def _search_boundary(search: Search) -> Found:
    n_blurs = EFFORTS[search.effort].n_blurs
    report(_READ)
    features = search.features(chroma=CHROMA, n_blurs=n_blurs)
    labels = _settled(search, _by_boundaries(search, features), features, n_blurs)
    return search.complete(labels), None


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
    return search.complete(_settled(search, labels, features, N_BLURS)), None


def _search_gmm(search: Search) -> Found:
    from imgcluster.superpixel._gmm import COMPACTNESS as PRIOR
    from imgcluster.superpixel._gmm import local_mixture

    features = search.features(chroma=CHROMA, n_blurs=1)
    mixture = local_mixture(
        features,
        search.complete(_by_boundaries(search, features)),
        n_channels=search.grid.n_features,
        size=search.size,
        chroma=CHROMA if search.grid.is_color else 1.0,
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
