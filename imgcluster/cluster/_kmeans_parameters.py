"""The parameters of k-means, checked before a fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgcluster.cluster._base import check_count
from imgcluster.cluster._init import INITS
from imgcluster.parameters import check_choice, check_flag, check_int, check_number, given_text


def check_parameters(model: Any, n_samples: int) -> None:
    """Check the parameters of a KMeans but metric, start and threads, which are checked where they are used."""
    check_count("n_clusters", model.n_clusters, n_samples)
    if isinstance(model.init, str):
        check_choice("init", model.init, INITS)
    check_int("n_init", 1 if isinstance(model.n_init, str) and model.n_init == "auto" else model.n_init, 1)
    check_int("verbose", int(model.verbose) if isinstance(model.verbose, bool | np.bool_) else model.verbose, 0)
    check_choice("algorithm", model.algorithm, ("lloyd", "elkan"))
    if isinstance(model.n_swaps, str):
        check_choice("n_swaps", model.n_swaps, ("auto",))
    elif check_int("n_swaps", model.n_swaps, 0) and model.metric != "sqeuclidean":
        raise ValueError(
            f'n_swaps needs metric="sqeuclidean", got n_swaps={model.n_swaps} with metric={given_text(model.metric)}; '
            "set n_swaps=0 and raise n_init instead"
        )
    check_int("max_iter", model.max_iter, 1)
    check_number("tol", model.tol, 0.0)
    check_flag("keep_path", model.keep_path)
    check_flag("progress", model.progress)
