"""The stages of a search: a start, swaps on bins of colors, and the end on all colors."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from imgcluster.cluster import (
    ROUNDING_VARIANCE,
    DensePoints,
    KMeans,
    Model,
    OctreePoints,
    Settled,
    centers_of,
    fit_model,
    initial_centers,
    lloyd,
    random_swaps,
    recombined,
    settle,
    ward_centers,
)
from imgcluster.colors import RGB, SpaceColors, adaptive_bins
from imgcluster.errors import ConvergenceWarning
from imgcluster.palette._fit import dark_to_light, encoded
from imgcluster.palette._rounding import Colors, Rounding
from imgcluster.types import Float64Array, Int32Array, UInt8Array
from imgcluster.warning import unheard


class Stage(NamedTuple):
    """How long to search: first on bins of colors, then on the colors themselves."""

    max_iter: int  # of Lloyd on all colors in steps of their own, after those in long ones
    bins_per_color: int = 0  # solutions are compared on at most so many bins
    least_bins: int = 0  # or, for few colors, on at most so many
    n_lineages: int = 0  # solutions for 256 colors that are made independently, and then one
    n_rivals: int = 0  # starts whose best parts each takes over, for 256 colors
    n_last: int = 0  # starts whose best parts the one takes over
    n_swaps: int = 0  # trials for 256 colors, where swaps are tried instead
    n_long: int = 0  # Lloyd iterations on all colors in long steps
    rounds_well: bool = False  # whether entries of the palette are rounded with care

    def n_trials(self, n_colors: int) -> int:
        """Try more swaps for fewer colors: a trial is cheaper and a swap matters more."""
        return math.ceil(self.n_swaps * (_few(n_colors) if n_colors <= _MANY else _MANY / n_colors))

    def n_iter(self, n_colors: int) -> tuple[int, int]:
        """Make fewer iterations for very many colors: a pass is long, and most colors have few others to share."""
        fewer = 1 if n_colors <= _VERY_MANY else 4
        return math.ceil(self.n_long / fewer), math.ceil(self.max_iter / fewer)

    def n_bins(self, n_colors: int) -> int:
        """Take more bins for more colors, but not so many that a pass is no longer cheap."""
        return max(self.least_bins, min(self.bins_per_color * n_colors, max(self.bins_per_color * 256, 16 * n_colors)))


STAGES = {
    "fast": Stage(max_iter=4),
    "default": Stage(
        bins_per_color=64,
        least_bins=6000,
        n_lineages=1,
        n_rivals=10,
        n_swaps=40,
        n_long=10,
        max_iter=2,
    ),
    "best": Stage(  # until it converges
        bins_per_color=80,
        least_bins=20_000,
        n_lineages=6,
        n_rivals=20,
        n_last=60,
        n_swaps=240,
        n_long=100,
        max_iter=1000,
        rounds_well=True,
    ),
}
_STEP = 1.9  # of the way to the means
_MOST_BINNED = 1 << 18  # colors: of more, bins are made of bins
_RIVAL_PASSES, _CHILD_PASSES, _LAST_PASSES = 3, 6, 10
_VERY_MANY = 4096  # colors
_VERY_FEW = 32  # colors
_MANY = 512  # colors, above which trials become fewer: many centers move in each
_START_BINS = 10_000  # the start needs no more: swaps find what it misses
_START_ITER = 10
_DRAWN_ONE_BY_ONE = (
    512  # first centers; more are drawn by the batch, since the time of k-means++ grows with their square
)
_FEW_PER_COLOR, _FEW = 4, 2048  # colors of a picture for which merging is a good start, and a cheap one
_REFITS = 3  # of the palette in 8 bits
_MOST_REPEATED = 1 << 20  # colors: of more, bins converge, and a last iteration is made on the colors
_MOST_IN_MEMORY = 1 << 21  # colors: 120 MB in an octree


def _few(n_colors: int) -> float:
    """Return by what factor to try more for less than 256 colors."""
    return math.sqrt(max(1.0, 256 / n_colors))


def _objective(found: Settled) -> float:
    return found.objective


class Found(NamedTuple):
    """A palette that a stage ended with."""

    palette: UInt8Array
    labels: Int32Array  # of the colors in the order of the space
    model: Model
    objective: float  # in the space, of the palette in 8 bits


class Converged(NamedTuple):
    """Centers that all colors are fitted to."""

    centers: Float64Array
    n_long: int  # iterations in long steps
    n_iter: int  # on all colors
    objective: float | None  # on bins, if they converged there
    rounds_well: bool


class Stages:
    """The search for one palette."""

    def __init__(
        self,
        colors: SpaceColors,
        n_colors: int,
        method: str,
        rng: np.random.Generator,
        n_threads: int,
        locked: UInt8Array,
    ) -> None:
        self._colors, self._n_colors, self._method = colors, n_colors, method
        self._rng, self._n_threads, self._locked = rng, n_threads, locked
        self._fixed = encoded(locked, colors.space)
        self._bits = colors.bits_for(max(_START_BINS, 4 * n_colors))
        self._coarse = self._octree(self._bits)
        self._all: Colors | None = None
        self._has_bins = method == "kmeans" and len(colors.histogram) > _MOST_REPEATED
        self._medium: OctreePoints | None = None

    def start(self) -> Float64Array:
        """Return first centers, the locked ones first."""
        n_iter = _START_ITER if self._n_colors <= _VERY_MANY else _START_ITER // 4
        centers = lloyd(self._coarse, self._drawn(), n_iter).centers
        n = len(self._colors.histogram)
        if n <= min(_FEW, _FEW_PER_COLOR * self._n_colors) and not len(self._locked):
            merged = ward_centers(self._coarse.X, self._coarse.weights, self._n_colors)
            runs = [lloyd(self._coarse, trial, _START_ITER) for trial in (merged, centers)]
            centers = min(runs, key=lambda run: run.objective).centers
        return self._in_order(centers)

    def searched(self, centers: Float64Array, stage: Stage) -> Float64Array:
        """Better centers, found on bins."""
        if not stage.n_lineages:
            return centers
        points, trials = self._bins(stage.n_bins(self._n_colors)), stage.n_trials(self._n_colors)
        if len(self._locked) or self._n_colors > _MANY:
            return self._in_order(self._swapped(points, centers, trials).centers)
        # below 32 colors more rivals find nothing more
        few = _few(max(self._n_colors, _VERY_FEW))
        n_rivals, n_last = (math.ceil(n * few) for n in (stage.n_rivals, stage.n_last))
        found = self._lineage(points, centers, n_rivals)
        for _ in range(stage.n_lineages - 1):
            other = self._lineage(points, self._scattered(points), n_rivals)
            found = min(other, self._with_parts(points, found, other.centers), key=_objective)
        if n_last:
            found = self._lineage(points, found.centers, n_last)
        return self._in_order(found.centers)

    def _lineage(self, points: Colors, centers: Float64Array, n_rivals: int) -> Settled:
        """Better a solution by what hasty solutions from other starts do better."""
        found = settle(points, centers, _LAST_PASSES, _STEP)
        for _ in range(n_rivals):
            found = self._with_parts(points, found, self._scattered(points))
        return settle(points, found.centers, _LAST_PASSES, _STEP)

    def _with_parts(self, points: Colors, best: Settled, rival: Float64Array) -> Settled:
        """Take over what another solution does better.

        Swaps after that do not pay: at 32 colors, 200 rivals without them end at 1.0003 of the
        best known in a third of the time in which 100 with 23 each end at 1.001.
        """
        child = settle(points, recombined(points, best.centers, rival), _CHILD_PASSES, _STEP)
        return min(best, child, key=_objective)

    def _swapped(self, points: Colors, centers: Float64Array, n_swaps: int) -> Settled:
        centers = random_swaps(points, centers, n_swaps, self._rng, n_fixed=len(self._locked), step=_STEP)
        return settle(points, centers, _LAST_PASSES, _STEP)

    def _scattered(self, points: Colors) -> Float64Array:
        """Return a hasty solution: bins are small where pixels are many, and so any of them serve as a start.

        One is drawn from each of as many stretches of the curve that bins lie on: they spread more evenly so.
        """
        k, n = self._n_colors, len(points.X)
        chosen = ((np.arange(k) + self._rng.random(k)) * (n / k)).astype(np.intp)
        return settle(points, points.X[np.minimum(chosen, n - 1)].astype(np.float64), _RIVAL_PASSES, _STEP).centers

    def converged(self, centers: Float64Array, stage: Stage) -> Converged:
        """Iterate on bins in the place of all colors, if these are too many for that."""
        n_long, n_iter = stage.n_iter(self._n_colors)
        if not self._has_bins:
            return Converged(centers, n_long, n_iter, None, stage.rounds_well)
        if self._medium is None:
            self._medium = self._octree(self._colors.bits_for(_MOST_REPEATED // 2))
        if n_long:
            centers = settle(self._medium, centers, n_long, _STEP).centers
        run = lloyd(self._medium, centers, n_iter)
        return Converged(self._in_order(run.centers), 0, 1, run.objective, stage.rounds_well)

    def finished(self, end: Converged) -> Found:
        """Fit the model to all colors, and round its centers to a palette."""
        points, n_refits, centers = self._all_points(), 1 if self._has_bins else _REFITS, end.centers
        # the means of a soft fit are what was asked for; only those of k-means may move to better 8-bit colors
        if self._method != "kmeans":
            n_refits = 0
        elif end.n_long:
            centers = self._in_order(settle(points, centers, end.n_long, _STEP).centers)
        model = self._fit(points, centers, end.n_iter)
        rounding = Rounding(self._colors, points, self._locked)
        way = rounding.with_care if end.rounds_well and n_refits else rounding.of
        palette, objective = way(centers_of(model).astype(np.float64), n_refits)
        return Found(palette, points.labels.copy(), model, objective)

    def in_order(self, found: Found) -> Found:
        """Sort a palette dark to light, after locked colors, and its model with it; a soft fit keeps its order."""
        m, palette = len(self._locked), found.palette
        order = np.concatenate([np.arange(m), m + dark_to_light(palette[m:])])
        if not isinstance(found.model, KMeans) or (order[1:] > order[:-1]).all():
            return found
        places = np.empty(len(order), np.int32)
        places[order] = np.arange(len(order), dtype=np.int32)
        found.model.cluster_centers_ = found.model.cluster_centers_[order]
        found.model.labels_ = places[found.model.labels_]
        points, palette = self._all_points(), palette[order]
        points.assign(encoded(palette, self._colors.space))  # ties go to the lowest index in the new order, too
        return found._replace(palette=palette, labels=points.labels)

    def settled(self, palette: UInt8Array) -> Found:
        """Take a palette that is known to be the best."""
        points, centers = self._all_points(), encoded(palette, self._colors.space)
        model = self._fit(points, centers, STAGES["fast"].max_iter)
        objective = points.assign(centers).objective
        return Found(palette, points.labels, model, objective)

    def _drawn(self) -> Float64Array:
        """Draw first centers, by k-means++ and from some number on several at once by squared error."""
        at_first = max(min(self._n_colors, _DRAWN_ONE_BY_ONE), len(self._fixed))
        centers = initial_centers(self._coarse, at_first, "k-means++", self._rng, self._fixed)
        while len(centers) < self._n_colors:
            centers, _ = self._coarse.refit(centers, self._coarse.assign(centers))
            self._coarse.assign(centers)
            errors = self._coarse.errors(centers)
            size = min(
                len(centers) if self._n_colors > _VERY_MANY else math.ceil(len(centers) / 2),
                self._n_colors - len(centers),
            )
            # the smallest of Exp(1) / error: a weighted draw without putting back (Efraimidis, Spirakis 2006)
            with np.errstate(divide="ignore"):
                waits = self._rng.exponential(size=len(errors)) / errors
            chosen = np.argsort(waits, kind="stable")[:size]
            centers = np.concatenate([centers, self._coarse.X[chosen].astype(np.float64)])
        return centers

    def _in_order(self, centers: Float64Array) -> Float64Array:
        """Sort centers dark to light, after those that are locked."""
        m = len(self._locked)
        return np.concatenate([centers[:m], centers[m:][dark_to_light(self._colors.space.decode(centers[m:]))]])

    def _fit(self, points: Colors, centers: Float64Array, max_iter: int) -> Model:
        """Fit the model to all colors, from centers found before."""
        if self._method == "kmeans":
            return fit_model("kmeans", points, centers, max_iter=max_iter, tol=0.0, n_threads=self._n_threads)
        dense = DensePoints(points.X.astype(np.float64), points.weights, self._n_threads)
        tol = 1e-5 if self._method == "soft-kmeans" else None
        with unheard(ConvergenceWarning):  # a palette does not need the last digit
            return fit_model(
                self._method,
                dense,
                centers,
                max_iter=4 * max_iter,
                tol=tol,
                reg_covar=ROUNDING_VARIANCE,
                random_state=0,
                n_threads=self._n_threads,
            )

    def _bins(self, most: int) -> Colors:
        """Return at most so many bins, or all colors if they are no more."""
        if len(self._colors.histogram) <= most:
            return self._all_points()
        bins = adaptive_bins(self._colors.points(self._colors.bits_for(_MOST_BINNED)), most)
        points = OctreePoints(*bins, self._n_threads)
        points.n_fixed = len(self._locked)
        return points

    def _octree(self, bits: int) -> OctreePoints:
        points = OctreePoints(*self._colors.points(bits), self._n_threads)
        points.n_fixed = len(self._locked)
        return points

    def _all_points(self) -> Colors:
        """Return all colors as points."""
        if self._all is None:
            self._all = self._coarse if self._bits == 8 else all_points(self._colors, self._n_threads)
            self._all.n_fixed = len(self._locked)
        return self._all


def all_points(colors: SpaceColors, n_threads: int) -> Colors:
    """Turn all colors into points to cluster; in slabs if they are so many that memory matters."""
    histogram = colors.histogram
    if colors.space is RGB and len(histogram) > _MOST_IN_MEMORY:
        from imgcluster.cluster import OctreeSlabs

        return OctreeSlabs(histogram.keys, histogram.counts, n_threads)
    return OctreePoints(*colors.points(8), n_threads)
