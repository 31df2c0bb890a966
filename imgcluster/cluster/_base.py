"""What all clusterers share: parameters as in scikit-learn, and the checks of their input."""

from __future__ import annotations

import inspect
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from imgcluster.cards import card
from imgcluster.cluster._scikit_learn import joined, not_fitted_error
from imgcluster.parameters import check_int, plain_array
from imgcluster.types import Float64Array, FloatArray, Int32Array

AnyFloat = TypeVar("AnyFloat", bound=FloatArray)

# squares of larger numbers, summed, overflow; where all are smaller, squares of their differences vanish
_LARGEST = {"float32": 1e17, "float64": 1e150}
_LARGEST_WEIGHT = 1e100


class BaseClusterer:
    """An estimator as scikit-learn knows them, without depending on it: parameters by name, checks of new data."""

    n_features_in_: int
    labels_: Int32Array
    _KIND = "clusterer"  # in scikit-learn's words, as the next
    _estimator_type = "clusterer"  # where scikit-learn before 1.6 had it, and yellowbrick looks still
    _PRESERVED: tuple[str, ...] = ("float64",)

    def __new__(cls, *args: object, **parameters: object) -> Self:
        """Make an instance, one of scikit-learn's estimators, too, where that is loaded."""
        return super().__new__(joined(cls))

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
        known = self._parameter_names()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"{name!r} is not a parameter of {type(self).__name__}; it has {known}")
            setattr(self, name, value)
        return self

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to X."""
        raise NotImplementedError

    def fit_predict(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Int32Array:
        """Fit, then return the label of each sample: (n_samples,), int32."""
        return self.fit(X, sample_weight=sample_weight).labels_

    def _keep_features(self, X: ArrayLike, array: FloatArray) -> None:
        """Remember how many features a fit saw, and their names where X is a data frame with string columns."""
        self.n_features_in_ = array.shape[1]
        names = _column_names(X)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_  # of an earlier fit

    def _check_new(self, X: ArrayLike) -> FloatArray:
        """Check data for a fitted model: finite numbers, of the features that the fit saw."""
        self._check_fitted()
        names, expected = _column_names(X), getattr(self, "feature_names_in_", None)
        if names is not None and expected is not None and names.tolist() != expected.tolist():
            raise ValueError(
                "The feature names should match those that were passed during fit: "
                f"expected {expected.tolist()}, got {names.tolist()}; select the columns in that order"
            )
        return self._check_features(check_array(X))

    def _check_fitted(self) -> None:
        """Check that the model is fitted, or has its parameters by hand."""
        if not hasattr(self, "n_features_in_") and not self._takes_given():
            name = type(self).__name__
            raise not_fitted_error()(
                f"This {name} instance is not fitted yet; call fit with data first, or make it of known "
                f"parameters with {name}.from_parameters"
            )
        if "cluster_centers_" in vars(self):
            self._check_centers(vars(self)["cluster_centers_"])

    def _check_centers(self, centers: ArrayLike) -> None:
        """Check centers, which may have been set by hand after a fit."""
        array = check_array(centers, "cluster_centers_")
        if array.shape[1] != self.n_features_in_:
            raise ValueError(f"cluster_centers_ must have shape (k, {self.n_features_in_}), got {array.shape}")
        if not isinstance(centers, np.ndarray):
            vars(self)["cluster_centers_"] = array

    def _takes_given(self) -> bool:
        """Take parameters that were set by hand, without a fit, for those of one; return whether there are any."""
        return False

    def _check_features(self, X: AnyFloat) -> AnyFloat:
        """Check that data have the number of features that the fit saw."""
        expected = getattr(self, "n_features_in_", X.shape[1])
        if X.shape[1] != expected:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__} is expecting {expected} features as input"
            )
        return X

    def __sklearn_tags__(self) -> Any:
        """Describe the estimator to scikit-learn, which alone calls this."""
        from sklearn.utils import Tags, TargetTags, TransformerTags

        transforms = TransformerTags(preserves_dtype=list(self._PRESERVED)) if hasattr(self, "transform") else None
        return Tags(estimator_type=self._KIND, target_tags=TargetTags(required=False), transformer_tags=transforms)

    def _repr_html_(self) -> str:
        """Show what was fitted, and how the objective went, in a notebook."""
        history = getattr(self, "history_", None)
        if history is None:
            return card(repr(self), [("fitted", "yes" if hasattr(self, "n_features_in_") else "not yet")])
        end = "converged" if getattr(self, "converged_", True) else "stopped at max_iter"
        n_iter = getattr(self, "n_iter_", 0)
        # those that led to the swaps are drawn, but not counted
        whole = getattr(self, "n_swaps", 0) == 0 or n_iter + 1 >= history.steps.count("assign")
        said = "iterations" if whole else "iterations after the last swap"
        facts = [("features", self.n_features_in_), (said, n_iter), ("end", end)]
        return card(repr(self), facts, history.drawn())

    def _repr_mimebundle_(self, **of_notebook: Any) -> dict[str, str]:
        """Show the same in a notebook where scikit-learn is loaded, which would draw its own."""
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        given = (
            f"{name}={getattr(value, '__name__', repr(value)) if callable(value) else repr(value)}"
            for name, value in self.get_params().items()
            if isinstance(value, np.ndarray) or value != defaults[name].default
        )
        return f"{type(self).__name__}({', '.join(given)})"


def check_array(X: ArrayLike, name: str = "X") -> FloatArray:
    """Return X as a finite C-contiguous (n, d) array of float32 (kept) or float64 (all else)."""
    array = as_numbers(X, name)
    if array.ndim != 2:
        raise ValueError(
            f"{name} must be a 2-D array (n_samples, n_features), got shape {array.shape}. "
            "Reshape your data: X.reshape(-1, 1) for one feature, X.reshape(1, -1) for one sample"
        )
    if 0 in array.shape:
        found = "0 sample(s)" if not len(array) else "0 feature(s)"
        raise ValueError(f"Found array with {found} (shape={array.shape}) while a minimum of 1 is required for {name}")
    with np.errstate(over="ignore"):  # of long doubles; infinity is rejected below
        array = np.ascontiguousarray(
            array, dtype=np.float32 if array.dtype.newbyteorder("=") == np.float32 else np.float64
        )
    if not np.isfinite(array).all():
        bad = "NaN" if np.isnan(array).any() else "infinity"
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} contains {bad}, first at {where}; drop or fill such samples first")
    return array


def check_weights(sample_weight: ArrayLike | None, n: int) -> Float64Array:
    """Return weights as (n,) float64, non-negative with a positive sum; ones for None, copies of a number."""
    if sample_weight is None:
        return np.ones(n)
    weights = as_numbers(sample_weight, "sample_weight").astype(np.float64)
    if weights.ndim == 0:
        weights = np.full(n, weights)
    if weights.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), one weight a sample, got {weights.shape}")
    if not np.isfinite(weights).all():
        raise ValueError("sample_weight contains NaN or infinity; weights must be finite and not negative")
    if (weights < 0).any():
        at = int((weights < 0).argmax())
        raise ValueError(f"sample_weight must not be negative, got {weights[at]} at {at}; use 0 to leave a sample out")
    if weights.max() > _LARGEST_WEIGHT:
        raise ValueError(
            f"sample_weight must be at most {_LARGEST_WEIGHT:g}, got {weights.max():g}; scale it, as ratios alone count"
        )
    if not weights.any():
        raise ValueError("sample_weight must have a positive sum, got all zeros; leave it out to weigh all alike")
    return weights


def check_count(name: str, count: object, n_samples: int) -> None:
    """Check that a number of clusters or components, called `name`, is from 1 to the number of samples."""
    if check_int(name, count, 1) > n_samples:
        raise ValueError(
            f"{name} must be at most the number of samples, got {name}={count} for n_samples={n_samples}; "
            f"ask for fewer {name.removeprefix('n_')}"
        )


def check_start(init: ArrayLike, name: str, shape: tuple[int, int], parameter: str = "init") -> Float64Array:
    """Return given first centers as float64, one for each of `name` (n_clusters or n_components)."""
    centers: Float64Array = check_array(init, parameter).astype(np.float64)
    if centers.shape != shape:
        raise ValueError(f"{parameter} must have shape {shape} ({name}, n_features), got {centers.shape}")
    return centers


def check_moderate(X: AnyFloat, name: str = "X", dtype: DTypeLike | None = None) -> AnyFloat:
    """Check that squares do not overflow in dtype, that of X by default."""
    largest, kind = _largest(X), np.dtype(X.dtype if dtype is None else dtype).name
    if largest > _LARGEST[kind]:
        raise ValueError(
            f"{name} must be of magnitude at most {_LARGEST[kind]:g}, got {largest:g}: its squares overflow in {kind}; "
            "scale it"
        )
    return X


def check_not_tiny(X: FloatArray) -> None:
    """Check that numbers are not so small that their squared distances vanish; all zeros are fine."""
    largest, smallest = _largest(X), 1 / _LARGEST[X.dtype.name]
    if 0 < largest < smallest:
        raise ValueError(
            f"X must be of magnitude at least {smallest:g}, got {largest:g}: its squares vanish in {X.dtype}; scale it"
        )


def _largest(X: FloatArray) -> float:
    """Return the largest magnitude; abs would cost a copy of X."""
    return max(float(X.max()), -float(X.min()))


def as_numbers(values: ArrayLike, name: str) -> FloatArray:
    """Return an array of real numbers of any kind and shape."""
    if hasattr(values, "toarray"):
        raise TypeError(
            f"{name} must be dense, got a sparse {type(values).__name__}; pass {name}.toarray(), "
            "or first reduce its features with sklearn.decomposition.TruncatedSVD"
        )
    array = plain_array(name, values)
    if array.dtype.kind == "c":
        raise ValueError(f"{name} must be real, got dtype {array.dtype}. Complex data not supported; pass .real, .imag")
    if array.dtype.kind not in "fiub":
        said = f"{name} must hold numbers, got dtype {array.dtype}"
        try:
            array = array.astype(np.float64)
        except TypeError as error:
            raise TypeError(f"{said}: {error}; convert it to float first") from None
        except (ValueError, OverflowError):
            raise ValueError(f"{said}; convert it to float first") from None
    return array


def _column_names(X: object) -> Any:
    """Return the column names of a data frame as an array, None unless all are strings."""
    names = list(getattr(X, "columns", ()))
    return np.array(names, dtype=object) if names and all(isinstance(name, str) for name in names) else None
