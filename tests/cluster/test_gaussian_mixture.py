"""Mixtures of Gaussians: what must hold for any data; scikit-learn is the oracle."""

import re
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgcluster import GaussianMixture, KMeans
from imgcluster.cluster import History
from imgcluster.errors import ConvergenceWarning, NotFittedError

TYPES = ["full", "tied", "diag", "spherical", "identity"]


def mixture_data(
    rng: np.random.Generator, n: int = 300, d: int = 2, k: int = 3, spread: float = 5.0
) -> NDArray[np.float64]:
    means = rng.uniform(-spread, spread, (k, d))
    shapes = rng.normal(size=(k, d, d)) * 0.7
    labels = rng.integers(0, k, n)
    return means[labels] + np.einsum("nij,nj->ni", shapes[labels], rng.normal(size=(n, d)))


def rises(history: History, tolerance: float) -> bool:
    """Whether the objective never falls but where a component is re-seeded."""
    steps = np.diff(history.objective)
    reseeded = np.array([step == "reseed" for step in history.steps[1:]])
    return (steps[~reseeded] >= -tolerance * max(1.0, np.abs(history.objective).max())).all()


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore:reg_covar=1e-06 blurs components")
@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(("reg_covar", "tolerance"), [(0.0, 1e-9), (1e-6, 2e-9)])
def test_the_bound_never_falls_at_any_half_step(covariance_type: str, reg_covar: float, tolerance: float) -> None:
    # 1,000 fits over both parameters; 1e-9 relative is what sums of float64 leave
    for seed in range(100):
        rng = np.random.default_rng(seed)
        d, k = int(rng.integers(1, 4)), int(rng.integers(1, 5))
        X = mixture_data(rng, int(rng.integers(40, 120)), d, k) * 10 ** rng.uniform(-2, 2)
        model = GaussianMixture(
            k, covariance_type=covariance_type, tol=0, max_iter=25, reg_covar=reg_covar, random_state=seed, n_threads=1
        ).fit(X, sample_weight=rng.uniform(0.5, 2, len(X)))
        history = model.history_
        assert rises(history, tolerance), seed
        assert history.steps[0] == history.steps[-1] == "expect"
        assert set(history.steps) <= {"expect", "maximize", "reseed"}
        assert np.isfinite(history.objective).all()


@pytest.mark.parametrize("covariance_type", TYPES)
def test_the_objective_after_an_e_step_is_the_log_likelihood(covariance_type: str, rng: np.random.Generator) -> None:
    X, weights = mixture_data(rng), rng.uniform(0.5, 2, 300)
    model = GaussianMixture(3, covariance_type=covariance_type, reg_covar=0, random_state=0).fit(
        X, sample_weight=weights
    )
    assert model.history_.objective[-1] == pytest.approx(model.log_likelihood_, rel=1e-12)
    assert model.log_likelihood_ == pytest.approx((weights * model.score_samples(X)).sum(), rel=1e-12)
    assert model.score(X, sample_weight=weights) == pytest.approx(model.log_likelihood_ / weights.sum())


def scikit_twin(
    X: NDArray[np.float64], start: NDArray[np.float64], covariance_type: str, weights: Any = None, **parameters: Any
) -> GaussianMixture:
    """Let scikit-learn begin where we begin: one hard assignment to the nearest mean, then an M-step."""
    pytest.importorskip("sklearn")
    from sklearn.mixture import GaussianMixture as Theirs
    from sklearn.mixture._gaussian_mixture import _estimate_gaussian_parameters

    nearest = ((X[:, None] - start) ** 2).sum(axis=2).argmin(axis=1)
    sizes, means, covariances = _estimate_gaussian_parameters(
        X, np.eye(len(start))[nearest], parameters["reg_covar"], covariance_type
    )
    inverses = np.linalg.inv(covariances) if covariance_type in ("full", "tied") else 1 / covariances
    return Theirs(
        len(start),
        covariance_type=covariance_type,
        weights_init=sizes / sizes.sum(),
        means_init=means,
        precisions_init=inverses,
        **parameters,
    )


