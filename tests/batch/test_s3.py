"""Runs over folders on a real S3 interface, with worker processes that are killed, and runs that meet."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import imgcluster
from imgcluster import files as storage
from imgcluster.batch import process_folder
from imgcluster.errors import FolderBusyError, ImageReadError, ImageWriteError

pytest.importorskip("s3fs", reason="needs s3fs: pip install s3fs")
moto = pytest.importorskip("moto.server", reason="needs a server of S3: pip install 'moto[server]'")
# of packages that are not ours
pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.filterwarnings("ignore:::(moto|s3fs|botocore|aiobotocore|werkzeug|aiohttp)"),
]


class Requests(logging.Handler):
    """What the server was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Any] = []

    def emit(self, record: Any) -> None:
        self.lines.append(record.getMessage())

    def of(self, method: Any, path: Any) -> Any:
        return [line for line in self.lines if f"{method} {path}" in line]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    import s3fs

    requests = Requests()
    log = logging.getLogger("werkzeug")
    log.propagate, log.handlers = False, [requests]
    log.setLevel(logging.INFO)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(Path(imgcluster.__file__).parents[1]),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        yield requests
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture
def bucket(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A new bucket, and a temporary folder of its own."""
    import fsspec

    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    name = f"bucket-{abs(hash(tmp_path)):x}"
    fsspec.filesystem("s3").mkdir(f"s3://{name}")
    yield f"s3://{name}"
    assert list((tmp_path / "tmp").glob(".imgcluster*")) == []


@pytest.fixture
def fill(bucket: Any, paint: Callable[..., Path], tmp_path: Path) -> Callable[..., Any]:
    """Put pictures into a folder here and into the bucket."""

    def put(names: Any, size: Any = 8) -> str:
        for i, name in enumerate(names):
            storage.upload(str(paint(tmp_path / "in" / name, i, size)), f"{bucket}/in/{name}")
        return f"{bucket}/in"

    return put


def contents(url: str) -> Any:
    return {
        name: storage.read_bytes(f"{url}/{name}")
        for name, _ in storage.listing(url, recursive=True)
        if not name.startswith(".")
    }


def hidden(url: str) -> Any:
    return {name for name, _ in storage.listing(url, recursive=True) if name.startswith(".")}


def start(*arguments: Any) -> Any:
    command = [sys.executable, "-m", "imgcluster", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_until(condition: Any, seconds: float = 120) -> None:
    for _ in range(seconds * 50):  # type: ignore[call-overload]
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen")


def test_the_bytes_are_those_of_a_local_run_and_a_second_run_only_lists(
    fill: Any, bucket: Any, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]], quick: dict[str, Any], server: Any
) -> None:
    names = ["a b.png", "a#b?c%20&d=e.jpg", "ünï😀.png", "-v.png", "[x]*.png", "a::b.png", "sub/deep/x.webp", "+.png"]
    options: dict[str, Any] = {"parameters": quick, "recursive": True, "n_jobs": 2}
    cloud = fill(names)
    results = list(process_folder(cloud, output_dir=f"{bucket}/out", **options))
    assert Counter(result.status for result in results) == {"done": len(names)}, results
    list(process_folder(tmp_path / "in", output_dir=tmp_path / "out", **options))
    assert contents(f"{bucket}/out") == tree(tmp_path / "out")
    assert ".imgcluster-state.lock" not in hidden(f"{bucket}/out")
    server.lines.clear()
    assert {r.text for r in process_folder(cloud, output_dir=f"{bucket}/out", **options)} == {"done before"}
    for method in ("GET", "HEAD"):
        assert server.of(method, f"/{bucket[5:]}/in/") + server.of(method, f"/{bucket[5:]}/out/sub") == []
        assert not any("quantized" in line for line in server.of(method, ""))
    assert len(server.lines) < 20


def test_keys_that_would_lead_elsewhere_do_not(
    bucket: Any,
    paint: Callable[..., Path],
    tmp_path: Path,
    tree: Callable[[Path], dict[str, bytes]],
    quick: dict[str, Any],
) -> None:
    for key in ("/etc/x.png", "a//y.png", "../x.png", "./x.png", "a/../../x.png", "a/.x.png"):
        storage.upload(str(paint(tmp_path / "x.png")), f"{bucket}/in/{key}")
    there = {"etc/x-quantized.png", "a/y-quantized.png"}
    for folder in (tmp_path / "here" / "out", f"{bucket}/out"):
        results = list(process_folder(f"{bucket}/in", output_dir=folder, parameters=quick, recursive=True, n_jobs=1))
        assert [result.status for result in results] == ["done", "done"]
    assert set(tree(tmp_path / "here")) == {f"out/{name}" for name in there}
    assert set(contents(f"{bucket}/out")) == there
    assert len(list(process_folder([f"{bucket}/in/.."], output_dir=tmp_path / "x", parameters=quick, n_jobs=1))) == 1


def test_a_run_that_is_killed_goes_on_where_it_was(
    fill: Any, bucket: Any, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    names = [f"img{i}.png" for i in range(12)]
    cloud = fill(names, size=48)
    command = ("quantize", cloud, "-d", f"{bucket}/out", "-k", "32", "-j", "2")
    run = start(*command)
    wait_until(lambda: storage.may_exist(f"{bucket}/out") and len(contents(f"{bucket}/out")) >= 2)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert 2 <= len(contents(f"{bucket}/out")) < 12
    assert ".imgcluster-state.lock" in hidden(f"{bucket}/out")
    again = start(*command)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    list(process_folder(tmp_path / "in", output_dir=tmp_path / "out", parameters={"n_colors": 32}, n_jobs=1))
    assert contents(f"{bucket}/out") == tree(tmp_path / "out")
    assert all(name.startswith(".imgcluster-state-") for name in hidden(f"{bucket}/out"))
    assert not [name for name, _ in storage.listing(bucket, recursive=True) if name.endswith(".tmp")]


def test_two_runs_at_once(fill: Any, bucket: Any) -> None:
    cloud = fill([f"img{i}.png" for i in range(20)], size=48)
    first = start("quantize", cloud, "-d", f"{bucket}/out", "-j", "1")
    wait_until(lambda: storage.may_exist(f"{bucket}/out/.imgcluster-state.lock"))
    second = start("quantize", cloud, "-d", f"{bucket}/out", "-j", "1")
    _, said = second.communicate(timeout=300)
    assert second.returncode == 75, said
    assert f"'{bucket}/out' is being written by process {first.pid}; wait for it" in said
    with pytest.raises(FolderBusyError) as busy:
        process_folder(cloud, output_dir=f"{bucket}/out")
    assert (busy.value.pid, busy.value.host) == (first.pid, "")
    _, said = first.communicate(timeout=120)
    assert first.returncode == 0, said


def test_a_worker_that_is_killed_costs_its_file(fill: Any, bucket: Any, tmp_path: Path) -> None:
    cloud = fill([f"img{i}.png" for i in range(4)], size=300)
    killed = []

    def kill() -> None:
        def one_at_work() -> Any:
            return next((tmp_path / "tmp").glob(".imgcluster-*.tmp/source/img?.png"), None)

        wait_until(one_at_work)
        killed.append(int(one_at_work().parents[1].name.split("-")[1]))
        os.kill(killed[0], signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    options: dict[str, Any] = {"parameters": {"n_segments": 400, "effort": "best"}, "n_jobs": 1}
    results = list(process_folder(cloud, "superpixels", f"{bucket}/out", **options))
    killer.join()
    assert os.getpid() not in killed
    assert Counter(result.status for result in results) == {"failed": 1, "done": 3}
    assert "SIGKILL" in next(result.text for result in results if result.status == "failed")
    assert len(contents(f"{bucket}/out")) == 3


def test_what_is_wrong_is_said_in_one_line(
    bucket: Any, photos: Path, quick: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    with pytest.raises(
        ImageWriteError, match=r"cannot write s3://no-such-bucket/out.*: no such folder or bucket; make"
    ):
        list(process_folder(photos, output_dir="s3://no-such-bucket/out", parameters=quick, n_jobs=1))
    (result,) = process_folder("s3://no-such-bucket/in", output_dir=tmp_path / "out", parameters=quick, n_jobs=1)
    assert (result.status, result.text) == ("failed", "no such file; check the name")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(ImageReadError, match="Unable to locate credentials; give credentials as the tools of s3://"):
        process_folder(f"{bucket}/in", output_dir=tmp_path / "out", parameters=quick)
    s3fs.S3FileSystem.clear_instance_cache()
