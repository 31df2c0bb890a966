"""Which distance: criteria that have the same meaning for every metric, against their formulas written out."""

from __future__ import annotations

import json
from math import comb
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, silhouette_samples

import imgcluster as ic
from imgcluster.cluster._agreement import adjusted_rand_index
from imgcluster.cluster._metric_choice import _SAMPLE, _largest, _most_stable

NAMES = ("sqeuclidean", "manhattan", "cosine", "mahalanobis")


def rays(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return points along two rays, and which: only their angle tells them apart."""
    labels = np.repeat([0, 1], 100)
    angles = np.array([0.5, 1.1])[labels] + rng.normal(scale=0.05, size=200)
    return rng.uniform(1, 9, 200)[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1), labels


def bars(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return two long bars side by side, and which: only in units of their spread are they apart."""
    labels = np.repeat([0, 1], 150)
    return np.stack([2.0 * labels, np.zeros(300)], axis=1) + rng.normal(scale=[0.2, 20], size=(300, 2)), labels


def chebyshev(x: Any, m: Any) -> Any:
    return np.abs(x - m).max(axis=-1)


def test_the_adjusted_rand_index_is_the_one_of_the_definition(rng: np.random.Generator) -> None:
    for k in (1, 2, 5):
        one, other = rng.integers(0, k, 40), rng.integers(0, 4, 40)
        table = np.array([[np.sum((one == i) & (other == j)) for j in range(4)] for i in range(k)])
        together = sum(comb(int(n), 2) for n in table.ravel())
        A, B = (sum(comb(int(n), 2) for n in table.sum(axis=axis)) for axis in (1, 0))
        e = A * B / comb(40, 2)
        assert adjusted_rand_index(one, other) == pytest.approx((together - e) / ((A + B) / 2 - e))
        assert adjusted_rand_index(one, other) == pytest.approx(adjusted_rand_score(one, other))
        assert adjusted_rand_index(one + 7, (3 - other) * 2) == pytest.approx(adjusted_rand_index(one, other))
    assert adjusted_rand_index(np.zeros(3, int), np.zeros(3, int)) == 1
    assert adjusted_rand_index(np.array([4]), np.array([2])) == 1


@pytest.mark.parametrize("criterion", ["stability", "silhouette", "agreement"])
def test_the_metric_that_fits_is_found(criterion: str, rng: np.random.Generator) -> None:
    for (X, labels), expected in ((rays(rng), "cosine"), (bars(rng), "mahalanobis")):
        if (criterion, expected) == ("silhouette", "mahalanobis"):
            continue  # where a whole bar is a cluster, most of the spread lies within
        known = labels if criterion == "agreement" else None
        # whether a point lies above or below the origin is no cluster, and yet an angle that comes back every time
        metrics = NAMES if expected == "cosine" else (*NAMES[:2], "mahalanobis")
        choice = ic.choose_metric(X, 2, metrics, criterion=criterion, labels=known)
        assert choice.metrics == metrics
        assert choice.recommended == expected, choice.reason
        assert f'"{expected}"' in choice.reason
        assert choice.values.max() <= 1
        fitted = ic.KMeans(2, metric=choice.recommended, n_init=5, random_state=0).fit(X)
        assert adjusted_rand_score(fitted.labels_, labels) > 0.9


def test_stability_is_the_mean_agreement_of_halves(rng: np.random.Generator) -> None:
    X, _ = rays(rng)
    choice = ic.choose_metric(X, 3, ["manhattan"], n_splits=3, random_state=4)
    draws = np.random.default_rng(4)
    seed, values = int(draws.integers(1 << 31)), []
    for _ in range(3):
        order = draws.permutation(200)
        one, other = (
            ic.KMeans(3, metric="manhattan", n_init=5, n_swaps=0, random_state=seed).fit(X[np.sort(half)]).predict(X)
            for half in (order[:100], order[100:])
        )
        values.append(adjusted_rand_score(one, other))
    assert choice.values == pytest.approx([np.mean(values)])
    assert choice.errors == pytest.approx([np.std(values, ddof=1) / np.sqrt(3)])


def test_silhouettes_are_in_the_metric_itself(rng: np.random.Generator) -> None:
    X, labels = rays(rng)
    S = np.linalg.inv(np.cov(X.T))
    for metric, theirs, more in (
        ("sqeuclidean", "euclidean", {}),
        ("manhattan", "manhattan", {}),
        ("mahalanobis", "mahalanobis", {"VI": S}),
        (chebyshev, "chebyshev", {}),
    ):
        expected = silhouette_samples(X, labels, metric=theirs, **more)
        assert ic.silhouette(X, labels, metric=metric) == pytest.approx(expected, abs=1e-9)
    units = X / np.linalg.norm(X, axis=1, keepdims=True)
    assert ic.silhouette(X, labels, metric="cosine") == pytest.approx(silhouette_samples(units, labels), abs=1e-7)
    choice = ic.choose_metric(X, 2, ["cosine", chebyshev], criterion="silhouette")
    seed = int(np.random.default_rng(0).integers(1 << 31))
    fits = [ic.KMeans(2, metric=metric, n_init=5, random_state=seed).fit(X) for metric in choice.metrics]
    means = [
        ic.silhouette(X, fit.labels_, metric=metric).mean() for fit, metric in zip(fits, choice.metrics, strict=True)
    ]
    assert choice.values == pytest.approx(means)


def test_of_metrics_that_differ_by_chance_the_first_is_chosen() -> None:
    each = np.array([[0.9, 1.0], [1.0, 0.95], [0.9, 0.9], [0.95, 0.95]])
    choice = _most_stable(("sqeuclidean", "manhattan"), each)
    assert choice.recommended == "sqeuclidean"
    assert 'no clear difference from "manhattan" (0.950): the first of them is taken.' in choice.reason
    turned = _most_stable(("manhattan", "sqeuclidean"), each[:, ::-1])
    assert turned.recommended == "manhattan"  # the best, too, but by chance
    assert 'no clear difference from "sqeuclidean" (0.938)' in turned.reason
    assert _most_stable(("manhattan",), each[:, :1]).recommended == "manhattan"
    better = np.stack([each[:, 0], each[:, 0] + 0.01], axis=1)
    clear = _most_stable(("sqeuclidean", "manhattan"), better)
    assert clear.recommended == "manhattan"
    assert "no clear difference" not in clear.reason
    assert '"sqeuclidean" follows with' in clear.reason
    assert _largest(("cosine", "manhattan"), np.array([0.5, 0.5]), "agreement").recommended == "cosine"


def test_reasons_say_when_nothing_is_there(rng: np.random.Generator) -> None:
    X = rng.normal(size=(300, 2))
    assert "try another number of clusters" in ic.choose_metric(X, 9, ["sqeuclidean"], n_splits=4).reason
    X = rng.uniform(size=(400, 8))
    assert "hardly any structure" in ic.choose_metric(X, 5, ["sqeuclidean"], criterion="silhouette").reason


def test_choice_is_ready_for_json(rng: np.random.Generator) -> None:
    X, labels = rays(rng)
    choice = ic.choose_metric(X, 2, [chebyshev, "cosine", chebyshev], n_splits=3)
    assert choice.metrics == (chebyshev, "cosine")
    rows = json.loads(json.dumps(choice.table(), allow_nan=False))
    assert [row["metric"] for row in rows] == ["chebyshev", "cosine"]
    assert [row["chosen"] for row in rows] == [metric == choice.recommended for metric in choice.metrics]
    assert "error" in rows[0]
    assert "error" not in ic.choose_metric(X, 2, labels=labels).table()[0]


def test_seeds_decide_and_threads_do_not(rng: np.random.Generator) -> None:
    X, _ = bars(rng)
    first, again = (ic.choose_metric(X, 3, n_splits=3, random_state=5, n_threads=n) for n in (1, 3))
    assert (first.values == again.values).all()
    assert first.reason == again.reason
    assert (ic.choose_metric(X, 3, n_splits=3, random_state=6).values != first.values).any()


def test_many_samples_are_drawn_from(rng: np.random.Generator) -> None:
    X = np.repeat([[0.0, 5.0], [9.0, 5.0]], _SAMPLE, axis=0) + rng.normal(size=(2 * _SAMPLE, 2))
    assert ic.choose_metric(X, 2, ["sqeuclidean"], n_splits=2).values[0] > 0.99
    assert ic.choose_metric(X, 2, ["sqeuclidean"], labels=np.repeat(["a", "b"], _SAMPLE)).values[0] > 0.99


def test_zeros_have_no_angle() -> None:
    X = np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 9.0], [9.0, 8.0]])
    assert "cosine" not in ic.choose_metric(X, 2, n_splits=2).metrics
    with pytest.raises(ValueError, match='only zeros in row 0, which has no direction for metric="cosine"'):
        ic.choose_metric(X, 2, ["cosine"], labels=[0, 0, 1, 1])


