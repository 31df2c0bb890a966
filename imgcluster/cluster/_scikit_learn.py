"""What clusterers are to scikit-learn where that is loaded; nothing here imports it.

It asks with isinstance, for mixins that its own classes inherit: `Birch(n_clusters=KMeans(3))`, `set_output`, metadata
routing, `except NotFittedError`. So once it is loaded, instances are made of subclasses that inherit from both.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, TypeVar

from imgcluster.errors import ConvergenceWarning, NotFittedError

_Class = TypeVar("_Class", bound=type)
_WRAPPED = ("transform", "fit_transform")  # for set_output: those that a class defines itself


def joined(kind: _Class) -> _Class:
    """Return a class of clusterers as one of scikit-learn's, too, if that is loaded and the class is not one yet."""
    base = sys.modules.get("sklearn.base")
    if base is None or issubclass(kind, base.BaseEstimator):
        return kind
    both: _Class = _join(kind, base)
    return both


@cache
def _join(kind: Any, base: Any) -> Any:
    """Make the subclass, once for each class."""
    is_density = kind._KIND == "density_estimator"
    mixins = [base.DensityMixin if is_density else base.ClusterMixin]
    if hasattr(kind, "transform"):
        mixins.insert(0, base.TransformerMixin)
    members = {name: getattr(kind, name) for name in _WRAPPED if hasattr(kind, name)}
    # a copy, and what comes out of a pickle, is what it would be if it were made there
    members |= {"__reduce__": _reduce, "__doc__": kind.__doc__, "__module__": kind.__module__}
    members |= {"__qualname__": kind.__qualname__, "_plain": kind}
    return type(kind.__name__, (kind, *mixins, base.BaseEstimator), members)


def _reduce(model: Any) -> tuple[Any, ...]:
    """Tell pickle of the class without scikit-learn."""
    return _new, (model._plain,), model.__dict__.copy()


def _new(kind: Any) -> Any:
    """Make an instance without parameters."""
    return kind.__new__(kind)


def not_fitted_error() -> type[NotFittedError]:
    """Return NotFittedError, which where scikit-learn is loaded is also its own: `except` with either one catches."""
    return _also("NotFittedError", NotFittedError)


def convergence_warning() -> type[ConvergenceWarning]:
    """Return ConvergenceWarning, which where scikit-learn is loaded is also its own: filters for either one match."""
    return _also("ConvergenceWarning", ConvergenceWarning)


def _also(name: str, own: _Class) -> _Class:
    """Return an exception that is also scikit-learn's of the same name, if that is loaded."""
    exceptions = sys.modules.get("sklearn.exceptions")
    found: _Class = own if exceptions is None else _both(own, getattr(exceptions, name))
    return found


@cache
def _both(own: Any, other: Any) -> Any:
    """Make an exception of two classes; another process gets it as the first."""
    members = {"__doc__": own.__doc__, "__reduce__": lambda error: (own, error.args)}
    return type(own.__name__, (own, other), members)
