"""The tab for points: the whole path of a fit, half-step by half-step, and what other starts find."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from imgcluster.cluster import (
    GaussianMixture,
    HalfStep,
    KMeans,
    Model,
    SoftKMeans,
    as_matrices,
    centers_of,
    check_array,
    make_model,
)
from imgcluster.files import NamedTable, WordsInTable, read_named_table, shown
from imgcluster.parameters import check_choice, check_int
from imgcluster.plotting import cluster_colors, describe_optima, name_objective, standing
from imgcluster.studio._commands import as_argument, command_line
from imgcluster.studio._messages import Reply, Route, Wish, facts
from imgcluster.studio._samples import SAMPLES, sample
from imgcluster.studio._session import Session
from imgcluster.types import Float64Array
from imgcluster.warning import heard_by

_CLASSES = {"kmeans": "KMeans", "soft-kmeans": "SoftKMeans", "gmm": "GaussianMixture"}
_NAMES = {"expect": "E-step", "maximize": "M-step"}  # of half-steps, where the history has other ones
_INITS = ("random", "k-means++")
_COVARIANCES = ("full", "tied", "diag", "spherical")
_MOST_POINTS, _MOST_CLUSTERS, _MOST_SEED = 3000, 12, 2**31 - 1
_N_STARTS = 20
_SAME = 1e-9  # share of a log-likelihood that sums may lose to rounding


def samples(session: Session, wish: Wish) -> Reply:
    """Return a set of points to begin with."""
    name = wish.text("name")
    check_choice("name", name, SAMPLES)
    table = sample(name)
    return facts({"points": table.values.tolist(), "names": list(table.names)})


def read(session: Session, wish: Wish) -> Reply:
    """Return two columns of a table that the page has read."""
    name, standardize = shown(str(wish.fields.get("name") or "the table")), bool(wish.fields.get("standardize"))
    try:
        table, columns = _read(wish.text("text").encode(), _columns(wish.fields.get("columns")), standardize)
    except WordsInTable as error:
        raise ValueError(f"cannot read {name}: {error.problem}; {_way_out(error.columns)}") from None
    except ValueError as error:
        raise ValueError(f"cannot read {name}: {error}") from None
    ending = ", standardized" if standardize else ""
    names = [f"{name}{ending}" for name in table.names]
    joined = None if columns is None else _joined(columns)
    return facts({"points": table.values.tolist(), "names": names, "columns": joined})


def _read(data: bytes, columns: list[str] | None, standardize: bool) -> tuple[NamedTable, list[str] | None]:
    """Read two columns, and say which if the table has more."""
    table = read_named_table(io.BytesIO(data), columns=columns, standardize=standardize)
    if columns is None and table.values.shape[1] > 2:  # the first two, until others are named
        columns = list(table.names[:2]) or ["1", "2"]
        table = read_named_table(io.BytesIO(data), columns=columns, standardize=standardize)
    values = check_array(table.values, "the table")
    if values.shape[1] != 2:
        raise ValueError(f"the plane shows two columns, got {values.shape[1]}; name two, such as 1,2")
    _check_number(len(values))
    return table, columns


def _way_out(columns: list[str | int]) -> str:
    """Say in terms of the page what to do about words in a table whose columns of numbers are known, or none are."""
    if len(columns) > 1:
        return (
            f"name two columns of numbers in the field Columns, such as {_joined([str(name) for name in columns[:2]])}"
        )
    if columns:
        return f"the plane needs two columns of numbers, and only {columns[0]!r} is one"
    return "give as many numbers in each row"


def fit(session: Session, wish: Wish) -> Reply:
    """Return every half-step of a fit: what it is called, its objective, parameters, and who belongs where."""
    X, parameters = _points(wish), _parameters(wish)
    model, said = _fitted(session, X, parameters, keep_path=True)
    path, parts, at = model.history_.path, list[bytes](), dict[int, int]()
    steps = []
    for half, title in zip(path, _titles(model), strict=True):
        shares = half.labels if half.labels is not None else half.responsibilities
        assert shares is not None
        if id(shares) not in at:
            at[id(shares)] = len(parts)
            parts.append((shares if half.labels is not None else (255 * shares).round()).astype(np.uint8).tobytes())
        values = {"step": half.step, "title": title, "objective": half.objective, "shares": at[id(shares)]}
        steps.append({**values, "centers": half.centers.tolist(), "covariances": _covariances(model, half)})
    k = len(centers_of(model))
    colors = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in (255 * cluster_colors(k)).astype(int)]
    more = {"objective": name_objective(model), "colors": colors, "warning": said, "converged": model.converged_}
    return facts({"steps": steps, "hard": isinstance(model, KMeans), **more, **_lines(wish, parameters)}, *parts)


def starts(session: Session, wish: Wish) -> Reply:
    """Return where fits from this seed and the next ones end."""
    X, parameters = _points(wish), _parameters(wish)
    parameters["init"] = wish.text("init")  # centers by hand are one start
    seeds = [parameters["random_state"] + i for i in range(_N_STARTS)]
    fits = [_fitted(session, X, {**parameters, "random_state": seed})[0] for seed in seeds]
    found = [float(model.history_.objective[-1]) for model in fits]
    if parameters["method"] == "gmm":
        best = max(found)
        n_best = sum(best - value <= _SAME * abs(best) for value in found)
        said = f"{_N_STARTS} starts: log-likelihood up to {best:.6g} ({n_best} of them), down to {min(found):.6g}"
        standings = [_below(best, value) for value in found]
    else:
        best = min(found)
        said, standings = describe_optima(found), [standing(value, found) for value in found]
    return facts({"seeds": seeds, "objectives": found, "standings": standings, "best": best, "said": said})


def _below(best: float, value: float) -> str:
    """Say how far a log-likelihood is below the best."""
    return "the best" if best - value <= _SAME * abs(best) else f"{best - value:.4g} below the best"


def _points(wish: Wish) -> Float64Array:
    """Return the points of the page."""
    given = wish.fields.get("points")
    if not isinstance(given, list):
        raise ValueError("points must be a list of pairs; reload the page")
    _check_number(len(given))
    X: Float64Array = check_array(given, "points").astype(np.float64)
    if X.shape[1] != 2:
        raise ValueError(f"points must be pairs, got {X.shape[1]} numbers each; reload the page")
    return X


def _check_number(n: int) -> None:
    """Check that the page can show so many points."""
    if n > _MOST_POINTS:
        raise ValueError(f"the page shows at most {_MOST_POINTS:,} points, got {n:,}; use imgcluster plot for more")


def _parameters(wish: Wish) -> dict[str, Any]:
    """Return the parameters of a fit, checked."""
    method, init = wish.text("method"), wish.text("init")
    check_choice("method", method, tuple(_CLASSES))
    check_choice("init", init, _INITS)
    k = check_int("n_clusters", wish.whole("n_clusters"), 1, _MOST_CLUSTERS)
    seed = check_int("random_state", wish.whole("random_state"), 0, _MOST_SEED)
    found: dict[str, Any] = {"method": method, "n_clusters": k, "init": init, "random_state": seed}
    covariance = wish.fields.get("covariance_type", "full")
    check_choice("covariance_type", covariance, _COVARIANCES)
    if method == "gmm" and covariance != "full":
        found["covariance_type"] = covariance
    if wish.fields.get("centers") is not None:
        found["init"] = _centers(wish.fields["centers"], k)
    return found


def _centers(given: object, k: int) -> Float64Array:
    """Return centers that were put in place by hand, checked."""
    if not isinstance(given, list):
        raise ValueError("centers must be a list of pairs; reload the page")
    centers: Float64Array = check_array(given, "centers").astype(np.float64)
    if centers.shape != (k, 2):
        raise ValueError(f"centers must be {k} pairs, got shape {centers.shape}; reload the page")
    return centers


def _fitted(
    session: Session, X: Float64Array, parameters: Mapping[str, Any], *, keep_path: bool = False
) -> tuple[Model, str]:
    """Fit to points; returns the model, and what it warns of."""
    own = {name: value for name, value in parameters.items() if name == "covariance_type"}
    given = {name: value for name, value in parameters.items() if name not in own}
    if parameters["method"] == "gmm" and not isinstance(parameters["init"], str):
        own["means_init"] = given.pop("init")  # kept as they are; of init the means of groups are taken
    model = make_model(**given, n_threads=session.n_threads)
    model.set_params(keep_path=keep_path, **own)
    caught: list[str] = []
    with heard_by(lambda warning: caught.append(str(warning))):
        model.fit(X)
    return model, "; ".join(caught)


def _titles(model: Model) -> list[str]:
    """Name the half-steps: with the number of the iteration, and how the last one ended."""
    titles, t = [], 0
    for step in model.history_.steps:
        t += step in ("assign", "expect")
        titles.append(f"{_NAMES.get(step, step)} {t}")
    if model.converged_:
        titles[-1] += ": no change" if isinstance(model, KMeans) else ": converged"
    return titles


def _covariances(model: Model, half: HalfStep) -> Any:
    """Return what the ellipses show, k matrices as lists: for soft k-means the variance 1 / (2 beta)."""
    if isinstance(model, GaussianMixture):
        assert half.covariances is not None
        return as_matrices(half.covariances, model.covariance_type, len(half.centers), 2).tolist()
    if isinstance(model, SoftKMeans):
        return np.repeat(np.eye(2)[None] / (2 * model.beta_), len(half.centers), axis=0).tolist()
    return None


# --- lines to copy ---------------------------------------------------------------------------------------------------


def _lines(wish: Wish, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the lines that give the same numbers from a file of the points."""
    source = wish.table("source")
    name, columns, standardize = str(source.get("name")), source.get("columns"), bool(source.get("standardize"))
    method, k, init, seed = (parameters[key] for key in ("method", "n_clusters", "init", "random_state"))
    words = [
        "imgcluster",
        "plot",
        "objective",
        as_argument(name),
        "-m",
        method,
        "-k",
        k,
        "--init",
        init,
        "--seed",
        seed,
    ]
    words += ["--columns", columns] if columns else []
    words += ["--standardize"] if standardize else []
    reading = f", columns={_columns(columns)!r}" if columns else ""
    reading += ", standardize=True" if standardize else ""
    more = "n_swaps=0, " if method == "kmeans" else ""
    by_hand = isinstance(init, np.ndarray)
    started = f"init={init!r}"
    if by_hand:
        started = f"{'means_init' if method == 'gmm' else 'init'}={init.tolist()}"
    if "covariance_type" in parameters:
        more += f"covariance_type={parameters['covariance_type']!r}, "
    python = (
        "import imgcluster as ic\nfrom imgcluster.files import read_table\n"
        f"X = read_table({name!r}{reading})\n"
        f"model = ic.{_CLASSES[method]}({k}, {started}, {more}random_state={seed}, keep_path=True).fit(X)\n"
        "print(model.history_.objective)"
    )
    if by_hand or "covariance_type" in parameters:  # for which the command has no options
        words = ["python3", "-c", python]
    return {"command": command_line(words), "python": python}


def _columns(text: object) -> list[str] | None:
    """Return the columns that a text names, with commas between."""
    if not isinstance(text, str) or not text.strip():
        return None
    return [name.strip() for name in next(csv.reader([text], skipinitialspace=True))]


def _joined(columns: list[str]) -> str:
    """Return columns as a text."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow(columns)
    return stream.getvalue()


ROUTES: dict[str, Route] = {
    "points/sample": samples,
    "points/read": read,
    "points/fit": fit,
    "points/starts": starts,
}
"""What the page asks for in this tab, by the name behind /api/."""
