"""--executor: what cannot be meant is refused before anything is found."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from imgcluster.batch.executors import _dask as dask_module


@pytest.fixture
def with_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_module, "find_spec", lambda name: True)


@pytest.mark.parametrize("command", [["quantize"], ["superpixels"], ["segment"], ["palette", "build"]])
def test_what_is_not_an_address(invoke: Callable[..., Result], command: list[str], tmp_path: Path) -> None:
    result = invoke(*command, str(tmp_path), "--executor", "host:8786")
    assert result.exit_code == 2
    assert "executor must be dask://HOST:PORT, got 'host:8786'" in result.stderr


@pytest.mark.parametrize("options", [["-j", "2"], ["--max-memory", "2G"], ["-t", "2"]])
def test_what_is_for_this_machine(
    invoke: Callable[..., Result], options: list[str], with_dask: None, tmp_path: Path
) -> None:
    result = invoke("quantize", str(tmp_path), "--executor", "dask://host", *options)
    assert result.exit_code == 2
    assert "is for work on this machine, got it with --executor; leave one out" in result.stderr


def test_jobs_of_a_palette(invoke: Callable[..., Result], with_dask: None, tmp_path: Path) -> None:
    result = invoke("palette", "build", str(tmp_path), "--executor", "dask://host", "-j", "2")
    assert result.exit_code == 2
    assert "--jobs is for work on this machine" in result.stderr


def test_without_dask_the_extra_is_named(
    invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dask_module, "find_spec", lambda name: None)
    result = invoke("quantize", str(tmp_path), "--executor", "dask://host")
    assert result.exit_code == 1
    assert "pip install 'imgcluster[dask]'" in result.stderr
