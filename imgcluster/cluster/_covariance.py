"""Covariances of a mixture: one object for each type, which the M-step refits by and the E-step inverts by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from imgcluster.types import BoolArray, Float64Array

_DEPENDENT = 1e-6  # share of a feature's deviation that the others leave unexplained: its square is near rounding


class SingularError(Exception):
    """A covariance has no inverse; `component` is the one that it belongs to, None where all share it."""

    def __init__(self, component: int | None) -> None:
        super().__init__(f"the covariance of component {component} is singular")
        self.component = component


@dataclass(frozen=True)
class Precision:
    """Inverse covariances, as the E-step takes them."""

    factors: Float64Array  # (k, d), or upper triangular (k, d, d), with factor @ factor.T the inverse
    log_dets: Float64Array  # (k,), half the log determinant of the inverse
    traces: Float64Array  # (k,), trace of the inverse

    def within(self, scatter: Float64Array) -> Float64Array:
        """Return the trace of inverse times scatter, for each component: (k,)."""
        traces: Float64Array
        if self.factors.ndim == 2:
            traces = (self.factors**2 * scatter).sum(axis=1)
        else:
            traces = np.einsum("kij,kil,klj->k", self.factors, scatter, self.factors)
        return traces

    def between(self, shifts: Float64Array) -> Float64Array:
        """Return the squared Mahalanobis length of a shift (k, d) of each component: (k,)."""
        diagonal = self.factors.ndim == 2
        whitened = self.factors * shifts if diagonal else np.einsum("kij,ki->kj", self.factors, shifts)
        lengths: Float64Array = (whitened**2).sum(axis=1)
        return lengths


@dataclass(frozen=True)
class Moments:
    """Sums over a component's points, weighted by responsibility, about its old mean."""

    counts: Float64Array  # (k,)
    shifts: Float64Array  # (k, d), new mean minus old mean
    scatter: Float64Array  # (k, d, d) about the new mean, or only its diagonal (k, d)

    @classmethod
    def from_sums(cls, sums: Float64Array, d: int, *, diagonal: bool) -> Moments:
        """Unpack the kernel's sums (k, 1 + d + s); an empty component does not shift."""
        counts, first, second = sums[:, 0], sums[:, 1 : 1 + d], sums[:, 1 + d :]
        shifts = first / np.where(counts > 0, counts, 1.0)[:, None]
        if diagonal:
            return cls(counts, shifts, np.maximum(second - first * shifts, 0.0))
        rows, columns = np.triu_indices(d)
        scatter = np.empty((len(sums), d, d))
        scatter[:, rows, columns] = second - first[:, rows] * shifts[:, columns]
        scatter[:, columns, rows] = scatter[:, rows, columns]
        return cls(counts, shifts, scatter)

    def only(self, alive: BoolArray) -> Moments:
        """Return the moments with those of the other components 0."""
        scatter = np.where(alive.reshape(-1, *[1] * (self.scatter.ndim - 1)), self.scatter, 0.0)
        return Moments(np.where(alive, self.counts, 0.0), np.where(alive[:, None], self.shifts, 0.0), scatter)

    def divisors(self) -> Float64Array:
        """Return the counts, 1 in the place of 0: (k,)."""
        return np.where(self.counts > 0, self.counts, 1.0)


class Covariance(Protocol):
    """What a mixture asks of a type of covariance."""

    shared: bool  # one covariance for all components
    diagonal: bool  # of the scatter only the diagonal is needed

    def refit(self, moments: Moments, reg_covar: float) -> Float64Array:
        """Return the covariances that fit best (PRML 9.25 and its restrictions), reg_covar added to every variance."""
        ...

    def invert(self, covariances: Float64Array, k: int, floors: Float64Array) -> Precision:
        """Factor the inverses; raises SingularError where a variance is not above its feature's floor (d,)."""
        ...

    def as_matrices(self, covariances: Float64Array, k: int, d: int) -> Float64Array:
        """Return the covariances as (k, d, d)."""
        ...

    def n_parameters(self, k: int, d: int) -> int:
        """Return the number of free parameters."""
        ...


class Full:
    """A matrix for each component: (k, d, d)."""

    shared, diagonal = False, False

    def refit(self, moments: Moments, reg_covar: float) -> Float64Array:
        """Divide each scatter by its count."""
        return moments.scatter / moments.divisors()[:, None, None] + reg_covar * np.eye(moments.shifts.shape[1])

    def invert(self, covariances: Float64Array, k: int, floors: Float64Array) -> Precision:
        """Factor each matrix."""
        return _invert_matrices(covariances, floors)

    def as_matrices(self, covariances: Float64Array, k: int, d: int) -> Float64Array:
        """Return the covariances as they are."""
        return covariances

    def n_parameters(self, k: int, d: int) -> int:
        """Count a triangle for each component."""
        return k * _triangle(d)


class Tied:
    """One matrix for all components: (d, d)."""

    shared, diagonal = True, False

    def refit(self, moments: Moments, reg_covar: float) -> Float64Array:
        """Add the scatters up, and divide by the sum of the counts."""
        d = moments.shifts.shape[1]
        tied: Float64Array = moments.scatter.sum(axis=0) / moments.divisors().sum() + reg_covar * np.eye(d)
        return tied

    def invert(self, covariances: Float64Array, k: int, floors: Float64Array) -> Precision:
        """Factor the one matrix, and repeat it."""
        try:
            one = _invert_matrices(covariances[None], floors)
        except SingularError:
            raise SingularError(None) from None
        factors = np.ascontiguousarray(np.repeat(one.factors, k, axis=0))
        return Precision(factors, np.repeat(one.log_dets, k), np.repeat(one.traces, k))

    def as_matrices(self, covariances: Float64Array, k: int, d: int) -> Float64Array:
        """Repeat the one matrix."""
        return np.repeat(covariances[None], k, axis=0)

    def n_parameters(self, k: int, d: int) -> int:
        """Count one triangle."""
        return _triangle(d)


