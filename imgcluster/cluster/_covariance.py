"""Covariances of a mixture, by type: what the E-step needs of them, and how the M-step refits them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgcluster.types import Float64Array

_DEPENDENT = 1e-6  # share of a feature's deviation that the others leave unexplained: its square is near rounding
COVARIANCE_TYPES = ("full", "tied", "diag", "spherical", "identity")


class SingularError(Exception):
    """A covariance has no inverse; `component` says whose, None where all share it."""

    def __init__(self, component: int | None) -> None:
        super().__init__(f"the covariance of component {component} is singular")
        self.component = component


@dataclass(frozen=True)
class Precision:
    """Inverse covariances, as the E-step takes them."""

    factors: Float64Array  # (k, d), or upper triangular (k, d, d), with factor @ factor.T the inverse
    log_dets: Float64Array  # (k,), half the log determinant of the inverse
    traces: Float64Array  # (k,), trace of the inverse


@dataclass(frozen=True)
class Moments:
    """Sums over a component's points, weighted by responsibility, about its old mean."""

    counts: Float64Array  # (k,)
    shifts: Float64Array  # (k, d), new mean minus old mean
    scatter: Float64Array  # (k, d, d) about the new mean, or only its diagonal (k, d)

    @classmethod
    def from_sums(cls, sums: Float64Array, d: int, *, full: bool) -> Moments:
        """Unpack the kernel's sums (k, 1 + d + s); an empty component does not shift."""
        counts, first, second = sums[:, 0], sums[:, 1 : 1 + d], sums[:, 1 + d :]
        shifts = first / np.where(counts > 0, counts, 1.0)[:, None]
        if not full:
            return cls(counts, shifts, np.maximum(second - first * shifts, 0.0))
        rows, columns = np.triu_indices(d)
        scatter = np.empty((len(sums), d, d))
        scatter[:, rows, columns] = second - first[:, rows] * shifts[:, columns]
        scatter[:, columns, rows] = scatter[:, rows, columns]
        return cls(counts, shifts, scatter)


def fit_covariances(moments: Moments, covariance_type: str, reg_covar: float, d: int) -> Float64Array:
    """Refit covariances (PRML 9.25 and its restrictions), with reg_covar added to every variance."""
    counts = np.where(moments.counts > 0, moments.counts, 1.0)
    if covariance_type == "identity":
        return np.eye(d)
    if covariance_type == "tied":
        tied: Float64Array = moments.scatter.sum(axis=0) / counts.sum() + reg_covar * np.eye(d)
        return tied
    if covariance_type == "full":
        return moments.scatter / counts[:, None, None] + reg_covar * np.eye(d)
    variances = moments.scatter / counts[:, None] + reg_covar
    return variances if covariance_type == "diag" else variances.mean(axis=1)


def invert(covariances: Float64Array, covariance_type: str, k: int, floors: Float64Array) -> Precision:
    """Factor the inverse covariances; raises SingularError where a variance is not above its feature's floor (d,)."""
    d = len(floors)
    if covariance_type == "identity":
        return Precision(np.ones((k, d)), np.zeros(k), np.full(k, float(d)))
    floors = np.maximum(floors, np.finfo(float).tiny)
    if covariance_type in ("full", "tied"):
        return _invert_matrices(covariances, floors, tied=covariance_type == "tied", k=k)
    variances = covariances if covariance_type == "diag" else np.repeat(covariances[:, None], d, axis=1)
    narrow = ~(variances > (floors if covariance_type == "diag" else floors.mean())).all(axis=1)
    if narrow.any():
        raise SingularError(int(narrow.argmax()))
    inverses = 1 / variances
    return Precision(np.sqrt(inverses), -0.5 * np.log(variances).sum(axis=1), inverses.sum(axis=1))


def _invert_matrices(covariances: Float64Array, floors: Float64Array, *, tied: bool, k: int) -> Precision:
    """Factor full matrices."""
    matrices = covariances[None] if tied else covariances
    singular = _first_singular(matrices, floors)
    if singular is not None:
        raise SingularError(None if tied else singular)
    factors = np.linalg.inv(np.linalg.cholesky(matrices)).transpose(0, 2, 1)
    log_dets = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    traces = (factors**2).sum(axis=(1, 2))
    repeats = k if tied else 1
    factors = np.ascontiguousarray(np.repeat(factors, repeats, axis=0))
    return Precision(factors, np.repeat(log_dets, repeats), np.repeat(traces, repeats))


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


def as_matrices(covariances: Float64Array, covariance_type: str, k: int, d: int) -> Float64Array:
    """Spell covariances of any type out as (k, d, d)."""
    if covariance_type in ("tied", "identity"):
        return np.repeat(covariances[None], k, axis=0)
    if covariance_type == "full":
        return covariances
    variances = covariances if covariance_type == "diag" else np.repeat(covariances[:, None], d, axis=1)
    return variances[:, :, None] * np.eye(d)


def n_covariance_parameters(covariance_type: str, k: int, d: int) -> int:
    """Count the free parameters of the covariances."""
    triangle = d * (d + 1) // 2
    return {"full": k * triangle, "tied": triangle, "diag": k * d, "spherical": k, "identity": 0}[covariance_type]
