"""Runs on a real Dask scheduler with two workers on the loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import tifffile

import imgcluster
from imgcluster.batch import DaskWorkers, Job, Task, build_palette, process_folder
from imgcluster.errors import SchedulerError
from imgcluster.tasks import FileResult

pytest.importorskip("distributed", reason="needs Dask: pip install 'imgcluster[dask]'")
# that asks for matplotlib's and others' versions, and warns when processes take long to start on a busy machine
pytestmark = [pytest.mark.exhaustive, pytest.mark.filterwarnings("ignore:::distributed")]

SABOTAGE = """
import os, signal, sys, time
def audit(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and "/in/" in arguments[0]:
        name = os.path.basename(arguments[0])
        if name.startswith("kills"):
            os.kill(os.getpid(), signal.SIGKILL)
        elif name.startswith("sleeps"):
            time.sleep(60)
sys.addaudithook(audit)
"""
CLIENT = """
import sys
from imgcluster.batch import process_folder
for result in process_folder(sys.argv[1], output_dir=sys.argv[2], executor=sys.argv[3]):
    print(result.status, flush=True)
"""


class Cluster:
    """A scheduler, and the workers that the tests start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[Any] = []
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(SABOTAGE)
        path = [str(folder / "site"), str(Path(imgcluster.__file__).parents[1])]
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"dask://127.0.0.1:{self.port}"
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-show")

    def add_worker(self) -> None:
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder))
        self.workers.append(self._start("dask_worker", f"tcp://127.0.0.1:{self.port}", *options))

    def ensure_workers(self, count: Any = 2) -> None:
        from distributed import Client

        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < count:
            self.add_worker()
        with Client(f"tcp://127.0.0.1:{self.port}", set_as_default=False, timeout=300) as client:
            client.wait_for_workers(count, timeout=300)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, module: Any, *options: Any) -> Any:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *options]
        with (self.folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=self.folder)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(started: Any) -> Any:
    """Two workers, new ones where a test has killed them."""
    started.ensure_workers()
    return started


