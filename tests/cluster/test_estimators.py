"""All clusterers behave as estimators do in scikit-learn, which is not needed to use them."""

import copy
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgcluster import GaussianMixture, KMeans, SoftKMeans
from imgcluster.errors import ConvergenceWarning, NotFittedError

ESTIMATORS = [
    KMeans(),
    KMeans(metric="manhattan"),
    KMeans(metric="cosine"),
    SoftKMeans(),
    GaussianMixture(),
    GaussianMixture(2, covariance_type="diag"),
]
CLASSES = [KMeans, SoftKMeans, GaussianMixture]
NEEDS_A_FIT = ["predict", "predict_proba", "transform", "score", "score_samples", "bic", "aic", "sample"]

# The check shuffles the weighted samples, and draws by the order of samples then begin elsewhere; of scikit-learn's own
# KMeans it is not asked. Here it runs from a given start instead; the check makes 30 features of numbers in 0..1.
FROM_A_GIVEN_START = "check_sample_weight_equivalence_on_dense_data"
START = np.linspace(0, 1, 60).reshape(2, 30)
LEFT_OUT = {
    ("cosine", "check_estimators_dtypes"): "its data hold a vector of zeros, which has no direction",
}


def name_of(check: Callable[..., Any]) -> str:
    function = getattr(check, "func", check)
    readonly = "-readonly" if getattr(check, "keywords", {}).get("readonly_memmap") else ""
    return function.__name__ + readonly


def estimator_checks() -> Any:
    try:
        from sklearn.utils import estimator_checks as checks
    except ImportError:
        return [pytest.param(None, None, marks=pytest.mark.skip("needs scikit-learn"), id="scikit-learn")]
    found = []
    for estimator in ESTIMATORS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it does not inherit from BaseEstimator
            pairs = list(checks.estimator_checks_generator(estimator))
        if not isinstance(estimator, GaussianMixture):  # kept by scikit-learn for subclasses of its ClusterMixin
            pairs += [(estimator, checks.check_clustering), (estimator, checks.check_clusterer_compute_labels_predict)]
        for each, check in pairs:
            reason = LEFT_OUT.get((each.get_params().get("metric"), name_of(check)))
            marks = [pytest.mark.skip(reason)] if reason else []
            found.append(pytest.param(each, check, marks=marks, id=f"{estimator!r}-{name_of(check)}"))
    return found


@pytest.mark.filterwarnings("ignore:.*clusters are empty")
@pytest.mark.parametrize(("estimator", "check"), estimator_checks())
def test_scikit_learn_check(estimator: Any, check: Callable[..., Any]) -> None:
    if name_of(check) == FROM_A_GIVEN_START:
        name = "n_clusters" if hasattr(estimator, "n_clusters") else "n_components"
        estimator = type(estimator)(**estimator.get_params() | {name: 2, "init": START})
    check(estimator) if hasattr(check, "keywords") else check(type(estimator).__name__, estimator)


def test_few_checks_are_left_out() -> None:
    assert len(LEFT_OUT) <= 5


def test_works_in_a_pipeline_and_a_grid_search(rng: np.random.Generator) -> None:
    pytest.importorskip("sklearn")
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X = rng.normal(size=(60, 2))
    for model in (KMeans(3, random_state=0), SoftKMeans(3, random_state=0)):
        pipeline = make_pipeline(StandardScaler(), model).fit(X)
        assert pipeline.transform(X).shape == (60, 3)
    search = GridSearchCV(GaussianMixture(random_state=0, max_iter=1000), {"n_components": [1, 2]}).fit(X)
    assert search.best_estimator_.n_components == search.best_params_["n_components"]


def test_kmeans_agrees_with_scikit_learn_on_new_data(rng: np.random.Generator) -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    X, new = rng.normal(size=(500, 4)), rng.normal(size=(300, 4))
    weights, new_weights = rng.uniform(0.1, 3, 500), rng.uniform(0.1, 3, 300)
    start = X[:7].copy()
    ours = KMeans(7, init=start, tol=0, max_iter=1000).fit(X, sample_weight=weights)
    theirs = cluster.KMeans(7, init=start, n_init=1, tol=0, max_iter=1000).fit(X, sample_weight=weights)
    np.testing.assert_array_equal(ours.predict(new), theirs.predict(new))
    np.testing.assert_allclose(ours.transform(new), theirs.transform(new), rtol=1e-6)
    assert ours.score(new) == pytest.approx(theirs.score(new), rel=1e-6)
    assert ours.score(new, sample_weight=new_weights) == pytest.approx(
        theirs.score(new, sample_weight=new_weights), rel=1e-6
    )


