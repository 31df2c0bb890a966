"""What users of scikit-learn's clusterers reach for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgcluster import GaussianMixture, KMeans, SoftKMeans
from imgcluster.errors import ConvergenceWarning


@pytest.fixture(scope="module")
def X() -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(center, 0.3, (60, 2)) for center in ((0, 0), (4, 0), (0, 5), (5, 5))])


@pytest.mark.parametrize("Estimator", [KMeans, SoftKMeans])
def test_an_automatic_number_of_starts_is_one(Estimator: Any, X: NDArray[np.float64]) -> None:
    auto, one = (Estimator(4, n_init=n_init, random_state=0).fit(X) for n_init in ("auto", 1))
    assert np.array_equal(auto.cluster_centers_, one.cluster_centers_)
    with pytest.raises(TypeError, match="n_init must be"):
        Estimator(4, n_init="many").fit(X)


@pytest.mark.parametrize("algorithm", ["lloyd", "elkan"])
def test_algorithms_give_the_same(algorithm: str, X: NDArray[np.float64]) -> None:
    found = KMeans(4, algorithm=algorithm, copy_x=False, random_state=1).fit(X)
    assert np.array_equal(found.labels_, KMeans(4, random_state=1).fit(X).labels_)


def test_other_algorithms_are_rejected(X: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="algorithm must be one of lloyd, elkan, got 'full'"):
        KMeans(4, algorithm="full").fit(X)


@pytest.mark.parametrize(("Estimator", "objective"), [(KMeans, "J = "), (SoftKMeans, "F = ")])
def test_a_line_for_each_start(
    Estimator: Any, objective: str, X: NDArray[np.float64], capsys: pytest.CaptureFixture[str]
) -> None:
    Estimator(4, n_init=2, verbose=1, random_state=0).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["start 1 of 2", "start 2 of 2"]
    assert all(objective in line and "converged after" in line for line in lines)
    Estimator(4, random_state=0).fit(X)
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


@pytest.mark.parametrize("Estimator", [KMeans, SoftKMeans, GaussianMixture])
def test_numpys_seed_is_heeded(Estimator: Any, X: NDArray[np.float64]) -> None:
    found = []
    for seed in (0, 0, 1):
        np.random.seed(seed)  # noqa: NPY002
        model = Estimator(9, init="random", max_iter=1)
        with pytest.warns(ConvergenceWarning):
            model.fit(X)
        found.append(model.means_ if Estimator is GaussianMixture else model.cluster_centers_)
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


@pytest.mark.parametrize("metric", ["sqeuclidean", "manhattan", "cosine"])
def test_centers_that_are_set_by_hand_are_a_model(metric: Any, X: NDArray[np.float64]) -> None:
    model, known = KMeans(4, metric=metric), KMeans.from_parameters(X[:4], metric=metric)
    model.cluster_centers_ = X[:4].tolist()  # type: ignore[assignment]
    assert np.array_equal(model.predict(X), known.predict(X))
    assert np.array_equal(model.transform(X), known.transform(X))
    with pytest.raises(ValueError, match="X has 1 features, but KMeans is expecting 2"):
        model.predict(X[:, :1])
    wrong = KMeans(4)
    wrong.cluster_centers_ = np.full((4, 2), np.nan)
    with pytest.raises(ValueError, match="cluster_centers_ contains NaN"):
        wrong.predict(X)


def test_the_kind_is_named_as_before_scikit_learn_had_tags() -> None:
    kinds = [model._estimator_type for model in (KMeans(), SoftKMeans(), GaussianMixture())]
    assert kinds == ["clusterer", "clusterer", "DensityEstimator"]


def test_mixtures_tell_of_starts_and_iterations(X: NDArray[np.float64], capsys: pytest.CaptureFixture[str]) -> None:
    model = GaussianMixture(4, n_init=2, init="random", tol=1e-9, max_iter=500, random_state=0)
    model.fit(X)
    assert capsys.readouterr().out == ""
    model.set_params(verbose=1).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["start 1 of 2", "start 2 of 2"]
    assert all("log-likelihood " in line and "converged after" in line for line in lines)
    model.set_params(verbose=2, verbose_interval=3, n_init=1).fit(X)
    *steps, end = capsys.readouterr().out.splitlines()
    assert end == lines[0].replace("of 2", "of 1")
    assert [line.split(":")[0] for line in steps] == [f"start 1, iteration {i}" for i in range(3, model.n_iter_ + 1, 3)]
    told = [float(line.split()[5]) for line in steps]
    np.testing.assert_allclose(told, np.array(model.lower_bounds_)[3::3], rtol=1e-6)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"verbose": -1}, "verbose must be at least 0, got -1"),
        ({"verbose_interval": 0}, "verbose_interval must be at least 1, got 0"),
        ({"init": np.eye(2), "means_init": np.eye(2)}, "init and means_init both say where means start"),
        ({"init": np.eye(2), "init_params": "kmeans"}, "init and init_params both say where means start"),
        (
            {"init": "random", "init_params": "kmeans"},
            'both say where means start, got "random" and "kmeans"; pass one',
        ),
    ],
)
def test_mixtures_reject_what_contradicts_itself(given: Any, said: str, X: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match=said):
        GaussianMixture(2, **given).fit(X)


def test_means_come_before_a_drawn_start(X: NDArray[np.float64]) -> None:
    alone = GaussianMixture(4, means_init=X[::60]).fit(X)
    for given in ({"init": "random"}, {"init_params": "random_from_data"}, {"init": "random", "init_params": "random"}):
        beside: Any = given
        assert np.array_equal(GaussianMixture(4, means_init=X[::60], **beside).fit(X).means_, alone.means_)


def test_mixtures_take_no_numbers_whose_squares_vanish(X: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match=r"X must be of magnitude at least 1e-150, got .* its squares vanish"):
        GaussianMixture(2).fit(X * 1e-300)
