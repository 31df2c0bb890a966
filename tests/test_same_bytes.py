"""The same bytes for any number of workers and threads, instruction set and seed of hashes."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from imgcluster import kernels

PROGRAM = Path(__file__).parent / "benchmarks/same_bytes.py"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Make a folder of pictures of several kinds."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, pixels in (("a.jpg", data.astronaut()), ("b.png", data.coffee()), ("c.webp", data.chelsea())):
        Image.fromarray(np.ascontiguousarray(pixels[::3, ::3])).save(folder / name)
    Image.fromarray(data.camera()[::4, ::4]).save(folder / "d.tif")
    Image.fromarray(data.logo()[::4, ::4]).save(folder / "e.png")
    noise = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    Image.fromarray(noise).save(folder / "f.bmp")
    return folder


@pytest.mark.exhaustive
@pytest.mark.skipif(kernels.backend() != "native", reason="compares instruction sets")
@pytest.mark.parametrize(("task", "n_outputs"), [("quantize", 6), ("superpixels", 12)])
def test_whatever_does_the_work(task: str, n_outputs: int, photos: Path) -> None:
    spec = importlib.util.spec_from_file_location("same_bytes", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    found = list(program.compared(photos, task))
    assert {n for _, n, _ in found} == {n_outputs}
    assert len({digest for _, _, digest in found}) == 1
