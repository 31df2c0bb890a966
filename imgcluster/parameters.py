"""Checks of parameters: one clear line with the value given, what is allowed, and the way out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.types import Float64Array, RandomState

_LONGEST = 200  # characters of a value in a message


def given_text(value: object) -> str:
    """Return a value as messages show it: in one line that is not too long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Reject a value that is not among those allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {given_text(value)}")


def check_flag(name: str, value: object) -> None:
    """Reject what is neither true nor false."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {given_text(value)}")


def check_int(name: str, value: object, low: int, high: int | None = None) -> int:
    """Return a whole number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {given_text(value)}")
    if value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"between {low} and {high}"
        raise ValueError(f"{name} must be {allowed}, got {value}")
    return int(value)


def items_of(values: Any) -> tuple[Any, ...] | None:
    """Return the items of whatever has some, None for what has none."""
    try:
        return tuple(values)
    except TypeError:  # of a class, or an array of no dimension
        return None


def check_real(name: str, value: object) -> float:
    """Return a number of any size, which need not be finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {given_text(value)}")
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def check_number(name: str, value: object, low: float, high: float | None = None) -> float:
    """Return a finite number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {given_text(value)}")
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
        raise TypeError(f"value_range must be numbers, got {given_text(value_range)}") from None
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


def plain_array(name: str, values: object) -> NDArray[Any]:
    """Return an array of no subclass; what is masked, and rows of different lengths, are rejected in words."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        n_masked = np.count_nonzero(np.ma.getmaskarray(values))
        raise ValueError(
            f"{name} must not be masked, but {n_masked} of {values.size} values are; "
            f"fill them first, such as by {name}.filled(0), or leave them out"
        )
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be an array, got rows of different lengths; make them equally long") from None


def check_random_state(random_state: RandomState) -> np.random.Generator:
    """Return a generator: from a seed, as it is, around a RandomState's bits, or from NumPy's global state for None."""
    if random_state is None:  # so that scripts with np.random.seed at their top do the same again
        seed = np.random.randint(1 << 32, size=4, dtype=np.uint32)  # noqa: NPY002
        return np.random.default_rng(seed)
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31))
    if not isinstance(random_state, int | np.integer | np.random.Generator):
        raise TypeError(
            f"random_state must be a whole number, a numpy Generator or None, got {given_text(random_state)}"
        )
    if isinstance(random_state, int | np.integer) and random_state < 0:
        raise ValueError(f"random_state must not be negative, got {random_state}")
    return np.random.default_rng(random_state)


def from_zero(labels: object) -> object:
    """Return the labels of a segmentation from 0 on, -1 outside, whatever its `start_label` is; else what is given."""
    return getattr(labels, "indices", labels) if hasattr(labels, "start_label") else getattr(labels, "labels", labels)
