"""choose_k on arrays, its criteria, and the silhouette."""

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import silhouette_samples, silhouette_score

import imgcluster as ic
from imgcluster.cluster._selection import _farthest_from_chord, _first_within_one_error, _sample

CRITERIA = ("elbow", "silhouette", "bic", "gap")


def planted(k: int, rng: np.random.Generator, n: int = 40, std: float = 0.6, d: int = 2) -> NDArray[np.float64]:
    """Return n points around each of k corners of a regular polygon of radius 10."""
    angles = 2 * np.pi * np.arange(k) / k
    corners = np.zeros((k, d))
    corners[:, :2] = 10 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.repeat(corners, n, axis=0) + rng.normal(scale=std, size=(n * k, d))


@pytest.mark.exhaustive
@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_planted_clusters_are_found(criterion: str, k: int, rng: np.random.Generator) -> None:
    choice = ic.choose_k(planted(k, rng), range(1 + (criterion == "silhouette"), 13), criterion=criterion)
    assert choice.k == k, choice.reason
    assert f"k = {k} " in choice.reason
    assert choice.criterion == criterion


def test_one_cluster_is_one_cluster(rng: np.random.Generator) -> None:
    X = rng.normal(size=(200, 2))
    assert ic.choose_k(X, range(1, 5), criterion="gap").k == 1
    assert ic.choose_k(X, range(1, 5), criterion="bic").k == 1


@pytest.mark.parametrize("criterion", CRITERIA)
def test_choice_is_ready_for_json(criterion: str, rng: np.random.Generator) -> None:
    choice = ic.choose_k(planted(3, rng, n=15), [4, 2, 3, 3], criterion=criterion)
    assert choice.ks == (2, 3, 4)
    assert choice.values.shape == (3,)
    assert choice.values.dtype == np.float64
    rows = json.loads(json.dumps(choice.table(), allow_nan=False))
    assert [row["k"] for row in rows] == [2, 3, 4]
    assert [row["value"] for row in rows] == choice.values.tolist()
    assert [row["chosen"] for row in rows] == [k == choice.k for k in choice.ks]
    assert ("error" in rows[0]) == (criterion == "gap")


@pytest.mark.parametrize("criterion", CRITERIA)
def test_seeds_decide_and_threads_do_not(criterion: str, rng: np.random.Generator) -> None:
    X = rng.normal(size=(120, 3))
    first = ic.choose_k(X, [2, 4, 6], criterion=criterion, random_state=5, n_threads=1)
    again = ic.choose_k(X, [2, 4, 6], criterion=criterion, random_state=5, n_threads=3)
    assert (first.values == again.values).all()
    assert first.reason == again.reason
    # and what is found for a k does not depend on the others
    alone = ic.choose_k(X, [3, 4, 5], criterion=criterion, random_state=5)
    assert alone.values[1] == first.values[1]


@pytest.mark.parametrize("criterion", ["elbow", "silhouette", "bic"])
def test_weight_three_is_three_copies(criterion: str, rng: np.random.Generator) -> None:
    X, weights = planted(3, rng), rng.integers(0, 4, 120)
    weighted = ic.choose_k(X, [2, 3, 4], criterion=criterion, sample_weight=weights)
    copied = ic.choose_k(np.repeat(X, weights, axis=0), [2, 3, 4], criterion=criterion)
    assert weighted.values[1] == pytest.approx(copied.values[1], rel=1e-9)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_normalized_weights_are_as_good_as_none(criterion: str, rng: np.random.Generator) -> None:
    X = planted(3, rng)
    weights = np.full(len(X), 1 / len(X))
    plain, weighted = (
        ic.choose_k(X, range(2, 6), criterion=criterion, sample_weight=given) for given in (None, weights)
    )
    assert weighted.values == pytest.approx(plain.values, rel=1e-9)


def test_elbow_is_the_inertia_of_kmeans(rng: np.random.Generator) -> None:
    X = planted(4, rng)
    choice = ic.choose_k(X, range(1, 7))
    assert choice.values[3] == pytest.approx(ic.KMeans(4, n_init=10, random_state=0).fit(X).inertia_)
    assert (np.diff(choice.values) < 0).all()


def test_silhouettes_are_those_of_scikit_learn(rng: np.random.Generator) -> None:
    X = planted(4, rng, std=4, d=5)
    labels = rng.permutation(ic.KMeans(4, random_state=0).fit(X).labels_ * 7 - 3)
    labels[0] = 99  # a cluster of one
    assert ic.silhouette(X, labels) == pytest.approx(silhouette_samples(X, labels), abs=1e-7)


def test_silhouette_criterion_is_that_of_scikit_learn(rng: np.random.Generator) -> None:
    X = planted(3, rng)
    labels = ic.KMeans(3, n_init=5, random_state=0).fit(X).labels_
    choice = ic.choose_k(X, range(2, 6), criterion="silhouette")
    assert choice.values[1] == pytest.approx(silhouette_score(X, labels), abs=1e-7)


def test_silhouette_of_weights_is_that_of_copies(rng: np.random.Generator) -> None:
    X, weights, labels = rng.normal(size=(50, 3)), rng.integers(1, 5, 50), rng.integers(0, 3, 50)
    weighted = ic.silhouette(X, labels, sample_weight=weights)
    copies = silhouette_samples(np.repeat(X, weights, axis=0), np.repeat(labels, weights))
    assert np.repeat(weighted, weights) == pytest.approx(copies, abs=1e-7)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e200])