def wait_until(condition: Any, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def leftovers(folder: Path) -> Any:
    return [path.name for path in folder.rglob(".imgcluster-*.tmp")]


def test_files_and_results_are_those_of_a_local_run(
    cluster: Any,
    photos: Path,
    tmp_path: Path,
    quick: dict[str, Any],
    tree: Callable[[Path], dict[str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos", "broken.png").write_bytes(b"no picture")
    options: dict[str, Any] = {"parameters": quick, "recursive": True}
    local = list(process_folder("photos", output_dir="local", n_jobs=1, **options))
    there = list(process_folder("photos", output_dir="there", executor=cluster.address, **options))
    assert tree(tmp_path / "there") == tree(tmp_path / "local") != {}

    def comparable(result: Any) -> Any:
        outputs = tuple(path.replace("local/", "there/") for path in result.outputs)
        return replace(result, milliseconds=None, outputs=outputs)

    assert sorted(map(comparable, there), key=lambda r: r.input) == sorted(
        map(comparable, local), key=lambda r: r.input
    )
    again = list(process_folder("photos", output_dir="there", executor=cluster.address, **options))
    assert sorted(result.status for result in again) == ["failed"] + 6 * ["skipped"]


def test_a_killed_worker_loses_nothing(
    cluster: Any,
    tmp_path: Path,
    quick: dict[str, Any],
    paint: Callable[..., Path],
    tree: Callable[[Path], dict[str, bytes]],
) -> None:
    for i in range(60):
        paint(tmp_path / "in" / f"{i}.png", i, size=150)
    list(process_folder(tmp_path / "in", output_dir=tmp_path / "local", parameters=quick, n_jobs=1))
    results: list[Any] = []
    with process_folder(
        tmp_path / "in", output_dir=tmp_path / "out", parameters=quick, executor=cluster.address
    ) as run:
        for result in run:
            if not results:
                os.kill(cluster.workers[0].pid, signal.SIGKILL)
            results.append(result)
    assert [result.status for result in results] == ["done"] * 60
    assert tree(tmp_path / "out") == tree(tmp_path / "local")
    assert leftovers(tmp_path / "out") == []


def test_files_that_kill_or_take_too_long_cost_only_themselves(
    cluster: Any,
    tmp_path: Path,
    quick: dict[str, Any],
    paint: Callable[..., Path],
    tree: Callable[[Path], dict[str, bytes]],
) -> None:
    names = [f"{i}.png" for i in range(10)]
    for name in (*names, "kills1.png", "kills2.png", "sleeps.png"):
        paint(tmp_path / "in" / name)
    run = process_folder(
        tmp_path / "in", output_dir=tmp_path / "out", parameters=quick, executor=cluster.address, timeout=5
    )
    failed = {Path(result.input).name: result.text for result in run if result.status == "failed"}
    assert sorted(failed) == ["kills1.png", "kills2.png", "sleeps.png"]
    assert "was killed" in failed["kills1.png"]
    assert failed["sleeps.png"] == "it took longer than 5 s; allow more with timeout (--timeout)"
    assert len(tree(tmp_path / "out")) == 10
    assert all(worker.poll() is None for worker in cluster.workers)


def test_closing_a_run_ends_it_at_the_workers(
    cluster: Any,
    tmp_path: Path,
    paint: Callable[..., Path],
    quick: dict[str, Any],
    tree: Callable[[Path], dict[str, bytes]],
    children: Callable[[int], list[int]],
) -> None:
    for i in range(8):
        paint(tmp_path / "in" / f"{i}.png", i)
    for i in range(4):
        paint(tmp_path / "in" / f"sleeps{i}.png", i)
    with process_folder(
        tmp_path / "in", output_dir=tmp_path / "out", parameters=quick, executor=cluster.address
    ) as run:
        next(run)
    assert [pid for worker in cluster.workers for pid in children(worker.pid)] == []
    there = tree(tmp_path / "out")
    assert leftovers(tmp_path / "out") == []
    time.sleep(0.5)
    assert tree(tmp_path / "out") == there


def test_workers_stop_for_a_client_that_is_killed(
    cluster: Any, tmp_path: Path, paint: Callable[..., Path], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    for i in range(60):
        paint(tmp_path / "in" / f"{i}.png", i, size=400)
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(tmp_path / "in"), str(tmp_path / "out"), cluster.address],
        stdout=subprocess.PIPE,
        env=cluster.environment,
    )
    with client:
        assert client.stdout.readline() == b"done\n"
        client.kill()
    there: dict[str, bytes] = {}
    for _ in range(20):  # a busy machine takes a while to notice
        before, there = there, tree(tmp_path / "out")
        if there == before:
            break
        time.sleep(1)
    assert there == before
    assert len(there) < 60


def test_a_batch_at_which_workers_die_is_halved_until_the_file_is_found(tmp_path: Path) -> None:
    from distributed.scheduler import KilledWorker

    from imgcluster.batch.executors._dask import _DaskRun

    class Dead:
        def result(self) -> None:
            raise KilledWorker("batch", "worker", 3)

    jobs = [Job(i, f"{i}.png", {"picture": f"{i}-quantized.png"}) for i in range(3)]
    run = _DaskRun(None, DaskWorkers("dask://localhost"), None, iter(()), 3)  # type: ignore[arg-type]
    dead = Dead()
    run.pending[dead] = jobs
    assert list(run._receive(dead)) == []
    assert [[job.index for job in batch] for batch in run.again] == [[1, 2], [0]]
    run.pending[dead] = [jobs[1]]
    (outcome,) = run._receive(dead)
    assert (outcome.index, outcome.result.status) == (1, "failed")
    assert outcome.result.text.startswith("its worker process died four times at it, on Dask; ")


def test_workers_of_another_version_are_rejected() -> None:
    from imgcluster.batch.executors._dask_worker import do_batch

    with pytest.raises(SchedulerError, match=r"a worker has imgcluster \S+, this run 0\.0\.0; install the same"):
        do_batch("run", "key", "0.0.0", None, [], None)  # type: ignore[arg-type]


def test_a_scheduler_that_is_lost_ends_the_run(tmp_path: Path, paint: Callable[..., Path]) -> None:
    for i in range(3):
        paint(tmp_path / "in" / f"sleeps{i}.png", i)
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster")
    try:
        cluster.ensure_workers(1)
        Thread(target=lambda: (time.sleep(1), cluster.scheduler.kill())).start()  # type: ignore[func-returns-value]
        with pytest.raises(SchedulerError, match=r"lost the scheduler at \S+; run again to resume"):
            list(process_folder(tmp_path / "in", output_dir=tmp_path / "out", executor=cluster.address))
    finally:
        cluster.stop()


def run_at(address: Any, tmp_path: Path, paint: Callable[..., Path]) -> Any:
    """Return what a run says whose scheduler does not answer, after making sure that it says so soon."""
    paint(tmp_path / "in" / "a.png")
    with pytest.raises(SchedulerError) as caught:
        list(process_folder(tmp_path / "in", output_dir=tmp_path / "out", executor=address))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_scheduler_that_is_not_there(tmp_path: Path, paint: Callable[..., Path]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"dask://127.0.0.1:{free.getsockname()[1]}"
        said = run_at(address, tmp_path, paint)
    assert said == f"cannot reach a Dask scheduler at {address}: Connection refused; is it running?"


def test_something_that_does_not_answer(tmp_path: Path, paint: Callable[..., Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "no answer in 6 s" in run_at(f"dask://127.0.0.1:{silent.getsockname()[1]}", tmp_path, paint)


def test_something_that_is_not_a_scheduler(tmp_path: Path, paint: Callable[..., Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with server.accept()[0] as connection:
                connection.sendall(b"SSH-2.0-other\r\n")

        answering = Thread(target=answer)
        answering.start()
        assert "something else answers" in run_at(f"dask://127.0.0.1:{server.getsockname()[1]}", tmp_path, paint)
        answering.join()


def test_nothing_to_do_needs_no_scheduler(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert list(process_folder(tmp_path / "in", output_dir=tmp_path / "out", executor="dask://127.0.0.1:1")) == []


def test_a_palette_is_the_same_and_one_histogram_a_batch_travels(
    cluster: Any, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    for i in range(30):
        paint(tmp_path / "in" / f"{i}.png", i, size=20)
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    local = build_palette(tmp_path / "in", 8, n_jobs=1)
    there = build_palette(tmp_path / "in", 8, executor=cluster.address)
    np.testing.assert_array_equal(there.palette.colors, local.palette.colors)
    np.testing.assert_array_equal(there.histogram.counts, local.histogram.counts)
    assert [result.status for result in there.results] == [result.status for result in local.results]
    jobs = iter([Job(i, str(tmp_path / "in" / f"{i}.png"), {}) for i in range(30)])
    outcomes = list(DaskWorkers(cluster.address, batch=10).run(Task("count", {}), jobs, 1000))
    assert [bool(outcome.histogram) for outcome in outcomes] == ([True] + [False] * 9) * 3


def run_cli(*arguments: Any) -> Any:
    """Run the command line, and return its exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "imgcluster", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_line(cluster: Any, photos: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]) -> None:
    options = ("quantize", photos, "-r", "-k", "4", "--effort", "fast")
    assert run_cli(*options, "-d", tmp_path / "local", "-j", "1")[0] == 0
    code, said = run_cli(*options, "-d", tmp_path / "there", "--executor", cluster.address)
    assert (code, said.splitlines()[-1].split(", 2")[0][:29]) == (0, "done 6, skipped 0, failed 0, "), said
    assert tree(tmp_path / "there") == tree(tmp_path / "local") != {}
    (photos / "broken.png").write_bytes(b"no picture")
    for name, where in (("local", ()), ("there", ("--executor", cluster.address))):
        code, said = run_cli("palette", "build", photos, "-r", "-k", "4", "-o", tmp_path / f"{name}.gpl", *where)
        assert code == 1
        assert "broken.png: " in said
        assert "6 pictures -> " in said
        assert ", failed 1" in said
    assert (tmp_path / "there.gpl").read_text() == (tmp_path / "local.gpl").read_text().replace("local", "there")
    (tmp_path / "empty").mkdir()
    for command in (("quantize",), ("palette", "build")):
        code, said = run_cli(*command, tmp_path / "empty", "--executor", cluster.address)
        assert (code, said) == (
            3,
            f"imgcluster: error: no pictures in {tmp_path / 'empty'}; -r looks into subfolders\n",
        )


def test_rasters_whose_arrays_lie_in_scratch_files(
    cluster: Any, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "c"):
        values = np.repeat(np.repeat(rng.integers(0, 4096, (40, 50, 4)), 8, axis=0), 8, axis=1).astype(np.uint16)
        tifffile.imwrite(tmp_path / "in" / f"{name}.tif", values, photometric="minisblack", planarconfig="contig")
    wanted = ("--style", "none", "--labels", ".tif", "--table", ".csv", "--scratch", tmp_path)
    options = ("superpixels", tmp_path / "in", "-r", "-n", "50", "--channels", "raw", *wanted)
    assert run_cli(*options, "-d", tmp_path / "local", "-j", "1")[0] == 0
    code, said = run_cli(*options, "-d", tmp_path / "there", "--executor", cluster.address)
    assert code == 0, said
    assert tree(tmp_path / "there") == tree(tmp_path / "local") != {}


def test_the_command_line_says_in_a_line_that_there_is_no_scheduler(photos: Path, tmp_path: Path) -> None:
    for command in (("quantize",), ("palette", "build", "-o", tmp_path / "a.gpl")):
        code, said = run_cli(*command, photos, "--executor", "dask://127.0.0.1:1")
        assert code == 1
        assert said.count("\n") == 1
        assert "cannot reach a Dask scheduler at dask://127.0.0.1:1: Connection refused; is it running?" in said


def test_results_are_plain(cluster: Any, photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    run = process_folder(photos, output_dir=tmp_path / "out", parameters=quick, executor=cluster.address)
    assert all(isinstance(result, FileResult) for result in run)
