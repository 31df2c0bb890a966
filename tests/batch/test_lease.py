"""One run at a time in a folder by URL: leases that are held, left behind, renewed and lost."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgcluster import files as storage
from imgcluster.batch import process_folder, run_job
from imgcluster.batch.state import _lease
from imgcluster.errors import FolderBusyError, ImageReadError, ImageWriteError

memory = pytest.importorskip(
    "fsspec.implementations.memory", reason="needs fsspec: pip install 'imgcluster[cloud]'"
).MemoryFileSystem
LEASE = "memory://out/.imgcluster-state.lock"


@pytest.fixture(autouse=True)
def empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    monkeypatch.setattr(_lease, "_SETTLE_SECONDS", 0.05)


def hold(**changes: Any) -> None:
    """Leave the lease of another run."""
    other: dict[str, Any] = {
        "host": socket.gethostname(),
        "space": _lease._process_space(),
        "pid": os.getppid(),
        "token": "other",
    }
    storage.write(LEASE, json.dumps({**other, "time": time.time(), **changes}).encode())


def holder() -> Any:
    """Return who holds the lease, by bytes that no other thread reads: a file in memory has one position for all."""
    return json.loads(memory.store["/out/.imgcluster-state.lock"].getvalue())


def dead_pid() -> Any:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_a_lease_is_held_until_it_is_released() -> None:
    lease = _lease.FolderLease("memory://out")
    with pytest.raises(
        FolderBusyError, match=f"'memory://out' is being written by process {os.getpid()}; wait"
    ) as busy:
        _lease.FolderLease("memory://out")
    assert (busy.value.pid, busy.value.host) == (os.getpid(), "")
    lease.release()
    lease.release()
    assert not storage.may_exist(LEASE)
    _lease.FolderLease("memory://out").release()


def test_another_machine_is_named() -> None:
    hold(host="elsewhere", pid=7)
    with pytest.raises(FolderBusyError, match="is being written by process 7 on elsewhere; wait") as busy:
        _lease.FolderLease("memory://out")
    assert busy.value.host == "elsewhere"
    hold(space="another container", pid=dead_pid())
    with pytest.raises(FolderBusyError, match=f"on {socket.gethostname()}"):
        _lease.FolderLease("memory://out")


@pytest.mark.parametrize("change", ["process", "time", "torn", "strange"])
def test_a_dead_holder_never_blocks(change: str) -> None:
    hold(**{"process": {"pid": dead_pid()}, "time": {"host": "elsewhere", "time": time.time() - 130}}.get(change, {}))
    if change in ("torn", "strange"):
        storage.write(LEASE, b'{"host": "elsew' if change == "torn" else b"[7]")
    lease = _lease.FolderLease("memory://out")
    assert holder()["pid"] == os.getpid()
    lease.release()


def test_of_two_that_take_over_the_second_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(pid=dead_pid())
    monkeypatch.setattr(time, "sleep", lambda seconds: hold(pid=os.getppid(), token="faster"))
    with pytest.raises(FolderBusyError, match=f"process {os.getppid()};"):
        _lease.FolderLease("memory://out")
    assert holder()["token"] == "faster"


def test_a_lease_that_comes_and_goes_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lease, "create", lambda url, data: False)
    with pytest.raises(FolderBusyError, match="another run"):
        _lease.FolderLease("memory://out")


def test_a_lease_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lease, "_RENEW_SECONDS", 0.02)
    lease = _lease.FolderLease("memory://out")
    first = holder()
    for _ in range(3000):
        time.sleep(0.02)
        now = holder()
        if now["time"] > first["time"]:
            break
    assert now == first | {"time": now["time"]}
    assert now["time"] > first["time"]
    lease.release()


def wait_for(condition: Any) -> None:
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen")


def test_a_run_that_lost_its_lease_stops_and_leaves_the_other_alone(
    photos: Path, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_lease, "_RENEW_SECONDS", 0.02)

    class Sleepy:
        def __init__(self, n_threads: Any) -> None:
            assert n_threads == 1

        def run(self, task: Any, jobs: Any, n_jobs: Any) -> Iterator[Any]:
            yield run_job(task, next(jobs))

            def take() -> bool:
                # more than once: a renewal that had read the lease before writes it after
                hold(token="new holder")
                return bool(run._books._lock.lost)

            wait_for(take)
            yield from (run_job(task, job) for job in jobs)

    monkeypatch.setattr("imgcluster.batch.executors._choice.ThisProcess", Sleepy)
    run = process_folder(photos, output_dir="memory://out", parameters=quick)
    assert [result.status for result in run] == ["done", "skipped", "skipped", "skipped"]
    assert run.stopped == "another run took memory://out over while this one was suspended"
    assert holder()["token"] == "new holder"


def test_storage_that_cannot_be_reached_for_long_loses_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lease, "_RENEW_SECONDS", 0.01)
    monkeypatch.setattr(_lease, "_DEAD_SECONDS", 0.3)
    lease = _lease.FolderLease("memory://out")

    def refuse(url: str) -> None:
        raise ImageReadError("memory://out", "no network")

    monkeypatch.setattr(_lease, "read_bytes", refuse)
    wait_for(lambda: lease.lost)
    assert lease.lost == "memory://out cannot be held: cannot read memory://out: no network"
    lease.release()


def test_storage_that_cannot_be_reached_for_a_while_keeps_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lease, "_RENEW_SECONDS", 0.01)
    lease, n_refused = _lease.FolderLease("memory://out"), 0

    def refuse_at_first(url: str) -> bytes:
        nonlocal n_refused
        if n_refused < 5:
            n_refused += 1
            raise ImageReadError("memory://out", "no network")
        return storage.read_bytes(url)

    monkeypatch.setattr(_lease, "read_bytes", refuse_at_first)
    first = holder()
    wait_for(lambda: holder()["time"] > first["time"] and n_refused == 5)
    assert not lease.lost
    assert lease._renewal.is_alive()
    lease.release()
    assert not storage.may_exist(LEASE)


def test_a_lease_that_cannot_be_written(photos: Path, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, path: Any, value: Any, mode: Any = "overwrite", **kwargs: Any) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(memory, "pipe_file", refuse)
    with pytest.raises(ImageWriteError, match="no permission; check the credentials"):
        process_folder(photos, output_dir="memory://out", parameters=quick)


def test_two_runs_at_once(photos: Path, quick: dict[str, Any]) -> None:
    with process_folder(photos, output_dir="memory://out", parameters=quick) as first:
        next(first)
        with pytest.raises(FolderBusyError):
            process_folder(photos, output_dir="memory://out", parameters=quick)
    assert len(list(process_folder(photos, output_dir="memory://out", parameters=quick))) == 4
