"""The alternation of EM on one data set: from a start, over collapsed components, to convergence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from imgcluster import kernels
from imgcluster.cluster._base import check_moderate, check_start
from imgcluster.cluster._covariance import COVARIANCES, Moments, Precision, SingularError
from imgcluster.cluster._init import initial_centers
from imgcluster.cluster._lloyd import lloyd
from imgcluster.cluster._local_swaps import local_swaps
from imgcluster.cluster._points import DensePoints
from imgcluster.cluster._trace import Trace
from imgcluster.kernels import Expectation
from imgcluster.types import BoolArray, Float64Array, Int32Array

_START_ITER = 20  # Lloyd iterations before EM: it begins with clusters, not with single points
_SWAPS, _LEAST_SWAPS = 6, 20  # trials for each component, and at least
_RESEEDS = 10  # for each component, before the data are called singular
_COLLAPSED = 1e-12  # share of the variance of the data
_ROUNDING = 1e-9  # what sums of float64 may lose of an objective
_EMPTY = 1e-10  # share of all weight below which a component has died


@dataclass(frozen=True)
class Mixture:
    """A mixture, ready for an E-step."""

    weights: Float64Array
    means: Float64Array
    covariances: Float64Array
    precision: Precision

    def state(self, responsibilities: Float64Array) -> dict[str, Float64Array]:
        """Return what a trace keeps of a half-step."""
        found = {"centers": self.means, "weights": self.weights, "covariances": self.covariances}
        return {**found, "responsibilities": responsibilities}

    def coefficients(self, reg_covar: float = 0.0) -> Float64Array:
        """Compute log pi_k + log of the normalizing constant, less the penalty on small covariances."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights)
        constant = 0.5 * self.means.shape[1] * np.log(2 * np.pi)
        result: Float64Array = logs + self.precision.log_dets - constant - 0.5 * reg_covar * self.precision.traces
        return result


class _Step(NamedTuple):
    """An E-step: the objective (penalized by reg_covar), the log-likelihood, the kernel's sums, responsibilities."""

    objective: float
    log_likelihood: float
    sums: Float64Array
    shares: Float64Array  # empty unless they are kept


class Run(NamedTuple):
    """How the alternation ended."""

    mixture: Mixture
    log_likelihood: float
    previous: float  # log-likelihood before the last iteration
    n_iter: int
    converged: bool