@pytest.mark.parametrize(
    ("Estimator", "method"),
    [(each, method) for each in CLASSES for method in NEEDS_A_FIT if hasattr(each, method)],
)
def test_a_fit_comes_first(Estimator: Any, method: str) -> None:
    arguments = () if method == "sample" else ([[1.0, 2.0]],)
    with pytest.raises(
        NotFittedError,
        match=f"This {Estimator.__name__} instance is not fitted yet; call fit.* {Estimator.__name__}.from_parameters",
    ) as caught:
        getattr(Estimator(), method)(*arguments)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, AttributeError)
    again = pickle.loads(pickle.dumps(caught.value))  # as from another process
    assert type(again) is NotFittedError
    assert str(again) == str(caught.value)


def test_scikit_learns_own_not_fitted_error_is_met_too() -> None:
    exceptions = pytest.importorskip("sklearn.exceptions")
    with pytest.raises(exceptions.NotFittedError):
        KMeans().predict([[1.0]])


def test_they_are_estimators_of_scikit_learn(rng: np.random.Generator) -> None:
    base = pytest.importorskip("sklearn.base")
    from sklearn.cluster import Birch

    X = rng.normal(size=(90, 3))
    for model in (KMeans(3, random_state=0), SoftKMeans(3, random_state=0)):
        assert isinstance(model, base.ClusterMixin)
        assert isinstance(model, base.TransformerMixin)
        assert len(set(Birch(n_clusters=model, threshold=0.2).fit(X).labels_)) == 3
    mixture = GaussianMixture(2, random_state=0).fit(X)
    assert isinstance(mixture, base.DensityMixin)
    assert not hasattr(mixture, "get_feature_names_out")
    for again in (pickle.loads(pickle.dumps(mixture)), copy.deepcopy(mixture), base.clone(mixture).fit(X)):
        assert type(again) is type(mixture)
        assert np.array_equal(again.predict(X), mixture.predict(X))


def test_a_pickle_is_read_where_scikit_learn_is_not_loaded(tmp_path: Path) -> None:
    pytest.importorskip("sklearn.base")
    path = tmp_path / "model.pickle"
    path.write_bytes(pickle.dumps(KMeans(2, random_state=0).fit([[0.0], [1.0], [9.0]])))
    code = f"""
import pickle, sys
model = pickle.load(open({str(path)!r}, "rb"))
assert "sklearn" not in sys.modules
print(type(model).__mro__[1].__name__, model.predict([[8.0]])[0] == model.labels_[2])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "KMeansSteps True\n"


def test_columns_of_frames_have_names(rng: np.random.Generator) -> None:
    sklearn = pytest.importorskip("sklearn")
    pandas = pytest.importorskip("pandas")
    from sklearn.compose import ColumnTransformer

    frame = pandas.DataFrame(rng.normal(size=(40, 3)), columns=["a", "b", "c"], index=range(5, 45))
    model: Any = KMeans(2, random_state=0)  # inherits from both, of which mypy knows one
    model.set_output(transform="pandas")
    found = model.fit_transform(frame)
    assert list(found.columns) == ["kmeans0", "kmeans1"] == list(model.get_feature_names_out())
    assert list(found.index) == list(frame.index)
    parts = [("near", KMeans(2, random_state=0), ["a", "b"]), ("soft", SoftKMeans(2, random_state=0), ["c"])]
    both = ColumnTransformer(parts).set_output(transform="pandas").fit_transform(frame)
    assert list(both.columns) == ["near__kmeans0", "near__kmeans1", "soft__softkmeans0", "soft__softkmeans1"]
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(KMeans(2, random_state=0).fit(frame).transform(frame), pandas.DataFrame)
    assert isinstance(KMeans(2, random_state=0).fit(frame).transform(frame), np.ndarray)


def test_weights_are_routed(rng: np.random.Generator) -> None:
    sklearn = pytest.importorskip("sklearn")
    from sklearn.pipeline import make_pipeline

    X, weights = rng.normal(size=(40, 2)), rng.uniform(0.1, 5, 40)
    with sklearn.config_context(enable_metadata_routing=True):
        model: Any = KMeans(2, init=X[:2], tol=0, max_iter=300)
        routed = make_pipeline(model.set_fit_request(sample_weight=True)).fit(X, sample_weight=weights)
    alone = KMeans(2, init=X[:2], tol=0, max_iter=300).fit(X, sample_weight=weights)
    assert np.array_equal(routed[-1].cluster_centers_, alone.cluster_centers_)


@pytest.mark.parametrize("Estimator", CLASSES)
def test_filters_of_scikit_learns_warning_match(Estimator: Any, rng: np.random.Generator) -> None:
    exceptions = pytest.importorskip("sklearn.exceptions")
    X = rng.normal(size=(200, 3))
    for category in (exceptions.ConvergenceWarning, ConvergenceWarning):
        with pytest.warns(category, match="before it converged"):
            Estimator(6, max_iter=1, random_state=0).fit(X)


def test_sparse_input_is_told_two_ways_out(rng: np.random.Generator) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"got a sparse csr_matrix; pass X.toarray\(\), or .*TruncatedSVD"):
        KMeans(2).fit(sparse.csr_matrix(rng.normal(size=(9, 3))))


def test_nothing_needs_scikit_learn() -> None:
    code = """
