"""One step of EM for mixtures of Gaussians, after Bishop, "Pattern Recognition and Machine Learning" (PRML, 2006)."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float64Array, IntpArray

EM_CUT = -50.0  # nats below the best: a responsibility that is lost in rounding


def em_step(
    isa: int,
    X: Float64Array,
    weights: Float64Array,
    means: Float64Array,
    factors: Float64Array,
    coefficients: Float64Array,
    sums: Float64Array,
    shares: Float64Array,
    densities: Float64Array,
    scratch: Float64Array,
    reached: IntpArray,
) -> float:
    """E-step in the log domain (PRML 9.23) and the sums of the M-step (9.24-9.27), taken about the old means."""
    d, full = X.shape[1], factors.ndim == 3
    rows, columns = np.triu_indices(d) if full else (np.arange(d), np.arange(d))
    differences = X[:, None] - means
    whitened = np.einsum("nki,kij->nkj", differences, factors) if full else differences * factors
    logs = coefficients - 0.5 * (whitened**2).sum(axis=2)
    most = logs.max(axis=1, keepdims=True)
    found = np.where(logs - most >= EM_CUT, np.exp(logs - most), 0.0)
    total = found.sum(axis=1, keepdims=True)
    found /= total
    log_density = (most + np.log(total))[:, 0]
    weighted = found * weights[:, None]
    sums[:, 0] += weighted.sum(axis=0)
    sums[:, 1 : 1 + d] += np.einsum("nk,nki->ki", weighted, differences)
    products = differences[:, :, rows] * differences[:, :, columns]
    sums[:, 1 + d :] += np.einsum("nk,nks->ks", weighted, products)
    if len(shares):
        shares[...] = found
    if len(densities):
        densities[...] = log_density
    return float((weights * log_density).sum())
