"""When the frames of an animation are shown, and how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Animation:
    """When the frames of an animation are shown, and how often.

    Attributes
    ----------
    durations : tuple of float
        Milliseconds of each frame.
    plays : int
        How often it is played; 0 is without end. A GIF counts repeats, one less.

    Examples
    --------
    >>> from imgcluster.picture import Animation
    >>> third = Animation((1000 / 3,) * 3, plays=1)
    >>> third.n_frames, third.in_units_of(10)
    (3, [33, 34, 33])
    """

    durations: tuple[float, ...]
    plays: int = 0

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.durations)

    def in_units_of(self, milliseconds: int, most: int = 65535) -> list[int]:
        """Round durations to whole units so that the ends of frames stay within half a unit of their times.

        Rounded one by one, 30 frames of 33 ms would end 90 ms early in a GIF. A frame that is shown gets a unit at
        least: players take 0 for 100 ms.
        """
        rounded, end, written = [], 0.0, 0
        for duration in self.durations:
            end += duration / milliseconds
            units = min(max(round(end) - written, 1 if duration > 0 else 0), most)
            rounded.append(units)
            written += units
        return rounded

    def as_fractions(self, most: int = 65535) -> Iterable[Fraction]:
        """Return durations in seconds as fractions of whole numbers up to `most`."""
        for duration in self.durations:
            longest = min(max(duration, 0.0) / 1000, float(most))
            exact = Fraction(round(longest * 1000), 1000) if longest * 1000 == round(longest * 1000) else None
            fraction = Fraction(longest).limit_denominator(most) if exact is None else exact
            while fraction.numerator > most:
                fraction = Fraction(longest).limit_denominator(max(1, fraction.denominator // 2))
            yield fraction
