"""Label maps with holes: what the error advises makes the right numbers, and leaves the outside outside."""

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.segmentation import VolumeSegmentation

MAPS = [
    [[-1, -1, 0, 0], [-1, 2, 2, 0], [5, 5, 2, 2]],
    [[7, 7, 3, 3], [7, 9, 9, 3], [1, 1, 9, 9]],
    [[-7, -7, 40, 40], [-1, 2, 2, 40], [55, 55, 2, 2]],
    [[-1, 400, 400, 400], [-1, 400, 8, 8], [0, 0, 8, 8]],
    [[0, 2, 2, 2], [0, 0, 2, 2], [0, 0, 3, 3]],
]


def _follow(advice: str, labels: NDArray[Any]) -> NDArray[Any]:
    """Do what an error says."""
    expression = re.search(r"renumber them with (numpy\.unique\(.*)$", advice)
    assert expression is not None, advice
    found: NDArray[Any] = eval(expression[1], {"numpy": np, "labels": labels})
    return found


@pytest.mark.parametrize("labels", MAPS)
@pytest.mark.parametrize("kind", ["picture", "volume", "start", "start of so many"])
def test_the_advice_keeps_segments_and_outside(labels: list[list[int]], kind: str) -> None:
    given = np.array(labels)

    def use(found: NDArray[Any]) -> ic.Segmentation:
        if kind == "picture":
            return ic.Segmentation(found, np.zeros(given.shape, np.uint8))
        if kind == "volume":
            return VolumeSegmentation(found[None], np.zeros((1, *given.shape), np.uint8))
        n = int((np.unique(given) >= 0).sum()) if kind == "start of so many" else None
        return ic.superpixels(np.zeros(given.shape, np.uint8), n, labels=found)

    if kind == "start" and given.min() >= -1 and given.max() < given.size:
        result = use(given)  # holes do not matter there
    else:
        with pytest.raises(ValueError, match="renumber them with") as error:
            use(given)
        result = use(_follow(str(error.value), given))
    found = result.labels[0] if kind == "volume" else result.labels
    np.testing.assert_array_equal(found < 0, given < 0)
    assert result.n_segments == len(np.unique(given[given >= 0]))
    if kind in ("picture", "volume"):  # those of a start move
        assert len(set(zip(found.ravel().tolist(), np.maximum(given, -1).ravel().tolist(), strict=True))) == len(
            np.unique(found)
        )
