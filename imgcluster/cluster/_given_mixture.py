"""Mixtures whose parameters are given, whole or in part, checked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster._base import as_numbers, check_array, check_moderate
from imgcluster.cluster._covariance import COVARIANCES, SingularError
from imgcluster.cluster._em import Mixture
from imgcluster.types import Float64Array

_ROUNDING = 1e-6


def given_mixture(weights: ArrayLike, means: ArrayLike, covariances: ArrayLike, covariance_type: str) -> Mixture:
    """Return a mixture of known weights (k,), means (k, d) and covariances of a type."""
    centers: Float64Array = check_array(means, "means").astype(np.float64)
    check_moderate(centers, "means")
    shares = check_mixing(weights, len(centers), "weights")
    matrices = check_scales(covariances, covariance_type, centers.shape, "covariances")
    k, d = centers.shape
    try:
        precision = COVARIANCES[covariance_type].invert(matrices, k, np.zeros(d))
    except SingularError as error:
        which = "" if error.component is None else f" that of component {error.component}"
        raise ValueError(f"covariances must be positive definite, but{which or ' it'} is singular") from None
    return Mixture(shares / shares.sum(), centers, matrices, precision)


def check_mixing(weights: ArrayLike, k: int, name: str) -> Float64Array:
    """Return mixing coefficients (k,), float64: non-negative with sum 1."""
    found = as_numbers(weights, name).astype(np.float64)
    if found.shape != (k,) or not (found >= 0).all() or abs(found.sum() - 1) > _ROUNDING:
        raise ValueError(f"{name} must be {k} non-negative numbers of sum 1, got {found.tolist()}")
    return found


def check_scales(values: ArrayLike, covariance_type: str, shape: tuple[int, ...], name: str) -> Float64Array:
    """Return covariances or precisions of a type for `shape` (k, d), float64: positive definite."""
    k, d = shape
    wanted = {"full": (k, d, d), "diag": (k, d), "spherical": (k,)}.get(covariance_type, (d, d))
    found = as_numbers(values, name).astype(np.float64)
    if found.shape != wanted:
        raise ValueError(f'{name} must have shape {wanted} for covariance_type="{covariance_type}", got {found.shape}')
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    if covariance_type == "identity" and not np.array_equal(found, np.eye(d)):
        raise ValueError(f'{name} must be the identity matrix for covariance_type="identity"; choose another type')
    if covariance_type in ("diag", "spherical"):
        if not (found > 0).all():
            raise ValueError(f"{name} must be positive, got {found.min():g}")
        return found
    if not np.allclose(found, found.swapaxes(-1, -2), atol=_ROUNDING * np.abs(found).max()):
        raise ValueError(f"{name} must be symmetric matrices, got others; average them with their transposes")
    if not (np.linalg.eigvalsh(found) > 0).all():
        raise ValueError(f"{name} must be positive definite, got an eigenvalue of {np.linalg.eigvalsh(found).min():g}")
    return found


def inverses(precisions: Float64Array, covariance_type: str) -> Float64Array:
    """Return covariances from precisions of a type."""
    if covariance_type in ("diag", "spherical"):
        return np.asarray(1 / precisions, np.float64)
    inverse = np.linalg.inv(precisions)
    return np.asarray((inverse + inverse.swapaxes(-1, -2)) / 2, np.float64)


def covariances_of(factors: ArrayLike, covariance_type: str, shape: tuple[int, ...]) -> Float64Array:
    """Return covariances from factors C of the precisions C C^T, of a type for `shape` (k, d)."""
    name, given = "precisions_cholesky_", as_numbers(factors, "precisions_cholesky_").astype(np.float64)
    is_matrix = covariance_type not in ("diag", "spherical") and given.ndim > 1
    precisions = given @ given.swapaxes(-1, -2) if is_matrix else given**2
    return inverses(check_scales(precisions, covariance_type, shape, name), covariance_type)