import sys
sys.modules["sklearn"] = None  # as if it were not installed
from imgcluster import KMeans
from imgcluster.errors import ConvergenceWarning, NotFittedError
try:
    KMeans().predict([[1.0]])
except NotFittedError as error:
    print(type(error) is NotFittedError, KMeans(1).fit_predict([[1.0]]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True [0]\n"


@pytest.mark.parametrize("Estimator", CLASSES)
def test_another_number_of_features_is_rejected(Estimator: Any, rng: np.random.Generator) -> None:
    model = Estimator(1).fit(rng.normal(size=(20, 2)))
    said = f"X has 3 features, but {Estimator.__name__} is expecting 2 features as input"
    for method in NEEDS_A_FIT:
        if hasattr(model, method) and method != "sample":
            with pytest.raises(ValueError, match=said):
                getattr(model, method)(np.ones((4, 3)))
    assert model.fit(rng.normal(size=(20, 3))).n_features_in_ == 3


class Frame:
    """As much of a data frame as matters."""

    def __init__(self, values: Any, columns: Any) -> None:
        self.values, self.columns = np.asarray(values), columns

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.values, dtype=dtype)


@pytest.mark.parametrize("Estimator", CLASSES)
def test_column_names_are_kept_and_compared(Estimator: Any, rng: np.random.Generator) -> None:
    X = rng.normal(size=(20, 2))
    model = Estimator(1).fit(Frame(X, ["red", "green"]))
    assert model.feature_names_in_.tolist() == ["red", "green"]
    labels = model.predict(Frame(X, ["red", "green"]))
    np.testing.assert_array_equal(labels, model.predict(X))
    with pytest.raises(ValueError, match=r"feature names should match .* got \['green', 'red'\]"):
        model.predict(Frame(X, ["green", "red"]))
    assert not hasattr(model.fit(Frame(X, [0, 1])), "feature_names_in_")


@pytest.mark.parametrize("Estimator", CLASSES)
@pytest.mark.parametrize(
    ("X", "weights", "error", "said"),
    [
        ([[1.0, np.nan]], None, ValueError, "X contains NaN, first at (0, 1)"),
        ([[1.0], [-np.inf]], None, ValueError, "X contains infinity, first at (1, 0)"),
        (np.array([["a"]], dtype=object), None, ValueError, "X must hold numbers, got dtype object"),
        (np.array([[{}]], dtype=object), None, TypeError, "X must hold numbers, got dtype object"),
        (np.array([[10**400]], dtype=object), None, ValueError, "X must hold numbers, got dtype object"),
        ([[1.0, 2.0], [3.0]], None, ValueError, "rows of different lengths"),
        ([[1j]], None, ValueError, "X must be real, got dtype complex128"),
        ([1.0, 2.0], None, ValueError, "X must be a 2-D array"),
        (np.ones((2, 2, 2)), None, ValueError, "X must be a 2-D array"),
        (1.0, None, ValueError, "X must be a 2-D array"),
        (np.empty((0, 2)), None, ValueError, "0 sample(s)"),
        (np.empty((2, 0)), None, ValueError, "0 feature(s)"),
        ([[1e300]], None, ValueError, "at most 1e+150, got 1e+300: its squares overflow in float64; scale it"),
        ([[1.0], [2.0]], [1.0, -2.0], ValueError, "sample_weight must not be negative, got -2.0 at 1"),
        ([[1.0], [2.0]], [0.0, 0.0], ValueError, "sample_weight must have a positive sum"),
        ([[1.0], [2.0]], [1.0, np.inf], ValueError, "sample_weight contains NaN or infinity"),
        ([[1.0], [2.0]], [1.0, 1e300], ValueError, "sample_weight must be at most 1e+100, got 1e+300"),
        ([[1.0], [2.0]], [1.0, 1j], ValueError, "sample_weight must be real"),
        ([[1.0], [2.0]], ["a", "b"], ValueError, "sample_weight must hold numbers"),
        ([[1.0], [2.0]], [[1.0], [1.0]], ValueError, "sample_weight must have shape (2,)"),
    ],
)
def test_bad_input_gets_one_clear_line(
    Estimator: Any, X: Any, weights: list[Any] | None, error: Any, said: str
) -> None:
    with pytest.raises(error) as caught:
        Estimator(1).fit(X, sample_weight=weights)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("Estimator", CLASSES)
def test_sparse_input_is_rejected(Estimator: Any) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    for kind in (sparse.csr_array, sparse.coo_matrix):
        with pytest.raises(TypeError, match=r"X must be dense, got a sparse c.._.*; pass X.toarray\(\)"):
            Estimator(1).fit(kind(np.eye(3)))


@pytest.mark.parametrize("Estimator", [KMeans, SoftKMeans])
@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1e-300), (np.float32, 1e-30)])
def test_squares_must_not_vanish(Estimator: Any, dtype: Any, scale: float) -> None:
    X = np.array([[1.0], [2.0]], dtype) * dtype(scale)
    if Estimator is SoftKMeans and dtype == np.float32:
        assert np.isfinite(Estimator(1).fit(X).cluster_centers_).all()  # it computes in float64
        return
    with pytest.raises(ValueError, match=r"X must be of magnitude at least .* its squares vanish"):
        Estimator(1).fit(X)