class EM:
    """The data of one fit, and the steps on them."""

    def __init__(
        self, X: Float64Array, weights: Float64Array, k: int, covariance_type: str, reg_covar: float, n_threads: int
    ) -> None:
        self.X, self.weights, self.k, self.n_threads = X, weights, k, n_threads
        self.total, self.d = float(weights.sum()), X.shape[1]
        self.covariance = COVARIANCES[covariance_type]
        # a fixed covariance has nothing to penalize
        self.reg_covar = float(reg_covar) if self.covariance.n_parameters(k, self.d) else 0.0
        mean = (weights[:, None] * X).sum(axis=0) / self.total
        # a component this narrow has collapsed: what is left of its variance is rounding, unless reg_covar keeps it
        self.variances: Float64Array = (weights[:, None] * (X - mean) ** 2).sum(axis=0) / self.total
        self.floors = _COLLAPSED * self.variances
        if self.reg_covar > 0:
            self.floors = np.minimum(self.floors, self.reg_covar / 2)

    def run(
        self,
        mixture: Mixture,
        max_iter: int,
        tol: float,
        rng: np.random.Generator,
        trace: Trace,
        previous: float = -np.inf,
    ) -> Run:
        """Alternate until the mean log-likelihood rests; `previous` is that of a run before, if this goes on."""
        objective, converged, reseeds, n_iter = -np.inf, False, 0, 0
        for n_iter in range(1, max_iter + 1):  # noqa: B007
            step = self._expect(mixture, objective, each=trace.keeps)
            trace.add("expect", step.objective, **mixture.state(step.shares))
            moments = self._moments(step.sums)
            refitted = self._maximize(mixture, moments, may_reseed=reseeds < _RESEEDS * self.k)
            if isinstance(refitted, int):
                mixture, previous, reseeds = self._reseed(mixture, refitted, rng), -np.inf, reseeds + 1
                seeded = self._expect(mixture, -np.inf, each=trace.keeps)
                objective = seeded.objective
                trace.add("reseed", objective, **mixture.state(seeded.shares))
                continue
            objective = step.objective + self._gain(mixture, refitted, self._without_dead(moments))
            trace.add("maximize", objective, **refitted.state(step.shares))
            mixture = refitted
            converged = abs(step.log_likelihood - previous) < tol * self.total
            previous = step.log_likelihood
            if converged:
                break
        last = self._expect(mixture, objective, each=trace.keeps)
        trace.add("expect", last.objective, **mixture.state(last.shares))
        return Run(mixture, last.log_likelihood, previous, n_iter, converged)

    def _expect(self, mixture: Mixture, objective: float, *, each: bool = False) -> _Step:
        """Make an E-step that does not lower the penalized objective.

        The plain E-step (PRML 9.23) maximizes the log-likelihood's bound and leaves the penalty out, which near the end
        may lose more by the penalty than it wins; then the one that takes the penalty into account serves.
        """
        plain = self._expect_with(mixture, 0.0, each=each)
        lost = 0.5 * self.reg_covar * float((plain.sums[:, 0] * mixture.precision.traces).sum())
        found = plain.log_likelihood - lost
        if found >= objective - _ROUNDING * max(1.0, abs(objective)) or not self.reg_covar:
            return _Step(found, plain.log_likelihood, plain.sums, plain.shares)
        penalized = self._expect_with(mixture, self.reg_covar, each=each)
        return _Step(penalized.log_likelihood, plain.log_likelihood, penalized.sums, penalized.shares)

    def _expect_with(self, mixture: Mixture, penalty: float, *, each: bool = False) -> Expectation:
        arrays = mixture.means, mixture.precision.factors, mixture.coefficients(penalty)
        return kernels.em_step(self.X, self.weights, *arrays, self.n_threads, each=each)

    def _without_dead(self, moments: Moments) -> Moments:
        """Bury components that died again and again: they keep their places, with weight 0."""
        return moments.only(moments.counts >= _EMPTY * self.total)

    def _maximize(self, old: Mixture, moments: Moments, *, may_reseed: bool) -> Mixture | int:
        """Refit all parameters, or name a component that has died or become singular."""
        if may_reseed and (moments.counts < _EMPTY * self.total).any():
            return int(moments.counts.argmin())
        moments = self._without_dead(moments)
        refitted = self.covariance.refit(moments, self.reg_covar)
        covariances = self._with(refitted, moments.counts == 0, old.covariances)
        try:
            precision = self.covariance.invert(covariances, self.k, self.floors)
        except SingularError as error:
            if error.component is None or not may_reseed:
                raise self._singular() from None
            return error.component
        return Mixture(moments.counts / moments.counts.sum(), old.means + moments.shifts, covariances, precision)

    def _with(self, covariances: Float64Array, which: BoolArray, others: Float64Array) -> Float64Array:
        """Give some components other covariances; one that all share stays."""
        if self.covariance.shared or not which.any():
            return covariances
        replaced = covariances.copy()
        replaced[which] = others[which]
        return replaced

    def _gain(self, old: Mixture, new: Mixture, moments: Moments) -> float:
        """By how much the lower bound rises in an M-step, from the moments alone (PRML 9.40)."""
        return self._bound(new, moments, np.zeros_like(moments.shifts)) - self._bound(old, moments, moments.shifts)

    def _bound(self, mixture: Mixture, moments: Moments, shifts: Float64Array) -> float:
        """Compute the expected complete-data log-likelihood, with means `shifts` away from the moments' center."""
        within, between = mixture.precision.within(moments.scatter), mixture.precision.between(shifts)
        logs = np.where(moments.counts > 0, mixture.coefficients(self.reg_covar), 0.0)
        return float((moments.counts * (logs - 0.5 * between) - 0.5 * within).sum())

    def start(
        self,
        init: str | ArrayLike,
        weights_init: Float64Array | None,
        covariances: Float64Array | None,
        rng: np.random.Generator,
        *,
        swaps: bool,
        keep_means: bool,
    ) -> Mixture:
        """Choose means, assign every point to the nearest, and make an M-step of that, but for what is given."""
        points = DensePoints(self.X, self.weights, self.n_threads)
        if isinstance(init, str):
            means = initial_centers(points, self.k, init, rng)
            if init == "k-means++":
                means = lloyd(points, means, _START_ITER).centers
                if swaps:
                    means = local_swaps(points, means, max(_LEAST_SWAPS, _SWAPS * self.k), rng, may_stop=True)
        else:
            means = self._given_means(init, "means_init" if keep_means else "init")
        points.assign(means)
        moments = self._hard_moments(points.labels, means)
        if not keep_means:
            means = means + moments.shifts
        weights = moments.counts / self.total if weights_init is None else weights_init
        weights = np.maximum(weights, 1e-6 / self.k)  # EM cannot revive a component of weight 0
        if covariances is not None:
            precision = self._invert(covariances)
            return Mixture(weights / weights.sum(), means, covariances, precision)
        covariances = self.covariance.refit(moments, self.reg_covar)
        if (empty := moments.counts <= 0).any():
            covariances = self._with(covariances, empty, self._data_covariances)
        try:
            precision = self.covariance.invert(covariances, self.k, self.floors)
        except SingularError:
            covariances = self._data_covariances  # a cluster of too few points
            precision = self._invert(covariances)
        return Mixture(weights / weights.sum(), means, covariances, precision)

    def _given_means(self, init: ArrayLike, parameter: str) -> Float64Array:
        """Check means that are given."""
        return check_moderate(check_start(init, "n_components", (self.k, self.d), parameter), parameter)

    def _hard_moments(self, labels: Int32Array, means: Float64Array) -> Moments:
        """Moments of the hard assignment."""
        which = [labels == k for k in range(self.k)]
        return self._moments(
            np.stack([self._sums(self.weights[mine], self.X[mine] - means[k]) for k, mine in enumerate(which)])
        )

    def _soft_moments(self, shares: Float64Array, means: Float64Array) -> Moments:
        """Moments of responsibilities (n, k)."""
        return self._moments(
            np.stack([self._sums(self.weights * shares[:, k], self.X - means[k]) for k in range(self.k)])
        )

    def _sums(self, weights: Float64Array, differences: Float64Array) -> Float64Array:
        """Add up points of one component, as the kernel does: (1 + d + s,)."""
        rows, columns = np.diag_indices(self.d) if self.covariance.diagonal else np.triu_indices(self.d)
        second = np.einsum("n,ni,nj->ij", weights, differences, differences)[rows, columns]
        return np.concatenate([[weights.sum()], (weights[:, None] * differences).sum(axis=0), second])

    def maximize(self, shares: Float64Array, old: Mixture | None) -> Mixture:
        """Make an M-step from responsibilities (n, k); a component without any stays as it was."""
        if old is None:
            means = np.tile((self.weights[:, None] * self.X).sum(axis=0) / self.total, (self.k, 1))
            covariances = self._data_covariances
            old = Mixture(np.full(self.k, 1 / self.k), means, covariances, self._invert(covariances))
        own = self._expect_with(old, 0.0, each=True)
        # from its own E-step it goes on with the sums, and so the bits, of a fit
        is_own = np.array_equal(own.shares, shares)
        moments = self._moments(own.sums) if is_own else self._soft_moments(shares, old.means)
        refitted = self._maximize(old, moments, may_reseed=False)
        assert isinstance(refitted, Mixture)
        return refitted

    def _moments(self, sums: Float64Array) -> Moments:
        return Moments.from_sums(sums, self.d, diagonal=self.covariance.diagonal)

    @cached_property
    def _data_covariances(self) -> Float64Array:
        """Covariances of all data, the same for every component."""
        mean = (self.weights[:, None] * self.X).sum(axis=0) / self.total
        all_data = self._hard_moments(np.zeros(len(self.X), np.int32), np.tile(mean, (self.k, 1)))
        parts = self.k if self.covariance.shared else 1  # a shared covariance adds the components up
        scatter = np.repeat(all_data.scatter[:1], self.k, axis=0) / parts
        counts = np.full(self.k, self.total) / parts
        return self.covariance.refit(Moments(counts, all_data.shifts, scatter), self.reg_covar)

    def _reseed(self, mixture: Mixture, component: int, rng: np.random.Generator) -> Mixture:
        """Put a collapsed component on a point of low density, with the covariance of the data."""
        arrays = mixture.means, mixture.precision.factors, mixture.coefficients()
        densities = kernels.em_step(self.X, self.weights, *arrays, self.n_threads, each=True).densities
        surprise = self.weights * (densities.max() - densities)
        chances = surprise / surprise.sum() if surprise.sum() > 0 else self.weights / self.total
        means, weights = mixture.means.copy(), mixture.weights.copy()
        means[component] = self.X[rng.choice(len(self.X), p=chances)]
        weights[component] = 1 / self.k
        covariances = self._with(mixture.covariances, np.arange(self.k) == component, self._data_covariances)
        precision = self._invert(covariances)
        return Mixture(weights / weights.sum(), means, covariances, precision)

    def _invert(self, covariances: Float64Array) -> Precision:
        """Factor the inverse covariances of which nothing better is known."""
        try:
            return self.covariance.invert(covariances, self.k, self.floors)
        except SingularError:
            raise self._singular() from None

    def _singular(self) -> ValueError:
        return ValueError(
            f"the covariances stay singular with reg_covar={self.reg_covar:g}: features are constant or "
            "dependent, or there are too few distinct samples; raise reg_covar, use fewer components or another "
            "covariance_type"
        )
