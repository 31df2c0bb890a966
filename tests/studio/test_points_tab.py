"""The tab for points without a browser: the path of a fit, and lines that give the same numbers."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _visitor import Visitor, run_line
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.files import read_table

METHODS = ("kmeans", "soft-kmeans", "gmm")
SOURCE = {"name": "points.csv", "columns": None, "standardize": False}


@pytest.fixture
def points() -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(center, 0.8, (40, 2)) for center in ((2, 2), (8, 3), (5, 8))]).round(2)


def wish(points: Any, **more: Any) -> dict[str, Any]:
    parameters = {"method": "kmeans", "n_clusters": 3, "init": "random", "random_state": 4, "source": SOURCE, **more}
    return {"points": np.asarray(points).tolist(), **parameters}


def model_of(**more: Any) -> Any:
    kinds: dict[str, Any] = {
        "kmeans": ic.KMeans(3, init="random", n_swaps=0, random_state=4, keep_path=True, **more),
        "soft-kmeans": ic.SoftKMeans(3, init="random", random_state=4, keep_path=True, **more),
        "gmm": ic.GaussianMixture(3, init="random", random_state=4, keep_path=True, **more),
    }
    return kinds


@pytest.mark.parametrize("method", METHODS)
def test_the_path_is_that_of_the_estimator(visitor: Visitor, points: NDArray[np.float64], method: str) -> None:
    found = visitor.facts("points/fit", **wish(points, method=method))
    path = model_of()[method].fit(points).history_.path
    assert [step["objective"] for step in found["steps"]] == [half.objective for half in path]
    assert [step["step"] for step in found["steps"]] == [half.step for half in path]
    for step, half in zip(found["steps"], path, strict=True):
        assert np.array_equal(step["centers"], half.centers)
        shares = np.frombuffer(found["parts"][step["shares"]], np.uint8)
        if method == "kmeans":
            assert np.array_equal(shares, half.labels)
        else:
            np.testing.assert_allclose(shares.reshape(-1, 3) / 255, half.responsibilities, atol=0.51 / 255)
        assert (step["covariances"] is None) == (method == "kmeans")
        if method == "gmm":
            assert np.array_equal(step["covariances"], half.covariances)
    assert len(found["parts"]) < len(path)  # what does not change is sent once
    assert len(found["colors"]) == 3
    assert found["hard"] == (method == "kmeans")


@pytest.mark.parametrize("method", METHODS)
def test_the_lines_give_these_numbers(
    visitor: Visitor, points: NDArray[np.float64], method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("points.csv").write_text("x,y\n" + "\n".join(f"{x},{y}" for x, y in points.tolist()))
    found = visitor.facts("points/fit", **wish(points, method=method))
    last = found["steps"][-1]["objective"]
    done = subprocess.run(
        ["bash", "-c", found["command"].replace("imgcluster", f"{sys.executable} -m imgcluster", 1)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert f"{found['objective']} = {last:.6g}" in done.stderr
    space: dict[str, Any] = {}
    exec(found["python"], space)
    assert space["model"].history_.objective.tolist() == [step["objective"] for step in found["steps"]]
    assert re.findall(r"[\d.]+", capsys.readouterr().out)


COVARIANCES = ("full", "tied", "diag", "spherical")


@pytest.mark.parametrize(
    ("method", "covariance"), [("kmeans", "full"), ("soft-kmeans", "full"), *(("gmm", name) for name in COVARIANCES)]
)
@pytest.mark.parametrize("centers", [None, [[1.5, 2], [8, 3.25], [5, 9]]])
def test_lines_of_covariances_and_of_centers_by_hand(
    visitor: Visitor,
    points: NDArray[np.float64],
    method: str,
    covariance: str,
    centers: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("points.csv").write_text("x,y\n" + "\n".join(f"{x},{y}" for x, y in points.tolist()))
    found = visitor.facts("points/fit", **wish(points, method=method, covariance_type=covariance, centers=centers))
    if centers is not None:
        assert found["steps"][0]["centers"] == centers
    if method == "gmm":
        assert np.shape(found["steps"][0]["covariances"]) == (3, 2, 2)
    space: dict[str, Any] = {}
    exec(found["python"], space)
    assert space["model"].history_.objective.tolist() == [step["objective"] for step in found["steps"]]
    printed = capsys.readouterr().out
    if centers is None and covariance == "full":
        assert found["command"].startswith("imgcluster plot ")
    else:
        assert found["command"].startswith("python3 -c ")
        run_line(found["command"])
        assert capsys.readouterr().out == printed


def test_other_starts_are_not_those_by_hand(visitor: Visitor, points: NDArray[np.float64]) -> None:
    centers = [[1.5, 2], [8, 3.25], [5, 9]]
    found = visitor.facts("points/starts", **wish(points, centers=centers))
    assert found == visitor.facts("points/starts", **wish(points))


def test_a_table_keeps_its_name_and_columns(visitor: Visitor, points: NDArray[np.float64]) -> None:
    rows = [f"{i},{x},{y},{'ab'[i % 2]}" for i, (x, y) in enumerate(points)]
    text = "\n".join(['id,width,"height, cm",kind', *rows])
    Path("my table.csv").write_text(text)
    status, said = visitor.wish("points/read", text=text, columns=None, standardize=False)
    assert status == 422
    assert b"not a table of numbers" in said
    read = visitor.facts("points/read", text=text, columns='"height, cm",2', standardize=True)
    assert read["names"] == ["height, cm, standardized", "width, standardized"]
    expected = read_table("my table.csv", columns=["height, cm", "width"], standardize=True)
    assert np.array_equal(read["points"], expected)
    source = {"name": "my table.csv", "columns": read["columns"], "standardize": True}
    found = visitor.facts("points/fit", **wish(read["points"], source=source))
    assert found["command"].endswith("""--seed 4 --columns '"height, cm",2' --standardize""")
    assert "'my table.csv'" in found["command"]
    space: dict[str, Any] = {}
    exec(found["python"], space)
    assert space["model"].history_.objective.tolist() == [step["objective"] for step in found["steps"]]


def test_of_a_wide_table_the_first_two_columns_are_shown(visitor: Visitor) -> None:
    read = visitor.facts("points/read", text="a,b,c\n1,2,3\n4,5,6\n", columns=None, standardize=False)
    assert (read["points"], read["columns"]) == ([[1.0, 2.0], [4.0, 5.0]], "a,b")
    bare = visitor.facts("points/read", text="1,2,3\n4,5,6\n", columns="", standardize=False)
    assert (bare["points"], bare["columns"], bare["names"]) == ([[1.0, 2.0], [4.0, 5.0]], "1,2", [])
    plane = visitor.facts("points/read", text="1 2\n4 5\n", columns=None, standardize=False)
    assert plane["columns"] is None


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("a,b\n1,x\n3,4\n", None, "needs two columns of numbers, and only 'a' is one"),
        ("a,b,c\n1,x,2\n3,y,4\n", None, "; name two columns of numbers in the field Columns, such as a,c"),
        ("a,b\n1,2\n3,y\n", None, "; give as many numbers in each row"),
        ("a,b\n1,2\n", "z,a", "there is no column 'z'"),
        ("a\n1\n", None, "the plane shows two columns, got 1"),
        ("", None, "it holds no numbers"),
    ],
)
def test_what_a_table_lacks_is_said_with_its_name(visitor: Visitor, text: str, columns: Any, said: str) -> None:
    status, answer = visitor.wish("points/read", name="bad.csv", text=text, columns=columns, standardize=True)
    assert status == 422
    assert answer.startswith(b"cannot read bad.csv: ")
    assert said in answer.decode()
    assert b"--" not in answer
    assert b"columns=" not in answer


@pytest.mark.parametrize("name", ["three-groups", "nine-groups", "stretched", "old-faithful"])
def test_sets_to_begin_with(visitor: Visitor, name: str) -> None:
    found = visitor.facts("points/sample", name=name)
    assert np.shape(found["points"])[1] == 2
    assert len(found["points"]) >= 100
    assert bool(found["names"]) == (name == "old-faithful")


def test_three_groups_have_a_bad_optimum_and_nine_many(visitor: Visitor) -> None:
    for name, k in (("three-groups", 3), ("nine-groups", 9)):
        points = visitor.facts("points/sample", name=name)["points"]
        found = visitor.facts("points/starts", **wish(points, n_clusters=k))
        assert max(found["objectives"]) > 1.5 * found["best"]


@pytest.mark.parametrize("method", METHODS)
def test_other_starts(visitor: Visitor, points: NDArray[np.float64], method: str) -> None:
    found = visitor.facts("points/starts", **wish(points, method=method))
    assert found["seeds"] == list(range(4, 24))
    assert found["best"] == (max if method == "gmm" else min)(found["objectives"])
    assert found["objectives"][0] == model_of()[method].fit(points).history_.objective[-1]
    assert found["said"].startswith("20 starts: ")
    at = found["objectives"].index(found["best"])
    assert found["standings"][at] in ("the best", "all agree")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"points": None}, "points must be a list of pairs"),
        ({"points": [[1.0, 2.0, 3.0]] * 3}, "points must be pairs, got 3 numbers each"),
        ({"points": [[1.0, 2.0]] * 3001}, "at most 3,000 points, got 3,001"),
        ({"points": [[1.0, None]] * 4}, "points"),
        ({"points": [[1.0, 2.0]]}, "n_clusters must be at most the number of samples"),
        ({"method": "ward"}, "method must be one of"),
        ({"init": "x.npy"}, "init must be one of random, k-means++"),
        ({"n_clusters": 99}, "n_clusters must be between 1 and 12, got 99"),
        ({"centers": [[1.0, 2.0]]}, "centers must be 3 pairs, got shape (1, 2)"),
        ({"centers": [[1.0, None]] * 3}, "centers"),
        ({"centers": "points.npy"}, "centers must be a list of pairs"),
        ({"covariance_type": "round"}, "covariance_type must be one of full, tied, diag, spherical"),
        ({"random_state": -1}, "random_state must be between 0 and"),
    ],
)
def test_wrong_wishes_are_one_line(
    visitor: Visitor, points: NDArray[np.float64], fields: dict[str, Any], text: str
) -> None:
    status, said = visitor.wish("points/fit", **{**wish(points), **fields})
    assert status == 422
    assert text in said.decode()
    assert said.count(b"\n") <= 1


def test_equal_points_are_warned_of(visitor: Visitor) -> None:
    found = visitor.facts("points/fit", **wish([[1.0, 2.0]] * 5))
    assert "only 1 distinct sample" in found["warning"]


def test_a_name_cannot_end_the_line(visitor: Visitor, points: NDArray[np.float64]) -> None:
    found = visitor.facts("points/fit", **wish(points, source={**SOURCE, "name": "-x'; rm -rf ~ #.csv"}))
    assert """./-x'"'"'; rm -rf ~ #.csv""" in found["command"]
