"""Checks of parameters: one clear line with the value given, what is allowed, and the way out."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float64Array, RandomState


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Reject a value that is not among those allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


def check_int(name: str, value: object, low: int, high: int | None = None) -> int:
    """Return a whole number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"between {low} and {high}"
        raise ValueError(f"{name} must be {allowed}, got {value}")
    return int(value)


def check_number(name: str, value: object, low: float, high: float | None = None) -> float:
    """Return a finite number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if high is not None and not low <= float(value) <= high:
        raise ValueError(f"{name} must be between {low:g} and {high:g}, got {value}")
    if not low <= float(value) < np.inf:
        raise ValueError(f"{name} must be finite and at least {low:g}, got {value}")
    return float(value)


def check_range(value_range: object, n_channels: int) -> Float64Array | None:
    """Return the range of each channel, (C, 2), or None."""
    if value_range is None:
        return None
    try:
        pairs = np.asarray(value_range, np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"value_range must be numbers, got {value_range!r}") from None
    if pairs.shape not in ((2,), (n_channels, 2)):
        raise ValueError(
            f"value_range must be a lowest and a highest value, or one such pair for each of {n_channels} channels, "
            f"got shape {pairs.shape}"
        )
    ranges = np.array(np.broadcast_to(pairs, (n_channels, 2)))
    wrong = ~(ranges[:, 0] < ranges[:, 1])
    if wrong.any():
        low, high = ranges[wrong][0]
        raise ValueError(f"value_range must rise from lowest to highest, got {low:g}, {high:g}")
    return ranges


def check_random_state(random_state: RandomState) -> np.random.Generator:
    """Return a generator: from a seed, as it is, around a RandomState's bits, or fresh for None."""
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31))
    if random_state is not None and not isinstance(random_state, int | np.integer | np.random.Generator):
        raise TypeError(f"random_state must be a whole number, a numpy Generator or None, got {random_state!r}")
    if isinstance(random_state, int | np.integer) and random_state < 0:
        raise ValueError(f"random_state must not be negative, got {random_state}")
    return np.random.default_rng(random_state)


def from_zero(labels: object) -> object:
    """Return the labels of a segmentation from 0 on, -1 outside, whatever its `start_label` is; else what is given."""
    return getattr(labels, "indices", labels) if hasattr(labels, "start_label") else getattr(labels, "labels", labels)
