"""The parameters of a mixture, checked before a fit; where its means start, by whichever name; and lines as it runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster._base import check_count
from imgcluster.cluster._covariance import COVARIANCES
from imgcluster.parameters import check_choice, check_flag, check_int, check_number, given_text

DEFAULT_INIT = "k-means++"
# what scikit-learn calls them, too
INITS = {"k-means++": "k-means++", "kmeans": "k-means++", "random": "random", "random_from_data": "random"}


def check_parameters(model: Any, n_samples: int) -> None:
    """Check the parameters of a GaussianMixture but the start and threads, which are checked where they are used."""
    check_count("n_components", model.n_components, n_samples)
    check_choice("covariance_type", model.covariance_type, tuple(COVARIANCES))
    if isinstance(model.init, str):
        check_choice("init", model.init, ("k-means++", "random"))
    if model.init_params is not None:
        check_choice("init_params", model.init_params, tuple(INITS))
    _check_one_start(model)
    check_flag("warm_start", model.warm_start)
    check_flag("keep_path", model.keep_path)
    check_flag("progress", model.progress)
    check_int("verbose", int(model.verbose) if isinstance(model.verbose, bool | np.bool_) else model.verbose, 0)
    check_int("verbose_interval", model.verbose_interval, 1)
    check_int("n_init", model.n_init, 1)
    check_int("max_iter", model.max_iter, 0)
    check_number("tol", model.tol, 0.0)
    check_number("reg_covar", model.reg_covar, 0.0)


def _check_one_start(model: Any) -> None:
    """Reject two parameters that say different things of where means start; a drawn start gives way to means_init."""
    if not isinstance(model.init, str):
        other = "means_init" if model.means_init is not None else "init_params"
        if getattr(model, other) is not None:
            raise ValueError(
                f"init and {other} both say where means start, got an array as init and "
                f"{other}={given_text(getattr(model, other))}; pass one of them"
            )
    elif model.init_params is not None and model.init not in (DEFAULT_INIT, INITS[model.init_params]):
        raise ValueError(
            f'init and init_params both say where means start, got "{model.init}" and "{model.init_params}"; '
            "pass one of them"
        )


def start_of(model: Any) -> str | ArrayLike:
    """Return how means start, by whichever name it was given: "k-means++", "random", or an array."""
    if model.means_init is not None:
        if isinstance(model.means_init, str):
            raise ValueError(f"means_init must be an array, got {model.means_init!r}; init takes names")
        given: ArrayLike = model.means_init
        return given
    init: str | ArrayLike = model.init if model.init_params is None else model.init_params
    return INITS[init] if isinstance(init, str) else init


class Lines:
    """Lines about one start as it runs: every so many iterations the objective of a sample, and by how much it rose."""

    def __init__(self, name: str, interval: int, total: float) -> None:
        self._name, self._interval, self._total = name, interval, total
        self._n_iter, self._last = 0, np.nan

    def __call__(self, step: str, objective: float) -> None:
        """Take note of a half-step."""
        if step == "maximize":
            self._n_iter += 1
        if step != "expect":
            return
        now, before = objective / self._total, self._last
        self._last = now
        if self._n_iter and self._n_iter % self._interval == 0:
            print(f"{self._name}, iteration {self._n_iter}: objective {now:.8g} a sample, {now - before:+.2g}")
