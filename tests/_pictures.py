"""Pictures that several test files need."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data


def astronaut() -> NDArray[np.uint8]:
    """Return a photo of a face, 512 x 512."""
    return data.astronaut()


def coffee() -> NDArray[np.uint8]:
    """Return a photo of a cup, 600 x 400."""
    return data.coffee()


def chelsea(step: int = 1) -> NDArray[np.uint8]:
    """Return every ``step``-th pixel of a photo of a cat, 451 x 300."""
    return np.ascontiguousarray(data.chelsea()[::step, ::step])


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return random pixels: as many colors as there can be."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def saved(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write pixels to a file, in a folder that is made for it, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path
