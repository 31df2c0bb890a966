"""Points to begin with: groups in which k-means finds bad optima, groups that are no balls, and Old Faithful."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources

import numpy as np

from imgcluster.files import NamedTable, read_named_table
from imgcluster.types import Float64Array


def _three_groups() -> Float64Array:
    """Draw a group at the left and two at the right, so that two starts at the left stay there."""
    return _groups([[2, 5], [12, 7.5], [12, 2.5]], 0.9, 50)


def _nine_groups() -> Float64Array:
    """Draw nine groups in rows of three: hardly any start finds all of them."""
    return _groups([[x, y] for x in (3, 8, 13) for y in (2, 5, 8)], 0.55, 25)


def _stretched() -> Float64Array:
    """Draw long groups side by side, which EM finds and k-means cuts across."""
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((3, 70, 2)) * [2.6, 0.35]
    turned = noise @ [[0.94, 0.34], [-0.34, 0.94]]
    return np.concatenate(turned + np.array([[[8, 2.8]], [[8, 5.0]], [[8, 7.2]]]))


def _groups(centers: list[list[float]], spread: float, size: int) -> Float64Array:
    """Draw round groups."""
    places = np.repeat(np.array(centers, np.float64), size, axis=0)
    return places + spread * np.random.default_rng(0).standard_normal(places.shape)


_DRAWN: Mapping[str, Callable[[], Float64Array]] = {
    "three-groups": _three_groups,
    "nine-groups": _nine_groups,
    "stretched": _stretched,
}
SAMPLES = (*_DRAWN, "old-faithful")
"""The names of the sets."""


def sample(name: str) -> NamedTable:
    """Return a set of points (n, 2), as a file of them holds them."""
    if name in _DRAWN:
        return NamedTable(_DRAWN[name]().round(2), ())
    file = resources.files("imgcluster.studio").joinpath("static", "old_faithful.csv")
    with file.open("rb") as stream:
        table = read_named_table(stream, standardize=True)
    return NamedTable(table.values.round(4), tuple(f"{column}, standardized" for column in table.names))
