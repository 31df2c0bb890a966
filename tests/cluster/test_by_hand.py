"""k-means and soft k-means by hand, half-step by half-step, and fits that keep their path."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.errors import NotFittedError

METRICS = ("sqeuclidean", "manhattan", "cosine")


@pytest.fixture(scope="module")
def X() -> NDArray[np.float64]:
    rng = np.random.default_rng(3)
    return np.concatenate([rng.normal(center, 0.8, (50, 2)) for center in ((1, 1), (5, 1), (3, 4))])


@pytest.fixture(scope="module")
def weights(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.random.default_rng(4).uniform(0.5, 2, len(X))


def dissimilarity(X: NDArray[np.float64], centers: NDArray[np.float64], metric: str) -> NDArray[np.float64]:
    """Write the metrics out: (n, k)."""
    if metric == "sqeuclidean":
        return np.asarray(((X[:, None] - centers) ** 2).sum(axis=2))
    if metric == "manhattan":
        return np.asarray(np.abs(X[:, None] - centers).sum(axis=2))
    return np.asarray(1 - X @ centers.T / np.linalg.norm(X, axis=1)[:, None] / np.linalg.norm(centers, axis=1))


@pytest.mark.parametrize("metric", METRICS)
def test_by_hand_k_means_has_the_bits_of_fit(metric: str, X: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
    start = X[:3]
    fitted = ic.KMeans(3, init=start, n_swaps=0, tol=0, metric=metric).fit(X, sample_weight=weights)
    model, J = ic.KMeans.from_parameters(start, metric=metric), []
    for _ in range(fitted.n_iter_ - 1):
        labels = model.assign(X)
        J.append(-model.score(X, sample_weight=weights))
        J.append(model.refit(X, labels, weights).inertia_)
    J.append(-model.score(X, sample_weight=weights))
    assert len(J) > 3
    assert fitted.history_.objective.tolist() == J
    assert fitted.history_.steps == ("assign", *("refit", "assign") * (len(J) // 2))
    assert np.array_equal(model.cluster_centers_, fitted.cluster_centers_)
    assert np.array_equal(model.assign(X), fitted.labels_)


@pytest.mark.parametrize("metric", METRICS)
def test_half_steps_of_k_means_are_their_formulas(
    metric: str, X: NDArray[np.float64], weights: NDArray[np.float64]
) -> None:
    model = ic.KMeans.from_parameters(X[[0, 60, 120]], metric=metric)
    pairs = dissimilarity(X, X[[0, 60, 120]], metric)
    assert np.array_equal(model.assign(X), pairs.argmin(axis=1))
    assert -model.score(X, sample_weight=weights) == pytest.approx((weights * pairs.min(axis=1)).sum())
    labels = np.arange(len(X)) % 3  # any labels, not those of an assignment
    assert model.refit(X, labels, weights) is model
    for k in range(3):
        mine, w = X[labels == k], weights[labels == k]
        if metric == "sqeuclidean":
            best = (w[:, None] * mine).sum(axis=0) / w.sum()
        elif metric == "cosine":
            best = (w[:, None] * mine / np.linalg.norm(mine, axis=1, keepdims=True)).sum(axis=0)
            best /= np.linalg.norm(best)
        else:  # no center of weighted median is worse than its neighbors
            best = model.cluster_centers_[k]
            sums = [(w[:, None] * np.abs(mine - (best + shift))).sum(axis=0) for shift in (-1e-3, 0, 1e-3)]
            assert (sums[1] <= np.minimum(sums[0], sums[2])).all()
        np.testing.assert_allclose(model.cluster_centers_[k], best, rtol=1e-12)
    shares = np.eye(3)[labels]
    assert np.array_equal(model.responsibilities_, shares)
    J = (weights[:, None] * shares * dissimilarity(X, model.cluster_centers_, metric)).sum()
    assert model.inertia_ == pytest.approx(J, rel=1e-12)
    # a refit needs no centers to begin with
    fresh = ic.KMeans(3, metric=metric).refit(X, labels, weights)
    np.testing.assert_allclose(fresh.cluster_centers_, model.cluster_centers_, rtol=1e-12)
    assert fresh.inertia_ == pytest.approx(J, rel=1e-12)


def test_an_empty_cluster_keeps_its_center(X: NDArray[np.float64]) -> None:
    far = [[1.0, 1.0], [99.0, 99.0]]
    model = ic.KMeans.from_parameters(far)
    assert model.refit(X, model.assign(X)).cluster_centers_[1].tolist() == far[1]
    assert model.refit(X, np.zeros(len(X), int)).cluster_centers_[1].tolist() == far[1]
    with pytest.raises(ValueError, match="got none for 1, and there is no earlier one to keep"):
        ic.KMeans(2).refit(X, np.zeros(len(X), int))
    with pytest.raises(ValueError, match="got none for 0, and there"):
        ic.KMeans(1, metric="cosine").refit([[1.0, 0.0], [-1.0, 0.0]], [0, 0])


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([0], r"labels must be 2 integers, one cluster a sample, got int64 \(1,\)"),
        ([0.0, 1.0], "labels must be 2 integers"),
        ([0, 2], "labels must be clusters from 0 to 1, got 2"),
        ([-1, 0], "labels must be clusters from 0 to 1, got -1"),
    ],
)
def test_wrong_labels_are_rejected(labels: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ic.KMeans(2).refit([[0.0], [1.0]], labels)


def test_single_precision_stays(X: NDArray[np.float64]) -> None:
    narrow = X.astype(np.float32)
    fitted = ic.KMeans(3, init=narrow[:3], n_swaps=0, tol=0).fit(narrow)
    model = ic.KMeans.from_parameters(narrow[:3])
    for _ in range(fitted.n_iter_):
        model.refit(narrow, model.assign(narrow))
    assert model.cluster_centers_.dtype == np.float32
    assert np.array_equal(model.cluster_centers_, fitted.cluster_centers_)


def test_responsibilities_of_k_means_are_one_hot(X: NDArray[np.float64]) -> None:
    model = ic.KMeans(3, random_state=0).fit(X)
    shares = model.responsibilities_
    assert shares.shape == (len(X), 3)
    assert shares.dtype == np.float64
    assert np.array_equal(shares, np.arange(3) == model.labels_[:, None])
    for unfitted in (ic.KMeans(3), ic.KMeans.from_parameters(X[:3]), ic.SoftKMeans.from_parameters(X[:3], 1.0)):
        with pytest.raises(NotFittedError):
            unfitted.responsibilities_  # noqa: B018


def test_by_hand_soft_k_means_has_the_bits_of_fit(X: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
    fitted = ic.SoftKMeans(3, beta=0.7, init=X[:3], max_iter=9, tol=0).fit(X, sample_weight=weights)
    model, F = ic.SoftKMeans.from_parameters(X[:3], 0.7), []
    for _ in range(9):
        shares = model.expect(X)
        F.append(-model.score(X, sample_weight=weights))
        F.append(model.maximize(X, shares, weights).objective_)
    F.append(-model.score(X, sample_weight=weights))
    assert fitted.history_.objective.tolist() == F
    assert np.array_equal(model.cluster_centers_, fitted.cluster_centers_)
    assert np.array_equal(model.responsibilities_, fitted.responsibilities_)


def test_half_steps_of_soft_k_means_are_their_formulas(X: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
    beta, centers = 0.4, X[[0, 60, 120]]
    model = ic.SoftKMeans.from_parameters(centers, beta)
    terms = np.exp(-beta * dissimilarity(X, centers, "sqeuclidean"))
    np.testing.assert_allclose(model.expect(X), terms / terms.sum(axis=1, keepdims=True), atol=1e-14)
    assert -model.score(X) == pytest.approx(-np.log(terms.sum(axis=1)).sum() / beta)
    shares = np.random.default_rng(0).dirichlet([1, 2, 3], len(X))  # any, not those of an E-step
    model.maximize(X, shares, weights)
    means = (weights[:, None] * shares).T @ X / (weights @ shares)[:, None]
    np.testing.assert_allclose(model.cluster_centers_, means, rtol=1e-12)
    terms = dissimilarity(X, means, "sqeuclidean") + np.log(shares) / beta
    assert model.objective_ == pytest.approx((weights[:, None] * shares * terms).sum())
    assert np.array_equal(model.labels_, shares.argmax(axis=1))
    fresh = ic.SoftKMeans(3, beta=beta).maximize(X, shares, weights)
    np.testing.assert_allclose(fresh.cluster_centers_, means, rtol=1e-12)
    assert fresh.objective_ == pytest.approx(model.objective_)


def test_what_soft_k_means_cannot_start_from(X: NDArray[np.float64]) -> None:
    none = np.eye(2)[np.zeros(len(X), int)]
    with pytest.raises(ValueError, match="beta must be a number before the first fit, got 'auto'"):
        ic.SoftKMeans(2).maximize(X, none)
    with pytest.raises(ValueError, match="each cluster a share, got none for 1"):
        ic.SoftKMeans(2, beta=1.0).maximize(X, none)
    with pytest.raises(ValueError, match=r"shape \(150, 2\) \(n_samples, n_clusters\), got \(150, 3\)"):
        ic.SoftKMeans(2, beta=1.0).maximize(X, np.eye(3)[np.zeros(len(X), int)])
    with pytest.raises(ValueError, match="beta must be positive and finite, got -1"):
        ic.SoftKMeans.from_parameters([[0.0]], -1)
    kept = ic.SoftKMeans.from_parameters([[0.0, 0.0], [7.0, 8.0]], 1.0).maximize(X, none)
    assert kept.cluster_centers_[1].tolist() == [7.0, 8.0]


def test_by_hand_a_mixture_has_the_bits_of_fit(X: NDArray[np.float64]) -> None:
    settings: dict[str, Any] = {"init": X[:3], "reg_covar": 0.0}
    fitted: Any = ic.GaussianMixture(3, max_iter=5, tol=0, keep_path=True, **settings).fit(X)
    model = ic.GaussianMixture(3, max_iter=0, **settings).fit(X)
    for before, after in zip(fitted.history_.path[:-1:2], fitted.history_.path[1::2], strict=True):
        shares = model.expect(X)
        assert np.array_equal(shares, before.responsibilities)
        model.maximize(X, shares)
        assert np.array_equal(model.means_, after.centers)
        assert np.array_equal(model.covariances_, after.covariances)
        assert np.array_equal(model.weights_, after.weights)


class TestPath:
    def test_nothing_is_kept_unasked(self, X: NDArray[np.float64]) -> None:
        for model in (ic.KMeans(3), ic.SoftKMeans(3), ic.GaussianMixture(3)):
            assert model.set_params(random_state=0).fit(X).history_.path == ()

    @pytest.mark.parametrize("kind", [ic.KMeans, ic.SoftKMeans, ic.GaussianMixture])
    def test_the_fit_is_the_same(self, kind: Any, X: NDArray[np.float64]) -> None:
        plain, kept = (kind(4, random_state=1, keep_path=keep).fit(X).history_ for keep in (False, True))
        assert kept.objective.tolist() == plain.objective.tolist()
        assert kept.steps == plain.steps
        assert tuple(half.step for half in kept.path) == kept.steps
        assert [half.objective for half in kept.path] == kept.objective.tolist()

    @pytest.mark.parametrize("metric", METRICS)
    def test_objectives_of_k_means_are_those_of_its_states(self, metric: str, X: NDArray[np.float64]) -> None:
        n_swaps: Any = "auto" if metric == "sqeuclidean" else 0
        model: Any = ic.KMeans(5, metric=metric, n_swaps=n_swaps, keep_path=True, random_state=0).fit(X)
        for half in model.history_.path:
            assert half.labels is not None
            assert half.responsibilities is None
            each = dissimilarity(X, half.centers, metric)[np.arange(len(X)), half.labels]
            assert half.objective == pytest.approx(each.sum(), rel=1e-9)
        assert np.array_equal(half.centers, model.cluster_centers_)
        assert np.array_equal(half.labels, model.labels_)
        assert metric != "sqeuclidean" or {"swap", "exchange"} & set(model.history_.steps)

    def test_objectives_of_soft_k_means_are_those_of_its_states(self, X: NDArray[np.float64]) -> None:
        model = ic.SoftKMeans(3, beta=0.6, annealing=2.0, keep_path=True, random_state=0).fit(X)
        path = model.history_.path
        last = max(i for i, half in enumerate(path) if half.step == "anneal")
        for half in path[last:]:
            shares = half.responsibilities
            assert shares is not None
            logs = np.log(np.where(shares > 0, shares, 1))
            F = (shares * (dissimilarity(X, half.centers, "sqeuclidean") + logs / 0.6)).sum()
            assert half.objective == pytest.approx(F, rel=1e-9)

    @pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "identity"])
    def test_objectives_of_a_mixture_are_those_of_its_states(
        self, covariance_type: str, X: NDArray[np.float64]
    ) -> None:
        fixed: dict[str, Any] = {"covariance_type": covariance_type}
        model = ic.GaussianMixture(3, reg_covar=0, keep_path=True, random_state=0, **fixed).fit(X)
        path: Any = model.history_.path
        for half in path:
            state = ic.GaussianMixture.from_parameters(half.weights, half.centers, half.covariances, **fixed)
            assert half.objective == pytest.approx(state.lower_bound(X, half.responsibilities), rel=1e-9)

    def test_what_does_not_change_is_held_once(self, X: NDArray[np.float64]) -> None:
        assign, refit, after = ic.KMeans(3, keep_path=True, random_state=0).fit(X).history_.path[:3]
        assert assign.labels is refit.labels
        assert refit.centers is after.centers
        assert assign.centers is not refit.centers
        with pytest.raises(ValueError, match="read-only"):
            refit.centers[:] = 0

    def test_a_path_goes_through_pickle(self, X: NDArray[np.float64]) -> None:
        model = ic.KMeans(3, keep_path=True, random_state=0).fit(X)
        again = pickle.loads(pickle.dumps(model))
        assert np.array_equal(again.history_.path[1].centers, model.history_.path[1].centers)

    def test_the_best_start_is_the_one_kept(self, X: NDArray[np.float64]) -> None:
        model = ic.KMeans(3, init="random", n_init=5, n_swaps=0, keep_path=True, random_state=0).fit(X)
        assert model.history_.path[-1].objective == model.inertia_

    @pytest.mark.parametrize("kind", [ic.KMeans, ic.SoftKMeans, ic.GaussianMixture])
    def test_it_is_a_flag(self, kind: Any, X: NDArray[np.float64]) -> None:
        with pytest.raises(TypeError, match="keep_path must be True or False, got 'yes'"):
            kind(2, keep_path="yes").fit(X)


@pytest.mark.parametrize("Estimator", [ic.KMeans, ic.SoftKMeans, ic.GaussianMixture])
def test_a_bar_counts_the_half_steps(Estimator: Any, capsys: pytest.CaptureFixture[str]) -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    quiet = Estimator(2, random_state=0).fit(X)
    assert capsys.readouterr().err == ""
    shown = Estimator(2, random_state=0, progress=True).fit(X)
    said = capsys.readouterr()
    assert f"{len(shown.history_.steps)}half-step" in said.err
    assert said.out == ""
    assert shown.history_.objective.tolist() == quiet.history_.objective.tolist()
    with pytest.raises(TypeError, match="progress must be True or False, got 'yes'"):
        Estimator(2, progress="yes").fit(X)


@pytest.mark.parametrize("model", [ic.KMeans(3, random_state=0), ic.SoftKMeans(3, random_state=0)])
def test_centers_set_after_a_fit_are_checked(model: Any, X: NDArray[np.float64]) -> None:
    model.fit(X)
    for centers, text in (
        (np.full_like(model.cluster_centers_, np.nan), "cluster_centers_"),
        (model.cluster_centers_[:, :1], r"cluster_centers_ must have shape \(k, "),
        (None, "cluster_centers_"),
    ):
        model.cluster_centers_ = centers
        for method in (model.predict, model.transform):
            with pytest.raises((ValueError, TypeError), match=text):
                method(X)
    model.cluster_centers_ = X[:3].tolist()
    np.testing.assert_array_equal(model.predict(X[:3]), [0, 1, 2])
    assert model.transform(X).shape == (len(X), 3)