def test_float32_has_its_own_range() -> None:
    with pytest.raises(ValueError, match=r"at most 1e\+17, got 1e\+20: its squares overflow in float32"):
        KMeans(1).fit(np.array([[1e20]], np.float32))
    with pytest.raises(ValueError, match=r"init must be of magnitude at most 1e\+17"):
        KMeans(1, init=[[1e20]]).fit(np.array([[1.0]], np.float32))
    model = KMeans(1).fit(np.array([[1.0]], np.float32))
    assert model.predict([[1e20]]).tolist() == [0]  # wider data are computed in float64
    with pytest.raises(ValueError, match=r"at most 1e\+150, got 1e\+200"):
        model.predict([[1e200]])


@pytest.mark.filterwarnings("ignore:.*clusters are empty")
@pytest.mark.parametrize("estimator", [KMeans(3), KMeans(3, metric="manhattan"), SoftKMeans(3), GaussianMixture(1)])
@pytest.mark.parametrize(
    "X",
    [np.zeros((6, 2)), np.ones((6, 2)), np.repeat([[0.1, 0.2]], 6, axis=0), [[1, 5], [2, 5], [3, 5], [4, 5]]],
    ids=["zeros", "ones", "one point repeated", "a constant feature"],
)
def test_degenerate_data_have_a_finite_answer(estimator: Any, X: Any) -> None:
    model = estimator.set_params(random_state=0).fit(X)
    for value in vars(model).values():
        if isinstance(value, np.ndarray | float):
            assert np.isfinite(value).all()
    assert np.isfinite(model.history_.objective).all()
    assert np.isfinite(model.score(X))
    assert model.predict(X).dtype == np.int32


@pytest.mark.parametrize("beta", [1e-30, 1.0, 1e30])
def test_soft_labels_are_those_of_the_nearest_center(beta: float, rng: np.random.Generator) -> None:
    X = rng.normal(size=(50, 2))
    model = SoftKMeans(2, beta=beta, random_state=0)
    labels = model.fit_predict(X)
    np.testing.assert_array_equal(labels, model.labels_)
    np.testing.assert_array_equal(labels, model.predict(X))


@pytest.mark.parametrize("Estimator", CLASSES)
@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint64, np.bool_, np.longdouble, object])
def test_any_kind_of_number(Estimator: Any, dtype: Any, rng: np.random.Generator) -> None:
    X = rng.integers(0, 2, (40, 2)).astype(dtype)
    model = Estimator(1).fit(X)
    expected = Estimator(1).fit(X.astype(np.float64))
    centers = "means_" if Estimator is GaussianMixture else "cluster_centers_"
    assert getattr(model, centers).dtype == np.float64
    np.testing.assert_array_equal(getattr(model, centers), getattr(expected, centers))
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))
