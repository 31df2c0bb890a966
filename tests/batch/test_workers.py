"""Worker processes: what kills them, stops them or takes too much costs one file, and none of them stays."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import imgcluster
from imgcluster.batch import process_folder
from imgcluster.errors import WorkerError

# in a folder of PYTHONPATH Python runs this at its start: reading a file of such a name ends or stops the process
SABOTAGE = """
import os, signal, sys, time
def audit(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and "/in/" in arguments[0]:
        name = os.path.basename(arguments[0])
        if name.startswith("kills"):
            os.kill(os.getpid(), signal.SIGKILL)
        elif name.startswith("crashes"):
            os.kill(os.getpid(), signal.SIGSEGV)
        elif name.startswith("exits"):
            os._exit(int(name[5]))
        elif name.startswith("sleeps"):
            time.sleep(60)
sys.addaudithook(audit)
"""

SCRIPT = """
import sys
from imgcluster.batch import process_folder
run = process_folder(sys.argv[1], output_dir=sys.argv[2], recursive=True, n_jobs=2,
                     parameters={"n_colors": int(sys.argv[3]), "effort": "fast"})
try:
    for result in run:
        print(result.status, flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def sabotage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the workers that start from now on break on files of certain names."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SABOTAGE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Start a run in a process of its own, the head of a group."""
    started = []
    path = str(Path(imgcluster.__file__).parents[1])

    def run(inputs: Any, outputs: Any, n_colors: Any = 4) -> Any:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(inputs), str(outputs), str(n_colors)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.stdout.close()
        process.wait()


def wait_until(condition: Callable[..., Any], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def test_files_that_kill_their_worker_cost_only_themselves(
    tmp_path: Path,
    quick: dict[str, Any],
    paint: Callable[..., Path],
    sabotage: None,
    children: Callable[[int], list[int]],
) -> None:
    for i in range(60):
        paint(tmp_path / "in" / f"{i}.png", i)
    for name in ("kills1.png", "crashes.png", "exits7.png", "exits0.png", "kills2.png"):
        paint(tmp_path / "in" / name)
    before = children(os.getpid())
    results = list(process_folder(tmp_path / "in", output_dir=tmp_path / "out", parameters=quick, n_jobs=2))
    reasons = {Path(result.input).name: result.text for result in results if result.status == "failed"}
    killed = "its worker process was killed, maybe out of memory; use fewer workers or scale it down first (SIGKILL)"
    assert reasons == {
        "kills1.png": killed,
        "kills2.png": killed,
        "crashes.png": "its worker process crashed on it; please report it (SIGSEGV)",
        "exits7.png": "its worker process ended with status 7; please report it",
        "exits0.png": "its worker process ended with status 0; please report it",
    }
    assert Counter(result.status for result in results) == {"done": 60, "failed": 5}
    assert children(os.getpid()) == before


@pytest.mark.exhaustive
def test_a_file_may_take_so_long(
    tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path], sabotage: None
) -> None:
    for i in range(4):
        paint(tmp_path / "in" / f"{i}.png", i)
    paint(tmp_path / "in" / "sleeps.png")
    # long enough for the others on a busy machine; the one that sleeps would take a minute
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "n_jobs": 2, "timeout": 4.5}
    results = list(process_folder(tmp_path / "in", **options))
    reasons = {Path(result.input).name: result.text for result in results if result.status == "failed"}
    assert reasons == {"sleeps.png": "it took longer than 4.5 s; allow more with timeout (--timeout)"}
    assert Counter(result.status for result in results) == {"done": 4, "failed": 1}


def test_workers_that_cannot_start(
    photos: Path, tmp_path: Path, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import os; os._exit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)
    with pytest.raises(WorkerError, match="worker processes end as they start; see what this prints"):
        list(process_folder(photos, output_dir=tmp_path / "out", parameters=quick, n_jobs=2))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(WorkerError, match="cannot start a worker process: No such file or directory"):
        list(process_folder(photos, output_dir=tmp_path / "out", parameters=quick, n_jobs=2))


def test_workers_that_start_at_the_third_try(
    photos: Path, tmp_path: Path, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = tmp_path / "tries"
    tries.mkdir()
    (tmp_path / "site").mkdir()
    code = f"import os; n = len(os.listdir({str(tries)!r})); open(f'{tries}/{{n}}', 'x'); n < 2 and os._exit(3)"
    (tmp_path / "site" / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)
    run = process_folder(photos, output_dir=tmp_path / "out", parameters=quick, n_jobs=1, timeout=60)
    assert [result.status for result in run] == ["done"] * 4
    assert len(list(tries.iterdir())) == 3


def test_a_picture_that_needs_more_memory_than_allowed_is_rejected(
    tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path]
) -> None:
    paint(tmp_path / "in" / "small.png")
    paint(tmp_path / "in" / "large.png", size=600)
    options: dict[str, Any] = {
        "output_dir": tmp_path / "out",
        "parameters": quick,
        "n_jobs": 1,
        "max_memory": 50_000_000,
    }
    results = {Path(result.input).name: result for result in process_folder(tmp_path / "in", **options)}
    assert results["small.png"].status == "done"
    assert results["large.png"].text == "it needs about 53 MB, more than max_memory (--max-memory) allows; allow 0.1G"


def test_closing_a_run_ends_its_workers(
    photos: Path, tmp_path: Path, quick: dict[str, Any], children: Callable[[int], list[int]]
) -> None:
    before = children(os.getpid())
    with process_folder(photos, output_dir=tmp_path / "out", parameters=quick, recursive=True, n_jobs=2) as run:
        next(run)
        assert len(children(os.getpid())) == len(before) + 2
        assert run.running
    assert children(os.getpid()) == before
    assert list(run) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupts_leave_nothing_behind(
    tmp_path: Path,
    paint: Callable[..., Path],
    tree: Callable[[Path], dict[str, bytes]],
    children: Callable[[int], list[int]],
    start: Callable[..., Any],
    number: Any,
) -> None:
    for i in range(24):
        paint(tmp_path / "in" / f"{i}.png", i, size=500)
    run = start(tmp_path / "in", tmp_path / "out", 256)
    assert run.stdout.readline() == b"done\n"
    workers = children(run.pid)
    assert len(workers) == 2
    os.killpg(run.pid, number)
    assert run.wait(10) == 128 + number
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert not list((tmp_path / "out").glob(".imgcluster-*.tmp"))
    assert len(tree(tmp_path / "out")) < 24


@pytest.mark.exhaustive
def test_workers_end_with_a_run_that_is_killed_and_the_next_goes_on(
    tmp_path: Path,
    paint: Callable[..., Path],
    tree: Callable[[Path], dict[str, bytes]],
    children: Callable[[int], list[int]],
    start: Callable[..., Any],
) -> None:
    for i in range(24):
        paint(tmp_path / "in" / f"s{i % 3}" / f"{i}.png", i, size=100)
    paint(tmp_path / "in" / "s0" / "0.jpg")
    assert start(tmp_path / "in", tmp_path / "whole", 64).wait(30) == 0
    expected = tree(tmp_path / "whole")
    assert len(expected) == 25
    for lines in (0, 1, 6, 10):
        run = start(tmp_path / "in", tmp_path / "out", 64)
        for _ in range(lines):
            run.stdout.readline()
        wait_until(lambda pid=run.pid: children(pid))
        workers = children(run.pid)
        run.kill()
        run.wait()
        wait_until(lambda pids=workers: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    run = start(tmp_path / "in", tmp_path / "out", 64)
    said = run.stdout.read().split()
    assert run.wait(30) == 0
    assert len(said) == 25
    assert set(said) <= {b"done", b"skipped"}
    assert tree(tmp_path / "out") == expected
    assert not list((tmp_path / "out").rglob(".imgcluster-*.tmp"))


@pytest.mark.exhaustive
def test_many_files_with_collisions_and_a_second_run_that_does_nothing(
    tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    image = paint(tmp_path / "in" / "0.png").read_bytes()
    kinds = ["{}.png", "{}.gif", "X{}.png", "x{}.jpg", "caf\u00e9{}.png", "cafe\u0301{}.gif"]
    for name in {kind.format(i) for kind in kinds for i in range(50)} | {f"plain{i}.png" for i in range(200)}:
        (tmp_path / "in" / name).write_bytes(image)
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "n_jobs": 2}
    run = process_folder(tmp_path / "in", **options)
    assert len(run.plan.collisions) == 150
    results = list(run)
    assert Counter(result.status for result in results) == {"done": 500}
    outputs = {result.outputs[0] for result in results}
    assert len(outputs) == len(tree(tmp_path / "out")) == 500
    for group in run.plan.collisions:
        for path in group:
            assert str(tmp_path / "out" / f"{Path(path).name}-quantized.png") in outputs
    written = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    again = list(process_folder(tmp_path / "in", **options))
    assert Counter(result.text for result in again) == {"done before": 500}
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert all(after[Path(path).name] == written[Path(path).name] for path in outputs)
