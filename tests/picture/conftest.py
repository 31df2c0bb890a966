import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    """A 90 x 120 piece of a photograph."""
    from skimage import data

    return np.ascontiguousarray(data.astronaut()[20:110, 160:280])


@pytest.fixture
def noise() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
