"""The search for superpixels: one function for each method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from numpy.typing import NDArray

from imgcluster.colors import grid_features
from imgcluster.superpixel._boundary import CHROMA, COMPACTNESS, boundary_kmeans
from imgcluster.superpixel._efforts import EFFORTS
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

    def features(self, *, chroma: float = 1.0, n_blurs: int) -> Int16Array:
        """Return the features of the pixels."""
        return grid_features(self.pixels, chroma=chroma, n_blurs=n_blurs, raw=self.raw, n_threads=self.n_threads)


Found: TypeAlias = "tuple[Int32Array, LocalMixture | None]"


def _search_boundary(search: Search) -> Found:
    features = search.features(chroma=CHROMA, n_blurs=EFFORTS[search.effort].n_blurs)
    return _by_boundaries(search, features), None


def _search_slic(search: Search) -> Found:
    from imgcluster.superpixel._slic import N_BLURS, slic

    labels = slic(
        search.features(n_blurs=N_BLURS),
        search.n_segments,
        compactness=search.compactness,
        mask=search.start.inside,
        seeds=search.start.seeds,
        labels=search.start.labels,
        effort=search.effort,
        n_threads=search.n_threads,
    )
    return labels, None


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
    return mixture.labels, mixture


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
