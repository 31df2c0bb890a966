"""What the tests of faults share: the layer that makes calls fail, and a folder of pictures."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import _pictures
import pytest
from PIL import Image

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The library that lets calls fail."""
    target = tmp_path_factory.mktemp("layer") / "faults.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", target, HERE / "faults.c", "-ldl"], check=True)
    return str(target)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with two pictures, in memory where possible: syncing thousands of files to a disk takes minutes."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(dir=memory) as name:
        case = Path(os.path.realpath(name)) / "case"
        case.mkdir()
        Image.fromarray(_pictures.coffee()[::8, ::8]).save(case / "a.jpg")
        Image.fromarray(_pictures.astronaut()[::8, ::8]).save(case / "b.png")
        yield case