@pytest.mark.parametrize("covariance_type", TYPES[:-1])
@pytest.mark.parametrize("reg_covar", [0.0, 1e-6])
@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_agrees_with_scikit_learn(covariance_type: str, reg_covar: float, d: int, rng: np.random.Generator) -> None:
    X = mixture_data(rng, 400, d)
    start = X[[5, 100, 300]]
    parameters: dict[str, Any] = {"tol": 1e-5, "max_iter": 200, "reg_covar": reg_covar}
    ours = GaussianMixture(3, covariance_type=covariance_type, init=start, **parameters).fit(X)
    theirs = scikit_twin(X, start, covariance_type, **parameters).fit(X)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.converged_ == theirs.converged_
    for name in ("weights_", "means_", "covariances_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-8)
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-6)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.score(X) == pytest.approx(theirs.score(X), rel=1e-6)
    assert ours.bic(X) == pytest.approx(theirs.bic(X), rel=1e-6)
    assert ours.aic(X) == pytest.approx(theirs.aic(X), rel=1e-6)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_weight_of_three_is_three_copies(covariance_type: str, rng: np.random.Generator) -> None:
    X, weights = mixture_data(rng, 120), rng.integers(0, 4, 120)
    start = X[weights > 0][[0, 30, 60]]
    parameters: dict[str, Any] = {"covariance_type": covariance_type, "init": start, "tol": 0, "max_iter": 15}
    weighted = GaussianMixture(3, **parameters).fit(X, sample_weight=weights)
    copied = GaussianMixture(3, **parameters).fit(np.repeat(X, weights, axis=0))
    for name in ("weights_", "means_", "covariances_", "log_likelihood_"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(copied, name), rtol=1e-7)
    assert weighted.bic(X, sample_weight=weights) == pytest.approx(copied.bic(np.repeat(X, weights, axis=0)))


@pytest.mark.parametrize("covariance_type", TYPES)
def test_shapes(covariance_type: str, rng: np.random.Generator) -> None:
    X = mixture_data(rng, 200, 3)
    model = GaussianMixture(4, covariance_type=covariance_type, random_state=0).fit(X)
    shapes = {"full": (4, 3, 3), "tied": (3, 3), "diag": (4, 3), "spherical": (4,), "identity": (3, 3)}
    assert model.covariances_.shape == shapes[covariance_type]
    assert model.means_.shape == (4, 3)
    assert model.weights_.sum() == pytest.approx(1)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    if covariance_type == "identity":
        np.testing.assert_array_equal(model.covariances_, np.eye(3))


def test_identity_covariance_scaled_to_zero_is_kmeans(rng: np.random.Generator) -> None:
    X = mixture_data(rng, 300, 2)
    start = X[[0, 100, 200]]
    kmeans = KMeans(3, init=start, tol=0).fit(X)
    # Sigma = I on data stretched by s is Sigma = I / s^2 on the data themselves
    scale = 1e4
    mixture = GaussianMixture(3, covariance_type="identity", init=scale * start, tol=0, max_iter=60).fit(scale * X)
    np.testing.assert_allclose(mixture.means_ / scale, kmeans.cluster_centers_, rtol=1e-9)
    np.testing.assert_array_equal(mixture.predict(scale * X), kmeans.labels_)


def test_zero_tolerance_takes_exactly_max_iter_steps(rng: np.random.Generator) -> None:
    X = mixture_data(rng)
    model = GaussianMixture(2, tol=0, max_iter=17, random_state=0).fit(X)
    assert model.n_iter_ == 17
    assert model.history_.steps.count("maximize") == 17
    with pytest.warns(ConvergenceWarning, match="max_iter=1 "):
        GaussianMixture(3, max_iter=1, tol=1e-12, random_state=0).fit(X)


