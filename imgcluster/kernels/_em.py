"""One step of EM for mixtures of Gaussians: the door to ``src/em.c``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Float64Array

EM_BLOCK = 64  # points, as in src/kernels.h
EM_CHUNK = 16384  # points; fixed, so that sums do not depend on the number of threads


class Expectation(NamedTuple):
    """What one step of EM adds up, and on request what it found for each point."""

    log_likelihood: float  # sum of w log p(x)
    sums: Float64Array  # (k, 1 + d + s), as src/kernels.h describes them
    shares: Float64Array  # (n, k), responsibilities; or empty
    densities: Float64Array  # (n,), log p(x); or empty


def em_step(
    X: Float64Array,
    weights: Float64Array,
    means: Float64Array,
    factors: Float64Array,
    coefficients: Float64Array,
    n_threads: int = 1,
    *,
    each: bool = False,
) -> Expectation:
    """Compute the responsibilities of a mixture of Gaussians and the weighted sums that refit it.

    factors are Cholesky factors of the inverse covariances, (k, d) or upper triangular (k, d, d); coefficients the
    logarithms of weight and normalizing constant. `each` also asks for the values of each point.
    """
    kernel, _, level, _ = choice()
    (n, d), k = X.shape, len(means)
    n_sums = 1 + d + (d * (d + 1) // 2 if factors.ndim == 3 else d)
    starts = range(0, n, EM_CHUNK)
    sums = np.zeros((len(starts), k, n_sums))
    shares, densities = np.empty((n if each else 0, k)), np.empty(n if each else 0)

    def chunk(i: int) -> float:
        part = slice(starts[i], starts[i] + EM_CHUNK)
        found = shares[part], densities[part]
        scratch = np.empty(EM_BLOCK * 2 * (d + k) + 8 * k * n_sums), np.empty(k, np.intp)
        model = means, factors, coefficients
        return float(kernel.em_step(level, X[part], weights[part], *model, sums[i], *found, *scratch))

    log_likelihood = sum(run(chunk, len(starts), n_threads))
    return Expectation(log_likelihood, np.add.reduce(sums, axis=0), shares, densities)
