"""What users of scikit-learn's KMeans reach for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgcluster import KMeans


@pytest.fixture(scope="module")
def X() -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(center, 0.3, (60, 2)) for center in ((0, 0), (4, 0), (0, 5), (5, 5))])


def test_an_automatic_number_of_starts_is_one(X: NDArray[np.float64]) -> None:
    auto, one = (KMeans(4, n_init=n_init, random_state=0).fit(X) for n_init in ("auto", 1))  # type: ignore[arg-type]
    assert np.array_equal(auto.cluster_centers_, one.cluster_centers_)
    with pytest.raises(TypeError, match="n_init must be"):
        KMeans(4, n_init="many").fit(X)  # type: ignore[arg-type]


@pytest.mark.parametrize("algorithm", ["lloyd", "elkan"])
def test_algorithms_give_the_same(algorithm: str, X: NDArray[np.float64]) -> None:
    found = KMeans(4, algorithm=algorithm, copy_x=False, random_state=1).fit(X)
    assert np.array_equal(found.labels_, KMeans(4, random_state=1).fit(X).labels_)


def test_other_algorithms_are_rejected(X: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="algorithm must be one of lloyd, elkan, got 'full'"):
        KMeans(4, algorithm="full").fit(X)


def test_a_line_for_each_start(X: NDArray[np.float64], capsys: pytest.CaptureFixture[str]) -> None:
    KMeans(4, n_init=2, verbose=1, random_state=0).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["start 1 of 2", "start 2 of 2"]
    assert all("J = " in line and "converged after" in line for line in lines)
    KMeans(4, random_state=0).fit(X)
    assert capsys.readouterr().out == ""


def test_a_function_says_where_to_start(X: NDArray[np.float64]) -> None:
    seen: list[Any] = []

    def first(X: Any, n_clusters: int, random_state: Any) -> Any:
        seen.append(random_state.randint(1 << 30))
        return X[random_state.permutation(len(X))[:n_clusters]]

    found = KMeans(4, init=first, n_init=3, random_state=0).fit(X)
    assert len(set(seen)) == 3  # each start has draws of its own
    again = KMeans(4, init=first, n_init=3, random_state=0).fit(X)
    assert np.array_equal(found.cluster_centers_, again.cluster_centers_)
    assert found.inertia_ == pytest.approx(KMeans(4, random_state=0).fit(X).inertia_)


def test_what_a_function_returns_is_checked(X: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match=r"init must have shape \(4, 2\)"):
        KMeans(4, init=lambda X, n_clusters, random_state: X[:2]).fit(X)


@pytest.mark.parametrize("function", [len, int, lambda X: X])
def test_other_functions_are_rejected(function: Any, X: NDArray[np.float64]) -> None:
    with pytest.raises(TypeError, match=r"or a function of \(X, n_clusters, random_state\), got "):
        KMeans(4, init=function).fit(X)


def test_a_function_of_scikit_learn_is_taken(X: NDArray[np.float64]) -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    found = KMeans(4, init=lambda *given, **seed: cluster.kmeans_plusplus(*given, **seed)[0], random_state=0).fit(X)
    assert found.converged_
