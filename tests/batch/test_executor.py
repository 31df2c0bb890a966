"""What does the work of a run is chosen, and checked, before anything is found."""

import errno
import importlib.util
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imgcluster.batch import DaskWorkers, Executor, LocalWorkers, process_folder
from imgcluster.batch.executors import _dask as dask_module
from imgcluster.batch.executors import _local as local_module
from imgcluster.batch.executors._choice import choose_executor
from imgcluster.batch.executors._here import ThisProcess
from imgcluster.errors import SchedulerError
from imgcluster.threads import check_threads


@pytest.fixture
def with_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_module, "find_spec", lambda name: importlib.util.find_spec("json"))


def choose(executor: str | None = None, *limits: Any, n_files: int = 1, in_workers: bool = False) -> Executor:
    n_jobs, max_memory, timeout = (*limits, None, None, None)[:3]
    paths = [f"{i}.png" for i in range(n_files)]
    return choose_executor(executor, n_jobs, max_memory, timeout, paths, in_workers=in_workers)


@pytest.mark.parametrize(
    ("limits", "others"),
    [((3, 10**9, 5), {}), ((3, 10**9), {}), ((3, None, 5), {}), ((3,), {"in_workers": True}), ((3,), {"n_files": 17})],
)
def test_workers_here_do_what_is_kept_or_limited_or_much(limits: tuple[Any, ...], others: dict[str, Any]) -> None:
    assert choose(None, *limits, **others) == LocalWorkers(*limits)


def test_few_files_are_done_in_this_process() -> None:
    assert choose(None, 3, n_files=16) == ThisProcess(3)
    assert choose() == ThisProcess(check_threads(None))


def test_a_scheduler_is_named_by_its_address(with_dask: None) -> None:
    assert choose("dask://host:8786", None, None, 5) == DaskWorkers("dask://host:8786", 5)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("dask://host:1234", "tcp://host:1234"),
        ("dask://host", "tcp://host:8786"),
        ("dask://[::1]:1234", "tcp://[::1]:1234"),
        ("dask://[::1]", "tcp://[::1]:8786"),
        ("dask://10.0.0.1:1234/", "tcp://10.0.0.1:1234"),
        ("dask://host:1", "tcp://host:1"),
        ("dask://host:65535", "tcp://host:65535"),
    ],
)
def test_addresses(address: str, expected: str) -> None:
    assert dask_module._tcp_address(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "dask",
        "dask://",
        "dask://:1",
        "tcp://host:1",
        "dask://host:x",
        "dask://::1",
        "dask://host:65536",
        "dask://host:0",
    ],
)
def test_what_is_not_an_address(address: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"executor must be dask://HOST:PORT, got '"):
        process_folder(tmp_path, output_dir=tmp_path / "out", executor=address)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_module, "find_spec", lambda name: None)
    with pytest.raises(SchedulerError, match=r"needs Dask, which is not installed; pip install 'imgcluster\[dask\]'"):
        choose("dask://host:1")


@pytest.mark.parametrize("name", ["n_jobs", "max_memory"])
def test_what_is_for_workers_here_is_rejected_elsewhere(name: str, with_dask: None, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{name} is for worker processes here, got 2 with an executor"):
        process_folder(tmp_path, output_dir=tmp_path / "out", executor="dask://host:1", **dict[str, Any]({name: 2}))


class Answering:
    """A connection that says something at once."""

    def __init__(self, said: bytes) -> None:
        self.said = said

    def recv(self, size: int, flags: int) -> bytes:
        return self.said[:size]

    def __enter__(self) -> "Answering":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ((1 << 20) - 1, ""),
        (1 << 20, "something else answers"),
        (b"SSH-2.0-", "something else answers"),
        (b"short", "something else answers"),
        (OSError(errno.ECONNREFUSED, "Connection refused"), "Connection refused"),
        (TimeoutError(), "no answer in 6 s"),
    ],
)
@pytest.mark.parametrize(("address", "place"), [("dask://[::1]:9", ("::1", 9)), ("dask://host", ("host", 8786))])
def test_who_answers_at_an_address(
    address: str, place: tuple[str, int], said: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def connect(where: tuple[str, int], seconds: float) -> Answering:
        asked.append(where)
        if isinstance(said, OSError):
            raise said
        return Answering(said if isinstance(said, bytes) else said.to_bytes(8, "little"))

    monkeypatch.setattr("socket.create_connection", connect)
    assert dask_module._unanswered(address) == why
    assert asked == [place]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("0 0 ModuleNotFoundError: no\n  module", "ModuleNotFoundError: no module"),
        ("28 0 OSError", "no space left on the device"),
        ("0 1 MemoryError", "not enough memory"),
        ("0 0 ", ""),
    ],
)
def test_what_a_worker_says_at_its_end(said: str, words: str) -> None:
    assert local_module._end_in_words(said) == words


@pytest.mark.parametrize(
    ("code", "last_words", "how"),
    [
        (-9, "", "was killed, maybe out of memory; use fewer workers or scale it down first (SIGKILL)"),
        (-11, "", "crashed on it; please report it (SIGSEGV)"),
        (-15, "", "was ended (SIGTERM)"),
        (-99, "", "was ended (signal 99)"),
        (0, "", "ended with status 0; please report it"),
        (1, "", "ended, and could not tell why; with n_jobs 1 that is printed"),
        (3, "", "ended with status 3; please report it"),
        (3, "No space left", "ended: No space left"),
    ],
)
def test_how_a_worker_died(code: int, last_words: str, how: str) -> None:
    worker: Any = SimpleNamespace(process=SimpleNamespace(returncode=code), last_words=last_words)
    assert local_module._death(worker) == how


def test_dask_is_quiet_only_while_a_run_lasts() -> None:
    pytest.importorskip("distributed", reason="needs Dask: pip install 'imgcluster[dask]'")
    log = logging.getLogger("distributed.client")
    before = log.level
    log.setLevel(logging.DEBUG)
    try:
        with dask_module._quiet():
            assert not log.isEnabledFor(logging.CRITICAL)
        assert log.level == logging.DEBUG
    finally:
        log.setLevel(before)
