"""The old file or the new one, whatever happens while it is written."""

import io
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from subprocess import Popen
from typing import Any

import numpy as np
import pytest
from _encoded import assert_one_line
from _pictures import noise
from numpy.typing import NDArray
from PIL import Image

import imgcluster
from imgcluster.errors import ImageWriteError
from imgcluster.files import replacing, replacing_path
from imgcluster.picture import read_image, write_image


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    return noise(40, 50)


def run_python(code: str, *arguments: Path) -> Popen[Any]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(imgcluster.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_mode_bits_of_an_ordinary_open(tmp_path: Path) -> None:
    path = tmp_path / "new"
    old = os.umask(0o027)
    try:
        with replacing(path) as stream:
            stream.write(b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    with replacing(path) as stream:
        stream.write(b"y")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert path.read_bytes() == b"y"


def test_link_is_written_through(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "there.png").write_bytes(b"old")
    for name in ("there.png", "not-yet.png"):
        real, link = tmp_path / "folder" / name, tmp_path / f"link-{name}"
        link.symlink_to(real)
        write_image(pixels, link)
        assert link.is_symlink()
        np.testing.assert_array_equal(read_image(real), pixels)


def test_old_file_stands_till_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with replacing(path) as stream:
        stream.write(b"new")
        stream.flush()
        (temporary,) = set(tmp_path.iterdir()) - {path}
        assert temporary.name.startswith(".imgcluster-")
        assert temporary.suffix == ".tmp"
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_any_exception_removes_the_temporary_file(tmp_path: Path, failure: Any) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def write_half() -> None:
        with replacing(path) as stream:
            stream.write(b"half of the new")
            raise failure

    with pytest.raises(failure):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("none/a.png", "folder does not exist"),
        ("file/a.png", "not a folder"),
        ("folder.png", "it is a folder"),
        (f"{'x' * 300}.png", "too long"),
        ("loop.png", "symbolic links"),
    ],
)
def test_target_that_cannot_be(tmp_path: Path, pixels: NDArray[np.uint8], target: str, said: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ImageWriteError) as error:
        write_image(pixels, tmp_path / target)
    assert_one_line(error, "cannot write", tmp_path / target, said)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_read_only_folder_and_file(tmp_path: Path, pixels: NDArray[np.uint8]) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(ImageWriteError, match="no permission"):
        write_image(pixels, path)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(ImageWriteError, match="no permission"):
            write_image(pixels, tmp_path / "b.png")
    finally:
        tmp_path.chmod(0o755)
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_full_device(pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageWriteError, match="no space left"):
        write_image(pixels, "/dev/full", format="png")
    with Path("/dev/full").open("wb", buffering=0) as stream, pytest.raises(ImageWriteError, match="no space left"):
        write_image(pixels, stream)
    assert Path("/dev/full").is_char_device()


def test_a_device_is_written_to_not_replaced(pixels: NDArray[np.uint8]) -> None:
    write_image(pixels, os.devnull, format="png")
    assert Path(os.devnull).is_char_device()


def test_dev_stdout_that_is_a_pipe() -> None:
    code = """
import numpy as np
from imgcluster.picture import write_image
write_image(np.zeros((2, 2, 3), np.uint8), "/dev/stdout", format="bmp")
"""
    process = run_python(code)
    process.stdout.reconfigure(encoding="latin-1")
    output, errors = process.communicate()
    assert errors == ""
    assert output.startswith("BM")


def test_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(b"old")
    code = """
import resource, sys, numpy as np
from imgcluster.errors import ImageWriteError
from imgcluster.picture import write_image
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
try:
    write_image(np.zeros((200, 200, 3), np.uint8), sys.argv[1])
except ImageWriteError as error:
    print(error)
"""
    output, errors = run_python(code, path).communicate()
    assert output == f"cannot write {path}: the file would be larger than the system allows; write elsewhere\n"
    assert errors == ""
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_kill_in_the_middle_of_a_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    code = """
import sys, time
from imgcluster.files import replacing
with replacing(sys.argv[1]) as stream:
    stream.write(b"half of the new")
    stream.flush()
    print("half", flush=True)
    time.sleep(60)
"""
    process = run_python(code, path)
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("wait", [0.0, 0.011, 0.023, 0.037])
def test_kill_at_any_time_leaves_a_whole_file_or_none(tmp_path: Path, wait: float) -> None:
    path = tmp_path / "a.bmp"
    code = """
import sys, numpy as np
from imgcluster.picture import write_image
pixels = np.zeros((300, 300, 3), np.uint8)
print("go", flush=True)
while True:
    pixels += 1
    write_image(pixels, sys.argv[1])
"""
    process = run_python(code, path)
    assert process.stdout.readline() == "go\n"
    threading.Event().wait(wait)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if path.exists():
        assert np.ptp(read_image(path)) == 0


def test_an_open_file_that_takes_a_part_at_a_time(pixels: NDArray[np.uint8]) -> None:
    class Slow(io.RawIOBase):
        """Take at most 1000 bytes, as a pipe may."""

        got = b""

        def write(self, data: Any) -> Any:
            self.got += bytes(data[:1000])
            return min(len(data), 1000)

    slow = Slow()
    write_image(pixels, slow)  # type: ignore[arg-type]
    np.testing.assert_array_equal(read_image(io.BytesIO(slow.got)), pixels)


def test_nothing_reaches_an_open_file_when_encoding_fails(
    monkeypatch: pytest.MonkeyPatch, pixels: NDArray[np.uint8]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise SyntaxError("two\nlines")

    monkeypatch.setattr(Image.Image, "save", fail)
    stream = io.BytesIO()
    with pytest.raises(ImageWriteError) as error:
        write_image(pixels, stream)
    assert_one_line(error, "cannot write <file object>: two lines")
    assert stream.getvalue() == b""


def test_files_that_other_programs_write_are_synced_and_leftovers_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # of a process of this machine that is gone: no process has that number
    with replacing(tmp_path / "first.bin"):
        (own,) = (path for path in tmp_path.iterdir() if path.suffix == ".tmp")
    folder = tmp_path / "maps"
    left = folder / own.name.replace(f"-{os.getpid()}-", "-4194305-")
    left.mkdir(parents=True)
    (left / "scene.gpkg").write_bytes(b"half")
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    with replacing_path(folder / "scene.gpkg") as path:
        path.write_bytes(b"whole")
    assert [path.name for path in folder.iterdir()] == ["scene.gpkg"]
    assert (folder / "scene.gpkg").read_bytes() == b"whole"
    assert synced == [(folder / "scene.gpkg").stat().st_ino, folder.stat().st_ino]
