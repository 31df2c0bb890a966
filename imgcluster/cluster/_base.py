"""What all clusterers share: parameters as in scikit-learn, and the checks of what users hand in."""

from __future__ import annotations

import inspect
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.errors import NotFittedError
from imgcluster.types import Float64Array, FloatArray

AnyFloat = TypeVar("AnyFloat", bound=FloatArray)

_LARGEST = 1e150  # squares of larger numbers, summed, overflow


class BaseClusterer:
    """Parameters as in scikit-learn: stored unchanged by ``__init__``, read and set by name."""

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return sorted(name for name in inspect.signature(cls.__init__).parameters if name != "self")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool
            Accepted for scikit-learn's sake; no parameter is an estimator.

        Returns
        -------
        dict
        """
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; the fit is left as it is.

        Raises
        ------
        ValueError
            If a name is not a parameter.
        """
        for name, value in params.items():
            if name not in self._parameter_names():
                raise ValueError(f"{name!r} is no parameter of {type(self).__name__}; it has {self._parameter_names()}")
            setattr(self, name, value)
        return self

    def _check_fitted(self) -> None:
        """Refuse what needs a fit."""
        if not hasattr(self, "n_features_in_"):
            name = type(self).__name__
            raise NotFittedError(f"This {name} instance is not fitted yet; call fit with data first")

    def _check_features(self, X: AnyFloat) -> AnyFloat:
        """Refuse data with another number of features than the fit saw."""
        expected = getattr(self, "n_features_in_", X.shape[1])
        if X.shape[1] != expected:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__} is expecting {expected} features as input"
            )
        return X

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        given = (
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if isinstance(value, np.ndarray) or value != defaults[name].default
        )
        return f"{type(self).__name__}({', '.join(given)})"


def check_array(X: ArrayLike, name: str = "X") -> FloatArray:
    """Return X as a finite C-contiguous (n, d) array of float32 (kept) or float64 (all else)."""
    array = np.asarray(X)
    if array.dtype.kind == "c":
        raise ValueError(f"{name} must be real, got dtype {array.dtype}. Complex data not supported; pass .real, .imag")
    if array.dtype.kind not in "fiub":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"{name} must hold numbers, got dtype {array.dtype}; convert it to float first") from None
    if array.ndim != 2:
        raise ValueError(
            f"{name} must be a 2-D array (n_samples, n_features), got shape {array.shape}. "
            "Reshape your data: X.reshape(-1, 1) for one feature, X.reshape(1, -1) for one sample"
        )
    if 0 in array.shape:
        found = "0 sample(s)" if not len(array) else "0 feature(s)"
        raise ValueError(f"Found array with {found} (shape={array.shape}) while a minimum of 1 is required for {name}")
    array = np.ascontiguousarray(array, dtype=array.dtype if array.dtype == np.float32 else np.float64)
    if not np.isfinite(array).all():
        bad = "NaN" if np.isnan(array).any() else "infinity"
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} contains {bad}, first at {where}; drop or fill such samples first")
    return array


def check_weights(sample_weight: ArrayLike | None, n: int) -> Float64Array:
    """Return weights as (n,) float64, non-negative with a positive sum; ones for None, copies of a number."""
    if sample_weight is None:
        return np.ones(n)
    weights = np.array(sample_weight, dtype=np.float64)
    if weights.ndim == 0:
        weights = np.full(n, weights)
    if weights.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), one weight a sample, got {weights.shape}")
    if not np.isfinite(weights).all():
        raise ValueError("sample_weight contains NaN or infinity; weights must be finite and not negative")
    if (weights < 0).any():
        at = int((weights < 0).argmax())
        raise ValueError(f"sample_weight must not be negative, got {weights[at]} at {at}; use 0 to leave a sample out")
    if not weights.any():
        raise ValueError("sample_weight must have a positive sum, got all zeros; leave it out to weigh all alike")
    return weights


def check_moderate(X: Float64Array) -> Float64Array:
    """Refuse numbers whose squares overflow."""
    largest = float(np.abs(X).max())
    if largest > _LARGEST:
        raise ValueError(
            f"X must be of magnitude at most {_LARGEST:g}, got {largest:g}: its squares overflow; scale it"
        )
    return X