class Diag:
    """A variance for each component and feature: (k, d)."""

    shared, diagonal = False, True

    def refit(self, moments: Moments, reg_covar: float) -> Float64Array:
        """Divide the diagonal of each scatter by its count."""
        return moments.scatter / moments.divisors()[:, None] + reg_covar

    def invert(self, covariances: Float64Array, k: int, floors: Float64Array) -> Precision:
        """Invert each variance."""
        return _invert_variances(covariances, _positive(floors))

    def as_matrices(self, covariances: Float64Array, k: int, d: int) -> Float64Array:
        """Put the variances on diagonals."""
        return covariances[:, :, None] * np.eye(d)

    def n_parameters(self, k: int, d: int) -> int:
        """Count every variance."""
        return k * d


class Spherical:
    """A variance for each component, the same for all features: (k,)."""

    shared, diagonal = False, True

    def refit(self, moments: Moments, reg_covar: float) -> Float64Array:
        """Average the variances of the features."""
        variances: Float64Array = (moments.scatter / moments.divisors()[:, None] + reg_covar).mean(axis=1)
        return variances

    def invert(self, covariances: Float64Array, k: int, floors: Float64Array) -> Precision:
        """Invert each variance; the floor is the mean of the features'."""
        return _invert_variances(np.repeat(covariances[:, None], len(floors), axis=1), _positive(floors).mean())

    def as_matrices(self, covariances: Float64Array, k: int, d: int) -> Float64Array:
        """Put the variances on diagonals."""
        return np.repeat(covariances[:, None], d, axis=1)[:, :, None] * np.eye(d)

    def n_parameters(self, k: int, d: int) -> int:
        """Count one variance for each component."""
        return k


class Identity:
    """The identity matrix for all components, never refitted: (d, d)."""

    shared, diagonal = True, True

    def refit(self, moments: Moments, reg_covar: float) -> Float64Array:
        """Return the identity matrix."""
        return np.eye(moments.shifts.shape[1])

    def invert(self, covariances: Float64Array, k: int, floors: Float64Array) -> Precision:
        """Return the identity, which is its own inverse."""
        d = len(floors)
        return Precision(np.ones((k, d)), np.zeros(k), np.full(k, float(d)))

    def as_matrices(self, covariances: Float64Array, k: int, d: int) -> Float64Array:
        """Repeat the identity matrix."""
        return np.repeat(covariances[None], k, axis=0)

    def n_parameters(self, k: int, d: int) -> int:
        """Count nothing."""
        return 0


COVARIANCES: dict[str, Covariance] = {
    "full": Full(),
    "tied": Tied(),
    "diag": Diag(),
    "spherical": Spherical(),
    "identity": Identity(),
}


def as_matrices(covariances: Float64Array, covariance_type: str, k: int, d: int) -> Float64Array:
    """Return covariances of any type as (k, d, d)."""
    return COVARIANCES[covariance_type].as_matrices(covariances, k, d)


def _triangle(d: int) -> int:
    """Count the free entries of a symmetric (d, d) matrix."""
    return d * (d + 1) // 2


def _positive(floors: Float64Array) -> Float64Array:
    return np.maximum(floors, np.finfo(float).tiny)


def _invert_variances(variances: Float64Array, floors: Float64Array | np.float64) -> Precision:
    """Invert variances (k, d)."""
    narrow = ~(variances > floors).all(axis=1)
    if narrow.any():
        raise SingularError(int(narrow.argmax()))
    inverses = 1 / variances
    return Precision(np.sqrt(inverses), -0.5 * np.log(variances).sum(axis=1), inverses.sum(axis=1))


def _invert_matrices(matrices: Float64Array, floors: Float64Array) -> Precision:
    """Factor matrices (n, d, d)."""
    singular = _first_singular(matrices, _positive(floors))
    if singular is not None:
        raise SingularError(singular)
    factors = np.linalg.inv(np.linalg.cholesky(matrices)).transpose(0, 2, 1)
    log_dets = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    return Precision(np.ascontiguousarray(factors), log_dets, (factors**2).sum(axis=(1, 2)))


def _first_singular(matrices: Float64Array, floors: Float64Array) -> int | None:
    """Find the first matrix with a variance below its floor, or features that depend on each other but for rounding.

    Dependence is judged on correlations, so that the features' units do not matter.
    """
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    narrow = ~(variances > floors).all(axis=1)
    if narrow.any():
        return int(narrow.argmax())
    scales = 1 / np.sqrt(variances)
    correlations = matrices * scales[:, :, None] * scales[:, None, :]
    try:
        np.linalg.cholesky(matrices)
        own = np.diagonal(np.linalg.cholesky(correlations), axis1=1, axis2=2).min(axis=1)
        dependent = ~(own > _DEPENDENT)
        return int(dependent.argmax()) if dependent.any() else None
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return 0
        found = (i for i in range(len(matrices)) if _first_singular(matrices[i : i + 1], floors) is not None)
        return next(found, 0)