def test_silhouette_knows_no_scale(scale: float, rng: np.random.Generator) -> None:
    X, labels = rng.normal(size=(30, 2)), np.arange(30) % 3
    assert ic.silhouette(X * scale, labels) == pytest.approx(ic.silhouette(X, labels), abs=1e-9)


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([0, 0, 0], "labels must name at least 2 clusters, got 1"),
        ([0, 1], r"labels must have shape \(3,\)"),
        ([0.0, 1.0, 2.0], "labels must be whole numbers"),
    ],
)
def test_bad_labels(labels: list[Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ic.silhouette([[0.0], [1.0], [2.0]], labels)


def test_large_samples_are_drawn_by_weight(rng: np.random.Generator) -> None:
    X = planted(3, rng, n=3000)
    choice = ic.choose_k(X, [2, 3, 4], criterion="silhouette")
    labels = ic.KMeans(3, n_init=5, random_state=0).fit(X).labels_
    assert choice.k == 3
    assert choice.values[1] == pytest.approx(silhouette_score(X, labels, sample_size=2000, random_state=0), abs=0.01)


def test_systematic_sample(rng: np.random.Generator) -> None:
    weights = rng.uniform(0.1, 5, 1000)
    chosen, counts = _sample(weights, 300, rng)
    assert counts.sum() == 300
    expected = weights[chosen] * 300 / weights.sum()
    assert (np.abs(counts - expected) < 1).all()
    chosen, kept = _sample(weights, 1000, rng)
    assert (chosen == np.arange(1000)).all()
    assert (kept == weights).all()


def test_elbow_of_known_curves() -> None:
    assert _farthest_from_chord((1, 2, 3, 4, 5), np.array([10.0, 4, 1, 0.5, 0]))[0] == 3
    k, reason = _farthest_from_chord((1, 2, 3), np.array([3.0, 2, 1]))
    assert (k, "no elbow" in reason) == (1, True)
    k, reason = _farthest_from_chord((2, 3, 4), np.zeros(3))
    assert (k, "does not fall" in reason) == (2, True)


def test_gap_rule_of_known_values() -> None:
    errors = np.full(4, 0.1)
    assert _first_within_one_error((1, 2, 3, 4), np.array([0.0, 0.5, 0.55, 1.0]), errors)[0] == 2
    k, reason = _first_within_one_error((1, 2, 3, 4), np.array([0.0, 1.0, 2.0, 3.0]), errors)
    assert (k, "largest k tried" in reason) == (4, True)


def test_gap_needs_a_distortion(rng: np.random.Generator) -> None:
    assert ic.choose_k(rng.normal(size=(3, 2)), criterion="gap").ks == (1, 2)
    with pytest.raises(ValueError, match="ks must be at most 2 for 3 distinct samples and criterion 'gap', got 3"):
        ic.choose_k(rng.normal(size=(3, 2)), [1, 2, 3], criterion="gap")


def test_gap_where_the_sample_has_fewer_distinct_points_than_clusters() -> None:
    X, weights = np.arange(5000.0).reshape(-1, 1), np.ones(5000)
    weights[[1000, 4000]] = 1e9
    choice = ic.choose_k(X, [1, 2, 3], criterion="gap", sample_weight=weights)
    assert choice.k == 2
    assert choice.table()[1]["value"] is None


def test_default_ks_stop_at_the_distinct_samples() -> None:
    X = np.repeat([[0.0], [1.0], [7.0]], 5, axis=0)
    assert ic.choose_k(X).ks == (1, 2, 3)
    assert ic.choose_k(X, criterion="silhouette").ks == (2, 3)


def test_samples_of_no_weight_are_left_out() -> None:
    X = np.array([[0.0], [1.0], [7.0], [100.0]])
    assert ic.choose_k(X, sample_weight=[1, 1, 1, 0]).ks == (1, 2, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"criterion": "best"}, ValueError, "criterion must be one of elbow, silhouette, bic, gap, psnr, got 'best'"),
        ({"criterion": "psnr"}, ValueError, 'criterion "psnr" is for images'),
        ({"ks": []}, ValueError, "ks must hold at least one"),
        ({"ks": [2, 3]}, ValueError, r"at least 3 numbers for an elbow, got \[2, 3\]"),
        ({"ks": [0, 1, 2]}, ValueError, "ks must be at least 1, got 0"),
        ({"ks": [1, 2], "criterion": "silhouette"}, ValueError, "ks must be at least 2, got 1"),
        ({"ks": [2, 3.5]}, TypeError, "ks must be a whole number, got 3.5"),
        ({"ks": [2, 3, 99]}, ValueError, "ks must be at most 20 for 20 distinct samples and criterion 'elbow', got 99"),
        ({"sample_weight": [1, 2]}, ValueError, r"sample_weight must have shape \(20,\)"),
        ({"psnr": -1}, ValueError, "psnr must be finite and at least 0"),
        ({"random_state": -1}, ValueError, "random_state must not be negative"),
        ({"n_threads": 0}, ValueError, "n_threads"),
    ],
)
def test_bad_parameters(arguments: dict[str, Any], error: Any, text: str, rng: np.random.Generator) -> None:
    with pytest.raises(error, match=text):
        ic.choose_k(rng.normal(size=(20, 2)), **arguments)


@pytest.mark.parametrize(
    ("X", "text"),
    [
        ([1.0, 2.0], "must be a 2-D array"),
        ([[1.0, np.nan]], "contains NaN"),
        (np.full((9, 2), 3.0), "needs at least 2 distinct samples, got 1"),
    ],
)
def test_bad_samples(X: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ic.choose_k(X, criterion="silhouette")
