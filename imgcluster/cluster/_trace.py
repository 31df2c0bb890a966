"""What a fit did, half-step by half-step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imgcluster.cards import BLUE, RED, card, curve
from imgcluster.threads import make_bar
from imgcluster.types import Float64Array, FloatArray, Int32Array


@dataclass(frozen=True)
class HalfStep:
    """What is known after a half-step of a fit; arrays are read-only.

    Attributes
    ----------
    step : str
        As in `History.steps`.
    objective : float
    centers : ndarray of shape (k, n_features), float64
        Centers of clusters, or means of a mixture.
    labels : ndarray of shape (n_samples,), int32, or None
        The latest assignment of k-means.
    responsibilities : ndarray of shape (n_samples, k), float64, or None
        The latest E-step of a mixture or soft k-means.
    weights, covariances : ndarray of float64, or None
        Of a mixture, in the shapes of `weights_` and `covariances_`.
    """

    step: str
    objective: float
    centers: Float64Array
    labels: Int32Array | None = None
    responsibilities: Float64Array | None = None
    weights: Float64Array | None = None
    covariances: Float64Array | None = None


@dataclass(frozen=True)
class History:
    """The objective after every half-step of a fit.

    Attributes
    ----------
    objective : ndarray of shape (n_steps,), float64
        The objective after each half-step, in the order in which they were taken.
    steps : tuple of str
        What each half-step was: "assign" (labels from centers), "refit" (centers from labels), "reseed" (empty
        clusters got the points that fit worst), "swap" (a trial that moved centers and was kept; its own passes are not
        listed).
    path : tuple of HalfStep
        What was known after each half-step, if the fit was asked for it by keep_path=True; else empty.
    """

    objective: Float64Array
    steps: tuple[str, ...]
    path: tuple[HalfStep, ...] = ()

    def _repr_html_(self) -> str:
        """Show the objective over the half-steps in a notebook."""
        return card("History", [("half-steps", f"{len(self.steps):,}")], self.drawn())

    def drawn(self) -> str:
        """Draw the objective for a card: assignments and expectations blue, what changes parameters red."""
        colors = [BLUE if step in ("assign", "expect") else RED for step in self.steps]
        return curve(self.objective.tolist(), colors, "objective")


@dataclass
class Trace:
    """A history while it is being written.

    With `keeps` it holds the state after each half-step, with `shows` a bar counts the half-steps, and `tells` gets the
    name and the objective of each.
    """

    keeps: bool = False
    shows: bool = False
    tells: Callable[[str, float], None] | None = None
    _bar: Any = None
    _objective: list[float] = field(default_factory=list)
    _steps: list[str] = field(default_factory=list)
    _path: list[HalfStep] = field(default_factory=list)

    def add(self, step: str, objective: float, **state: FloatArray | Int32Array) -> None:
        """Note the objective after a half-step, and the arrays of a `HalfStep`, which are copied."""
        self._steps.append(step)
        self._objective.append(objective)
        if self.shows:
            self._draw(step, objective)
        if self.tells is not None:
            self.tells(step, objective)
        if self.keeps and state:
            kept: dict[str, Any] = {name: self._kept(name, array) for name, array in state.items()}
            self._path.append(HalfStep(step, objective, **kept))

    def _kept(self, name: str, array: FloatArray | Int32Array) -> FloatArray | Int32Array:
        """Return a copy, or that of the half-step before if nothing changed: each half-step changes a half."""
        before: Any = getattr(self._path[-1], name) if self._path else None
        if before is not None and np.array_equal(before, array):
            return before  # type: ignore[no-any-return]
        copy = array.copy()
        copy.flags.writeable = False
        return copy

    def _draw(self, step: str, objective: float) -> None:
        """Move the bar, and write the objective beside it."""
        if self._bar is None:
            self._bar = make_bar("half-step")
        self._bar.set_postfix_str(f"{step}, objective {objective:.8g}", refresh=False)
        self._bar.update()

    def history(self) -> History:
        """Close the book."""
        if self._bar is not None:
            self._bar.close()
        return History(np.array(self._objective, dtype=np.float64), tuple(self._steps), tuple(self._path))
