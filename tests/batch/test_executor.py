"""What does the work of a run is chosen, and checked, before anything is found."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from imgcluster.batch import DaskWorkers, LocalWorkers, process_folder
from imgcluster.batch.executors import _dask as dask_module
from imgcluster.batch.executors._choice import choose_executor
from imgcluster.errors import SchedulerError


@pytest.fixture
def with_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_module, "find_spec", lambda name: importlib.util.find_spec("json"))


def test_workers_here_are_the_default() -> None:
    assert choose_executor(None, 3, 10**9, 5) == LocalWorkers(3, 10**9, 5)


def test_a_scheduler_is_named_by_its_address(with_dask: None) -> None:
    assert choose_executor("dask://host:8786", None, None, 5) == DaskWorkers("dask://host:8786", 5)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("dask://host:1234", "tcp://host:1234"),
        ("dask://host", "tcp://host:8786"),
        ("dask://[::1]:1234", "tcp://[::1]:1234"),
        ("dask://[::1]", "tcp://[::1]:8786"),
        ("dask://10.0.0.1:1234/", "tcp://10.0.0.1:1234"),
    ],
)
def test_addresses(address: str, expected: str) -> None:
    assert dask_module._tcp_address(address) == expected


@pytest.mark.parametrize(
    "address", ["", "dask", "dask://", "dask://:1", "tcp://host:1", "dask://host:x", "dask://::1", "dask://host:70000"]
)
def test_what_is_no_address(address: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"executor must be dask://HOST:PORT, got '"):
        process_folder(tmp_path, output_dir=tmp_path / "out", executor=address)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_module, "find_spec", lambda name: None)
    with pytest.raises(SchedulerError, match=r"needs Dask, which is not installed; pip install 'imgcluster\[dask\]'"):
        choose_executor("dask://host:1", None, None, None)


@pytest.mark.parametrize("name", ["n_jobs", "max_memory"])
def test_what_is_for_workers_here_is_refused_elsewhere(name: str, with_dask: None, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{name} is for worker processes here, got 2 with an executor"):
        process_folder(tmp_path, output_dir=tmp_path / "out", executor="dask://host:1", **dict[str, Any]({name: 2}))
