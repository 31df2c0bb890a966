"""Many files: the same bytes for any workers, threads, instruction set and seed of hashes, and nothing that grows."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from imgcluster import kernels

PROGRAMS = Path(__file__).parent / "benchmarks"


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
def test_whatever_does_the_work(photos: Path) -> None:
    rows = _ran("same_bytes.py", str(photos))
    for task, n_outputs in (("quantize", 6), ("superpixels", 12)):
        found = [row.split()[-3:] for row in rows if row.startswith(task)]
        assert len(found) == 6
        assert {(n, digest) for n, _, digest in found} == {(str(n_outputs), found[0][2])}


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_hundreds_of_files_leave_nothing_open() -> None:
    rows = _ran("soak.py", "-n", "400", "--every", "20")
    assert [row.split(": ")[0] for row in rows[-2:]] == ["run", "worker"]
    assert all(row.endswith("(constant)") for row in rows[-2:])


def _ran(program: str, *arguments: str) -> list[str]:
    """Return what one of the benchmarks prints."""
    command = [sys.executable, str(PROGRAMS / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # so few files do not tell how memory grows
    assert done.stderr == ""
    return done.stdout.splitlines()
