"""How much memory is left, and how much a job is taken to need."""

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imgcluster.batch.executors import _memory as memory
from imgcluster.batch.executors import _threads as threads
from imgcluster.tasks import COUNT, NO_PICTURE

MEGA = 1_000_000


def need(task: str, *, pixels: int, n_bytes: int = 0, source: str = "a.png", ending: str = "png", **more: Any) -> int:
    style = more.pop("style", "boundaries")
    asked = SimpleNamespace(name=task, format=ending, parameters=more, style=style)
    return memory.bytes_needed(asked, SimpleNamespace(source=source, n_pixels=pixels, n_bytes=n_bytes))  # type: ignore[arg-type]


@pytest.fixture
def few_and_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a picture of more than 100 megapixels be one that memory does not hold."""
    monkeypatch.setattr("imgcluster.picture.exceeds_memory", lambda n_pixels: n_pixels > 100 * MEGA)
    monkeypatch.setattr(memory, "wants_scratch", lambda task, source, n_pixels: "scratch" in task.parameters)


@pytest.mark.usefixtures("few_and_many")
def test_what_a_job_needs() -> None:
    assert need("quantize", pixels=6 * MEGA, n_bytes=5) == 120 * MEGA + 5
    assert need("count-colors", pixels=6 * MEGA) == need("superpixels", pixels=6 * MEGA) == 192 * MEGA
    assert need(COUNT, pixels=6 * MEGA) == 120 * MEGA
    assert need("superpixels", pixels=MEGA, n_bytes=9 * MEGA, ndim=3) == 32 * 9 * MEGA + 9 * MEGA
    assert need("superpixels", pixels=MEGA, n_bytes=9 * MEGA, ndim=2) == 32 * MEGA + 9 * MEGA


@pytest.mark.usefixtures("few_and_many")
def test_what_a_job_needs_in_bands() -> None:
    large, decoded = 200 * MEGA, 200 * MEGA * 6
    assert need("quantize", pixels=large) == 512 * MEGA + decoded
    for name in ("a.tif", "a.TIFF"):
        assert need("quantize", pixels=large, source=name) == 512 * MEGA
        assert need("quantize", pixels=large, source=name, max_bytes=9) == 512 * MEGA
    for ending in ("tif", "tiff"):
        assert need("quantize", pixels=large, ending=ending) == 512 * MEGA + decoded
    assert need("quantize", pixels=large, max_bytes=9) == need("quantize", pixels=large, ending="gif") == 20 * large
    assert need("superpixels", pixels=large) == 32 * large


@pytest.mark.usefixtures("few_and_many")
def test_what_a_job_needs_in_scratch_files() -> None:
    assert need("superpixels", pixels=MEGA, scratch="x") == 150 * MEGA + 8 * MEGA
    assert need("superpixels", pixels=MEGA, scratch="x", n_segments=500) == 152 * MEGA + 8 * MEGA
    assert need("superpixels", pixels=MEGA, scratch="x", style=NO_PICTURE) == 150 * MEGA


def test_the_limit_is_four_fifths_of_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"/proc/meminfo": "MemTotal:       9000 kB\nMemAvailable:   5000 kB\nCached: 7000 kB\n"}
    read = Path.read_text

    def of_system(path: Path, *args: Any, **options: Any) -> str:
        if str(path) == "/proc/meminfo":
            if str(path) not in told:
                raise FileNotFoundError
            return told[str(path)]
        return read(path, *args, **options)

    monkeypatch.setattr(Path, "read_text", of_system)
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    monkeypatch.setattr(memory, "_physical", lambda: 10_000_000)
    assert memory.memory_limit() == 5000 * 1024 * 4 // 5
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert memory.memory_limit() == 1_600_000
    (tmp_path / "memory.current").write_text("4000000\n")
    assert memory.memory_limit() == 0
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.memory_limit() == 5000 * 1024 * 4 // 5
    del told["/proc/meminfo"]
    assert memory.memory_limit() == 4_000_000


def test_the_memory_of_the_machine_is_that_of_the_system() -> None:
    assert 1 << 26 < memory._physical() < 1 << 50
    assert 0 < memory.memory_limit() < memory._physical()


@pytest.mark.parametrize(
    ("n_threads", "n_jobs", "at_once", "each"),
    [(4, 9, 4, 1), (4, 2, 2, 2), (5, 2, 2, 2), (4, 1, 1, 4), (1, 3, 1, 1), (3, 0, 1, 3)],
)
def test_threads_are_shared_out_among_few_files(
    n_threads: int, n_jobs: int, at_once: int, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most = set[int](), []

    def work(task: Any, job: int) -> tuple[int, int]:
        running.add(job)
        most.append(len(running))
        running.discard(job)
        return job, task

    monkeypatch.setattr(threads, "run_job", work)
    monkeypatch.setattr(threads, "replace", lambda task, n_threads: n_threads)
    found: list[Any] = list(threads.Threads(n_threads).run(None, iter(range(n_jobs)), n_jobs))  # type: ignore[arg-type,call-overload]
    assert sorted(found) == [(job, each) for job in range(n_jobs)]
    assert max(most, default=0) <= at_once


def test_closing_a_run_on_threads_waits_for_what_has_begun_and_begins_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, ended = list[int](), list[int]()
    goes_on = threading.Event()

    def work(task: Any, job: int) -> int:
        begun.append(job)
        if job:
            goes_on.wait(9)
        ended.append(job)
        return job

    monkeypatch.setattr(threads, "run_job", work)
    monkeypatch.setattr(threads, "replace", lambda task, n_threads: task)
    run: Any = threads.Threads(2).run(None, iter(range(9)), 9)  # type: ignore[arg-type,call-overload]
    assert next(run) == 0
    threading.Timer(0.1, goes_on.set).start()
    run.close()
    assert sorted(begun) == sorted(ended)
    assert len(begun) < 9
    n_begun = len(begun)
    time.sleep(0.05)
    assert len(begun) == n_begun