def test_by_default_all_metrics_are_compared(rng: np.random.Generator) -> None:
    assert ic.choose_metric(rays(rng)[0], 2, n_splits=2).metrics == NAMES


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"metrics": "cosine"}, "metrics must be several metrics, got 'cosine'"),
        ({"metrics": []}, "metrics must name at least one of sqeuclidean"),
        ({"metrics": ["euclid"]}, "metrics must be one of sqeuclidean, manhattan, cosine, mahalanobis, or a function"),
        ({"criterion": "elbow"}, "criterion must be one of stability, silhouette, agreement, got 'elbow'"),
        ({"criterion": "agreement"}, 'criterion="agreement" needs labels, got none'),
        ({"criterion": "stability", "labels": [0] * 6}, 'labels are for criterion="agreement", got them with \'stab'),
        ({"labels": [0, 1]}, r"labels must have shape \(6,\), one class a sample, got \(2,\)"),
        ({"labels": [0.5] * 6}, "labels must be whole numbers or words, got dtype float64"),
        ({"n_clusters": 1}, "n_clusters must be at least 2, got 1"),
        ({"n_clusters": 4}, "n_clusters must be at most half the number of samples, 3, got 4"),
        ({"n_splits": 1}, "n_splits must be at least 2, got 1"),
    ],
)
def test_bad_input_gets_one_clear_line(parameters: dict[str, Any], said: str) -> None:
    X = np.arange(12.0).reshape(6, 2)
    with pytest.raises((ValueError, TypeError), match=r"^[^\n]+$") as caught:
        ic.choose_metric(X, **{"n_clusters": 2, **parameters})
    assert caught.match(said)
