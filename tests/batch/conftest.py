"""Small pictures, what is left of runs on the disk, and the processes of this machine."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from _pictures import noise, saved

from imgcluster.kernels import backend


@pytest.fixture(autouse=True)
def kernels_are_known() -> None:
    backend()  # says once in a process, before a test listens, that the C kernels are missing


@pytest.fixture
def quick() -> dict[str, Any]:
    """Parameters that take no time."""
    return {"n_colors": 4, "effort": "fast"}


@pytest.fixture
def paint() -> Callable[..., Path]:
    """Write a small picture with more than four colors."""

    def write(path: Path, seed: int = 0, size: int = 8) -> Path:
        return saved(path, noise(size, size, seed))

    return write


@pytest.fixture
def photos(tmp_path: Path, paint: Callable[..., Path]) -> Path:
    """A folder of six pictures, some in folders of their own."""
    for i, name in enumerate(["img1.png", "img2.png", "img10.jpg", "b.webp", "sub/img1.png", "sub/deep/x.png"]):
        paint(tmp_path / "photos" / name, i)
    return tmp_path / "photos"


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Return all files below a folder that are not hidden, with their bytes."""

    def read(folder: Path) -> dict[str, bytes]:
        files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    return read


@pytest.fixture
def children() -> Callable[[int], list[int]]:
    """Return the ids of the running child processes of a process."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("there is no /proc to find processes in")

    def find(pid: int) -> list[int]:
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == pid and state != "Z":
                found.append(int(place.name))
        return found

    return find


@pytest.fixture
def not_as_root() -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read and write everything")
