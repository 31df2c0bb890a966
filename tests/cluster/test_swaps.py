"""Random swaps of k-means: how many are tried, and what they leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgcluster import KMeans, kernels

N_CLUSTERS = 24


def groups(spread: float) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    centers = 10 * rng.normal(size=(N_CLUSTERS, 8))
    return np.concatenate([rng.normal(center, spread, (30, 8)) for center in centers])


def fitted(X: NDArray[np.float64], monkeypatch: pytest.MonkeyPatch, **parameters: Any) -> tuple[KMeans, int]:
    """Fit, and count the trials."""
    settle, calls = kernels.settle, []

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return settle(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(kernels, "settle", counted)
        model = KMeans(N_CLUSTERS, random_state=0, **parameters).fit(X)
    return model, len(calls)


@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_swaps_end_sooner_where_clusters_lie_apart(spread: float, monkeypatch: pytest.MonkeyPatch) -> None:
    X = groups(spread)
    auto, n_auto = fitted(X, monkeypatch)
    asked, n_asked = fitted(X, monkeypatch, n_swaps=6 * N_CLUSTERS)
    assert n_asked >= 6 * N_CLUSTERS  # as many as are asked for
    assert n_auto < 2 * N_CLUSTERS
    assert auto.inertia_ == asked.inertia_
    assert sorted(np.bincount(auto.labels_)) == [30] * N_CLUSTERS


def test_swaps_go_on_where_clusters_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    auto, n_auto = fitted(groups(8.0), monkeypatch)
    assert n_auto >= 6 * N_CLUSTERS
    assert auto.inertia_ < KMeans(N_CLUSTERS, n_swaps=0, random_state=0).fit(groups(8.0)).inertia_