def test_the_seed_decides_and_threads_do_not(rng: np.random.Generator) -> None:
    X = mixture_data(rng, 40_000, 3)
    models = [GaussianMixture(4, random_state=5, n_threads=n, max_iter=8, tol=0).fit(X) for n in (1, 2, 7)]
    for model in models[1:]:
        np.testing.assert_array_equal(models[0].means_, model.means_)
        np.testing.assert_array_equal(models[0].covariances_, model.covariances_)
        np.testing.assert_array_equal(models[0].history_.objective, model.history_.objective)


def test_more_starts_are_never_worse(rng: np.random.Generator) -> None:
    X = mixture_data(rng, 300, 2, 6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        one, ten = (GaussianMixture(6, init="random", n_init=n, random_state=1).fit(X) for n in (1, 10))
    assert ten.log_likelihood_ >= one.log_likelihood_


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_collapsing_component_is_reseeded(covariance_type: str, rng: np.random.Generator) -> None:
    # a component that begins on one point alone, among three that have many: its covariance is singular at once
    X = np.vstack([rng.normal(size=(100, 2)), rng.normal(size=(100, 2)) + 9, [[4.5, 4.5]] * 3])
    start: list[Any] = [[0, 0], [9, 9], [4.5, 4.5]]
    model = GaussianMixture(
        3,
        covariance_type=covariance_type,
        init=start,
        reg_covar=0,
        tol=0,
        max_iter=80,
        random_state=0,
    ).fit(X)
    assert "reseed" in model.history_.steps
    assert np.isfinite(model.means_).all()
    assert np.isfinite(model.log_likelihood_)
    assert rises(model.history_, 1e-9)


def test_weights_init(rng: np.random.Generator) -> None:
    X = mixture_data(rng, 100)
    model = GaussianMixture(2, init=X[:2], weights_init=[0.9, 0.1], max_iter=1, tol=0).fit(X)
    other = GaussianMixture(2, init=X[:2], weights_init=[0.1, 0.9], max_iter=1, tol=0).fit(X)
    assert model.weights_[0] > other.weights_[0]


def test_samples_come_from_the_mixture(rng: np.random.Generator) -> None:
    X = mixture_data(rng, 2000)
    for covariance_type in TYPES:
        model = GaussianMixture(3, covariance_type=covariance_type, random_state=3).fit(X)
        drawn, components = model.sample(20_000)
        assert drawn.shape == (20_000, 2)
        np.testing.assert_allclose(np.bincount(components, minlength=3) / 20_000, model.weights_, atol=0.02)
        for k in range(3):
            error = 5 * drawn[components == k].std(axis=0) / np.sqrt((components == k).sum())
            assert (np.abs(drawn[components == k].mean(axis=0) - model.means_[k]) < error).all()


@pytest.mark.parametrize("X", [np.ones((10, 2)), np.repeat([[1.0, 2.0], [3.0, 5.0]], 6, axis=0)])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_few_distinct_points(X: NDArray[np.float64], covariance_type: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    assert np.isfinite(model.means_).all()
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("X", "parameters", "error", "said"),
    [
        ([[np.nan]], {}, ValueError, "contains NaN"),
        ([[1e300], [0.0]], {}, ValueError, "at most 1e+150, got 1e+300"),
        ([1.0, 2.0], {}, ValueError, "reshape(-1, 1)"),
        ([[1.0]], {"n_components": 2}, ValueError, "n_components=2 for n_samples=1"),
        ([[1.0]], {"n_components": 0}, ValueError, "n_components must be at least 1, got 0"),
        ([[1.0]], {"covariance_type": "round"}, ValueError, "covariance_type must be one of full, tied"),
        ([[1.0]], {"init": "kmeans"}, ValueError, "init must be one of k-means++, random"),
        ([[1.0], [2.0]], {"n_components": 2, "init": [[1.0]]}, ValueError, "init must have shape (2, 1)"),
        ([[1.0], [2.0]], {"n_components": 2, "weights_init": [0.5, 0.6]}, ValueError, "of sum 1, got [0.5, 0.6]"),
        ([[1.0]], {"tol": -1}, ValueError, "tol must be finite and at least 0"),
        ([[1.0]], {"reg_covar": -1e-6}, ValueError, "reg_covar must be finite and at least 0"),
        ([[1.0, 1.0], [2.0, 1.0]], {"reg_covar": 0}, ValueError, "raise reg_covar"),
    ],
)
def test_bad_input_gets_one_clear_line(
    X: list[Any], parameters: dict[str, Any], error: type[ValueError], said: str
) -> None:
    with pytest.raises(error) as caught:
        GaussianMixture(**parameters).fit(X)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_is_reported_before_a_fit(rng: np.random.Generator) -> None:
    model = GaussianMixture(2)
    for call in (model.predict, model.predict_proba, model.score, model.score_samples, model.bic, model.aic):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            call(np.zeros((3, 2)))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        model.sample()
    model.fit(mixture_data(rng, 50))
    with pytest.raises(ValueError, match="X has 3 features, but GaussianMixture is expecting 2 features as input"):
        model.predict(np.zeros((3, 3)))


@pytest.mark.parametrize("top", [255, 4095, 65535, 10_000_000])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_constant_background_is_a_component_at_any_scale(top: int, covariance_type: str) -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([np.zeros(800), rng.normal(0.2, 0.02, 600), rng.normal(0.4, 0.02, 600)])[:, None]
    for seed in range(5):
        model = GaussianMixture(3, covariance_type=covariance_type, random_state=seed).fit(np.round(X * top))
        np.testing.assert_allclose(np.sort(model.means_[:, 0]) / top, [0, 0.2, 0.4], atol=0.01)


def test_a_penalty_that_weighs_keeps_the_objective_rising() -> None:
    # variances about as small as reg_covar: here the plain E-step alone would lower the objective
    for seed in range(100):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(int(rng.integers(6, 30)), 1)) * 10 ** rng.uniform(-3, -1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = GaussianMixture(2, covariance_type="diag", random_state=0, n_threads=1).fit(X)
        assert rises(model.history_, 2e-9), seed


def test_dependent_features_are_singular(rng: np.random.Generator) -> None:
    x = rng.integers(0, 5, 30).astype(float)
    with pytest.raises(ValueError, match="stay singular"):
        GaussianMixture(1, reg_covar=0).fit(np.column_stack([x, x]))
    scaled = np.column_stack([1e-9 * rng.normal(size=30), 1e9 * rng.normal(size=30)])
    assert GaussianMixture(1, reg_covar=0).fit(scaled).converged_


def test_features_that_reg_covar_would_hide_are_told_with_a_way_out(rng: np.random.Generator) -> None:
    blobs = np.concatenate([rng.normal(middle, 1, (100, 2)) for middle in (0, 9, 30)])
    truth = np.repeat(np.arange(3), 100)
    X = blobs * [1e-4, 1.0]
    with pytest.warns(
        ConvergenceWarning, match=r"variance of feature 0 is only .*; scale the features, or pass reg"
    ) as told:
        GaussianMixture(3, random_state=0).fit(X)
    named = re.search(r"pass reg_covar=(\S+)$", str(told[0].message))
    assert named is not None
    labels = GaussianMixture(3, reg_covar=float(named[1]), random_state=0).fit_predict(X)
    assert len(set(zip(labels.tolist(), truth.tolist(), strict=True))) == 3


def test_features_of_common_scales_and_constant_ones_give_no_warning(rng: np.random.Generator) -> None:
    X = np.column_stack([rng.normal(size=300), np.full(300, 0.1), 1e9 * rng.normal(size=300)])
    GaussianMixture(2, covariance_type="diag", random_state=0).fit(X)
    GaussianMixture(2, reg_covar=1e-5, random_state=0).fit(X[:, :1] * 1e-4)
