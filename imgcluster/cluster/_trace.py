"""What a fit did, half-step by half-step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from imgcluster.cards import BLUE, RED, card, curve
from imgcluster.types import Float64Array


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
    """

    objective: Float64Array
    steps: tuple[str, ...]

    def _repr_html_(self) -> str:
        """Show the objective over the half-steps in a notebook."""
        return card("History", [("half-steps", f"{len(self.steps):,}")], self.drawn())

    def drawn(self) -> str:
        """Draw the objective for a card: assignments and expectations blue, what changes parameters red."""
        colors = [BLUE if step in ("assign", "expect") else RED for step in self.steps]
        return curve(self.objective.tolist(), colors, "objective")


@dataclass
class Trace:
    """A history while it is being written."""

    _objective: list[float] = field(default_factory=list)
    _steps: list[str] = field(default_factory=list)

    def add(self, step: str, objective: float) -> None:
        """Note the objective after a half-step."""
        self._steps.append(step)
        self._objective.append(objective)

    def history(self) -> History:
        """Close the book."""
        return History(np.array(self._objective, dtype=np.float64), tuple(self._steps))
