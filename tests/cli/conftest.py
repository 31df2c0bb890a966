"""Pictures to work on and two ways to run the command line: in this process, and as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from _pictures import noise, saved
from click.testing import CliRunner, Result

import imgcluster
from imgcluster.cli import app
from imgcluster.kernels import backend

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def photo(folder: Path) -> Path:
    """A picture of 24 x 16 pixels with more than 256 colors."""
    return saved(folder / "photo.png", noise(16, 24))


@pytest.fixture
def invoke(folder: Path) -> Callable[..., Result]:
    """Run the command line in this process."""
    backend()  # says once in a process, before the test listens, that the C kernels are missing

    def run(*args: str, **extra: Any) -> Result:
        return CliRunner().invoke(app, args, **extra)

    return run


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a process that finds this very package, and runs on the same kernels without a word."""
    path = os.pathsep.join(filter(None, [str(Path(imgcluster.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "IMGCLUSTER_KERNELS": backend()}


@pytest.fixture
def run(folder: Path, environment: dict[str, str]) -> Run:
    """Run ``python -m imgcluster`` as a process, with every warning an error."""

    def run(*args: str, env: dict[str, str] | None = None, **extra: Any) -> subprocess.CompletedProcess[bytes]:
        extra.setdefault("stdout", subprocess.PIPE)
        extra.setdefault("stderr", subprocess.PIPE)
        if "input" not in extra:
            extra.setdefault("stdin", subprocess.DEVNULL)
        command = [sys.executable, "-W", "error", "-m", "imgcluster", *args]
        return subprocess.run(command, env={**environment, **(env or {})}, timeout=300, check=False, **extra)

    return run
