"""Mixtures of known parameters, EM by hand, complete data, and the parameters that scikit-learn has."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture as Peer

import imgcluster as ic
from imgcluster.errors import ConvergenceWarning, NotFittedError

TYPES = ("full", "tied", "diag", "spherical", "identity")
WEIGHTS = np.array([0.2, 0.5, 0.3])
MEANS = np.array([[0.0, 0.0], [4.0, 1.0], [-3.0, 5.0]])
MATRICES = np.array([[[1.0, 0.3], [0.3, 2.0]], [[2.0, -0.5], [-0.5, 0.7]], [[0.4, 0.0], [0.0, 0.4]]])


def scales(covariance_type: str) -> NDArray[np.float64]:
    """Return covariances of a type."""
    return {
        "full": MATRICES,
        "tied": MATRICES[0],
        "diag": np.diagonal(MATRICES, axis1=1, axis2=2).copy(),
        "spherical": np.array([1.0, 2.0, 0.4]),
        "identity": np.eye(2),
    }[covariance_type]


def matrices(covariance_type: str) -> NDArray[np.float64]:
    """Return the same as a matrix for each component."""
    given = scales(covariance_type)
    if covariance_type == "diag":
        return np.array([np.diag(row) for row in given])
    if covariance_type == "spherical":
        return np.array([value * np.eye(2) for value in given])
    return np.broadcast_to(given, (3, 2, 2))


@pytest.fixture(scope="module")
def X() -> NDArray[np.float64]:
    return ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, MATRICES, random_state=1).sample(400)[0]


@pytest.fixture(params=TYPES)
def known(request: pytest.FixtureRequest) -> ic.GaussianMixture:
    return ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, scales(request.param), covariance_type=request.param)


def test_known_parameters_judge_data(known: ic.GaussianMixture, X: NDArray[np.float64]) -> None:
    expected = np.stack(
        [
            np.log(w) + multivariate_normal(mean, matrix).logpdf(X)
            for w, mean, matrix in zip(WEIGHTS, MEANS, matrices(known.covariance_type), strict=True)
        ],
        axis=1,
    )
    np.testing.assert_allclose(known.joint_log_prob(X), expected, rtol=1e-12)
    np.testing.assert_allclose(known.score_samples(X), logsumexp(expected, axis=1), rtol=1e-12)
    shares = np.exp(expected - logsumexp(expected, axis=1, keepdims=True))
    np.testing.assert_allclose(known.predict_proba(X), shares, atol=1e-12)
    assert np.array_equal(known.predict(X), shares.argmax(axis=1))


def test_samples_follow_the_parameters() -> None:
    X, z = ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, MATRICES, random_state=0).sample(60_000)
    np.testing.assert_allclose(np.bincount(z) / len(z), WEIGHTS, atol=0.01)
    for k in range(3):
        np.testing.assert_allclose(X[z == k].mean(axis=0), MEANS[k], atol=0.03)
        np.testing.assert_allclose(np.cov(X[z == k].T), MATRICES[k], atol=0.06)


def test_a_seed_of_its_own_for_a_draw() -> None:
    model = ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, MATRICES, random_state=0)
    first, again, other = (model.sample(50, random_state=seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_by_hand_is_what_fit_does(covariance_type: str, X: NDArray[np.float64]) -> None:
    settings: dict[str, Any] = {"covariance_type": covariance_type, "init": MEANS + 1.0, "reg_covar": 0.0}
    fitted = ic.GaussianMixture(3, max_iter=6, tol=0, **settings).fit(X)
    by_hand = ic.GaussianMixture(3, max_iter=0, **settings).fit(X)
    bounds = [by_hand.lower_bound(X)]
    for _ in range(6):
        shares = by_hand.expect(X)
        by_hand.maximize(X, shares)
        bounds += [by_hand.lower_bound(X, shares), by_hand.lower_bound(X)]
    assert fitted.history_.steps == ("expect", *("maximize", "expect") * 6)
    np.testing.assert_allclose(fitted.history_.objective, bounds, rtol=1e-10)
    np.testing.assert_allclose(by_hand.means_, fitted.means_, rtol=1e-10)
    np.testing.assert_allclose(by_hand.covariances_, fitted.covariances_, rtol=1e-10)


def test_the_bound_is_q_and_entropy_and_lacks_the_divergence(known: ic.GaussianMixture, X: NDArray[np.float64]) -> None:
    weights = np.linspace(0.5, 2, len(X))
    own = known.expect(X)
    likelihood = float((weights * known.score_samples(X)).sum())
    entropy = -float((weights[:, None] * own * np.log(np.where(own > 0, own, 1))).sum())
    q = float((weights[:, None] * own * known.joint_log_prob(X)).sum())
    assert known.expected_complete_log_likelihood(X, sample_weight=weights) == pytest.approx(q)
    assert known.responsibility_entropy(own, weights) == pytest.approx(entropy)
    assert known.lower_bound(X, sample_weight=weights) == pytest.approx(q + entropy) == pytest.approx(likelihood)
    other = (own + 1 / 3) / 2
    divergence = float((weights[:, None] * other * (np.log(other) - np.log(np.maximum(own, 1e-300)))).sum())
    if (own > 0).all():
        assert known.lower_bound(X, other, weights) == pytest.approx(likelihood - divergence)
    assert known.lower_bound(X, other, weights) < likelihood


def test_complete_data_have_a_closed_form() -> None:
    X, z = ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, MATRICES, random_state=5).sample(300)
    model = ic.GaussianMixture(3, reg_covar=0).fit_complete(X, z)
    np.testing.assert_allclose(model.weights_, np.bincount(z) / len(z))
    for k in range(3):
        np.testing.assert_allclose(model.means_[k], X[z == k].mean(axis=0))
        np.testing.assert_allclose(model.covariances_[k], np.cov(X[z == k].T, bias=True))
    best = model.complete_log_likelihood(X, z)
    assert best == pytest.approx(model.joint_log_prob(X)[np.arange(300), z].sum())
    for weights, shift in ((WEIGHTS, 0.0), (model.weights_, 0.05)):
        other = ic.GaussianMixture.from_parameters(weights, model.means_ + shift, model.covariances_)
        assert other.complete_log_likelihood(X, z) < best
    # one-hot responsibilities have no entropy: the bound is the complete-data log-likelihood
    assert model.lower_bound(X, np.eye(3)[z]) == pytest.approx(best)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_precisions_are_inverses(covariance_type: str, X: NDArray[np.float64]) -> None:
    model = ic.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    if covariance_type in ("diag", "spherical"):
        np.testing.assert_allclose(model.precisions_, 1 / model.covariances_)
        np.testing.assert_allclose(model.precisions_cholesky_**2, model.precisions_)
    else:
        np.testing.assert_allclose(
            model.precisions_ @ model.covariances_,
            np.broadcast_to(np.eye(2), (*model.precisions_.shape[:-2], 2, 2)),
            atol=1e-9,
        )
        factors = model.precisions_cholesky_
        np.testing.assert_allclose(factors @ factors.swapaxes(-1, -2), model.precisions_)
        assert np.array_equal(factors, np.triu(factors))
    assert model.lower_bound_ == pytest.approx(model.score(X))


@pytest.mark.parametrize("covariance_type", TYPES[:4])
def test_a_start_from_precisions_is_that_of_scikit_learn(covariance_type: str, X: NDArray[np.float64]) -> None:
    given = scales(covariance_type)
    precisions = 1 / given if covariance_type in ("diag", "spherical") else np.linalg.inv(given)
    start: dict[str, Any] = {"weights_init": WEIGHTS, "means_init": MEANS, "precisions_init": precisions}
    settings: dict[str, Any] = {"covariance_type": covariance_type, "max_iter": 4, "tol": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = Peer(3, **settings, **start).fit(X)
    ours = ic.GaussianMixture(3, **settings, **start).fit(X)
    np.testing.assert_allclose(ours.means_, peer.means_, rtol=1e-5)
    assert ours.score(X) == pytest.approx(peer.score(X), abs=1e-6)
    alone = ic.GaussianMixture(3, covariance_type=covariance_type, max_iter=0, **start).fit(X)
    np.testing.assert_allclose(alone.precisions_, precisions)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_float32_in_float32_out(covariance_type: str, X: NDArray[np.float64]) -> None:
    model = ic.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X.astype(np.float32))
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert getattr(model, name).dtype == np.float32, name


def test_a_warm_start_goes_on(X: NDArray[np.float64]) -> None:
    settings: dict[str, Any] = {"init": MEANS + 1.0, "tol": 0}
    whole = ic.GaussianMixture(3, max_iter=8, **settings).fit(X)
    parts = ic.GaussianMixture(3, max_iter=4, warm_start=True, **settings)
    parts.fit(X).fit(X)
    np.testing.assert_allclose(parts.means_, whole.means_, rtol=1e-9)
    parts.set_params(n_components=2, init="k-means++", random_state=0)
    assert parts.fit(X).means_.shape == (2, 2)  # of another shape: a new start


def test_a_warm_start_knows_when_it_has_converged(X: NDArray[np.float64]) -> None:
    model = ic.GaussianMixture(3, max_iter=1, warm_start=True, random_state=0, tol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        n = next(n for n in range(1, 500) if model.fit(X).converged_)
    once = ic.GaussianMixture(3, max_iter=500, random_state=0, tol=1e-6).fit(X)
    assert abs(n - once.n_iter_) <= 1
    assert model.score(X) == pytest.approx(once.score(X), abs=1e-5)
    assert once.lower_bounds_[-1] == pytest.approx(once.lower_bound_)
    from_known = ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, MATRICES).set_params(warm_start=True)
    assert from_known.fit(X).score(X) >= from_known.lower_bounds_[0]


def test_given_means_stay_until_the_first_refit(X: NDArray[np.float64]) -> None:
    model = ic.GaussianMixture(3, means_init=MEANS, max_iter=0).fit(X)
    np.testing.assert_allclose(model.means_, MEANS)


@pytest.mark.parametrize(("name", "own"), [("kmeans", "k-means++"), ("random_from_data", "random")])
def test_names_of_scikit_learn(name: str, own: str, X: NDArray[np.float64]) -> None:
    theirs = ic.GaussianMixture(3, init_params=name, random_state=0).fit(X)
    assert np.array_equal(theirs.means_, ic.GaussianMixture(3, init=own, random_state=0).fit(X).means_)


def test_nothing_is_said_of_a_start_that_was_asked_for(X: NDArray[np.float64]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = ic.GaussianMixture(3, max_iter=0, random_state=0).fit(X)
    assert (model.n_iter_, model.converged_, model.history_.steps) == (0, False, ("expect",))


def test_components_without_responsibilities_stay(X: NDArray[np.float64]) -> None:
    model = ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, MATRICES)
    shares = np.zeros((len(X), 3))
    shares[:, :2] = 0.5
    model.maximize(X, shares)
    assert model.weights_[2] == 0
    np.testing.assert_allclose(model.means_[2], MEANS[2])
    assert np.isneginf(model.joint_log_prob(X)[:, 2]).all()
    assert np.isfinite(model.lower_bound(X))


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "said"),
    [
        ([0.5, 0.6], MEANS[:2], MATRICES[:2], "weights must be 2 non-negative numbers of sum 1"),
        (WEIGHTS, MEANS, MATRICES[:2], r'covariances must have shape \(3, 2, 2\) for covariance_type="full"'),
        (WEIGHTS, MEANS, MATRICES * [[1, 2], [1, 1]], "covariances must be symmetric"),
        (WEIGHTS, MEANS, -MATRICES, "covariances must be positive definite, got an eigenvalue of"),
        (WEIGHTS, MEANS, MATRICES * np.nan, "covariances must be finite"),
        (WEIGHTS, np.where(MEANS > 3, np.nan, MEANS), MATRICES, "means contains NaN"),
    ],
)
def test_parameters_that_make_no_mixture(weights: Any, means: Any, covariances: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ic.GaussianMixture.from_parameters(weights, means, covariances)


def test_responsibilities_and_components_are_checked(X: NDArray[np.float64]) -> None:
    model = ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, MATRICES)
    with pytest.raises(ValueError, match=r"responsibilities must have shape \(400, 3\)"):
        model.maximize(X, np.ones((400, 2)) / 2)
    with pytest.raises(ValueError, match="must sum to 1"):
        model.maximize(X, np.ones((400, 3)))
    with pytest.raises(ValueError, match="z must be components from 0 to 2, got 3"):
        model.complete_log_likelihood(X, np.full(400, 3))
    with pytest.raises(ValueError, match="z must be 400 integers"):
        model.fit_complete(X, np.zeros(400))
    with pytest.raises(ValueError, match="identity matrix"):
        ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, 2 * np.eye(2), covariance_type="identity")
    with pytest.raises(ValueError, match="must be positive, got -1"):
        ic.GaussianMixture.from_parameters(WEIGHTS, MEANS, [1, 1, -1], covariance_type="spherical")


def test_parameters_that_are_changed_change_what_the_mixture_says(X: NDArray[Any]) -> None:
    model = ic.GaussianMixture(2, random_state=0).fit(X)
    other = ic.GaussianMixture.from_parameters(model.weights_, model.means_ + 1.0, model.covariances_)
    before = model.score(X)
    model.means_ += 1.0
    assert model.score(X) == pytest.approx(other.score(X), rel=1e-12)
    assert model.score(X) < before
    model.means_ = model.means_ - 1.0
    model.weights_ = model.weights_[::-1]
    shares = ic.GaussianMixture.from_parameters(model.weights_, model.means_, model.covariances_).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X), shares, rtol=1e-9)
    model.covariances_ = model.covariances_[:, :1]
    with pytest.raises(ValueError, match="covariances must have shape"):
        model.predict(X)
    with pytest.raises(ValueError, match=r"precisions_cholesky_ must have shape \(2, 2, 2\)"):
        model.precisions_cholesky_ = np.ones(2)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical", "identity"])
def test_parameters_that_are_set_by_hand_are_a_mixture(covariance_type: str, X: NDArray[Any]) -> None:
    fitted = ic.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    by_covariances = ic.GaussianMixture(3, covariance_type=covariance_type)
    by_factors = ic.GaussianMixture(3, covariance_type=covariance_type)
    for made in (by_covariances, by_factors):
        made.weights_, made.means_ = fitted.weights_, fitted.means_.tolist()
        with pytest.raises(NotFittedError):
            made.predict(X)
    by_covariances.covariances_ = fitted.covariances_
    by_factors.precisions_cholesky_ = fitted.precisions_cholesky_
    by_covariances.precisions_cholesky_ = fitted.precisions_cholesky_  # says nothing new
    np.testing.assert_array_equal(by_covariances.covariances_, fitted.covariances_)
    for made in (by_covariances, by_factors):
        np.testing.assert_allclose(made.score_samples(X), fitted.score_samples(X), rtol=1e-9)
        assert made.sample(5)[0].shape == (5, X.shape[1])
        with pytest.raises(ValueError, match="features as input"):
            made.predict(X[:, :1])


def test_factors_change_the_covariances(X: NDArray[Any]) -> None:
    model = ic.GaussianMixture(2, random_state=0).fit(X)
    lower = np.linalg.cholesky(np.linalg.inv(2 * model.covariances_))  # C C^T counts, triangular or not
    model.precisions_cholesky_ = lower
    np.testing.assert_allclose(model.precisions_, lower @ lower.swapaxes(1, 2), rtol=1e-9)
    with pytest.raises(AttributeError, match="set means_ before precisions_cholesky_"):
        ic.GaussianMixture(2).precisions_cholesky_ = lower
