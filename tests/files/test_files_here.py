"""Files of this machine: opened, replaced, and what ended processes left; standard streams; arrays on a disk."""

import errno
import gc
import io
import mmap
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.files import (
    STREAM,
    Scratch,
    deliver,
    is_running,
    make_folder_of,
    name_of,
    open_file,
    read_errors,
    read_stdin,
    remove_leftovers,
    replacing,
    replacing_path,
    shown,
    write_error,
    write_stdout,
)
from imgcluster.files import _scratch as scratch


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="other systems do not tell")
def test_a_process_that_has_ended_does_not_run_though_nobody_has_asked_for_its_end() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert is_running(process.pid)
        assert process.stdin is not None
        process.stdin.close()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is a zombie
        assert not is_running(process.pid)
    finally:
        process.wait()
    assert not is_running(process.pid)


def test_no_other_process_is_this_one() -> None:
    assert is_running(os.getppid())
    assert not is_running(os.getpid())
    assert not is_running(0)
    assert is_running(1 << 70)  # no number of a process of this system: perhaps of another


def test_what_one_process_or_any_that_ended_left_is_removed(tmp_path: Path, ended: int) -> None:
    running = os.getppid()

    def left(*arguments: Any, **options: Any) -> set[str]:
        for old in tmp_path.iterdir():
            old.rmdir() if old.is_dir() else old.unlink()
        for pid in (ended, running):
            for name in (f".imgcluster-{pid}-0123abcd.tmp", f".imgcluster-{pid}-cafe0123abcd.tmp"):
                (tmp_path / name).write_bytes(b"")
        (tmp_path / f".imgcluster-{ended}-89abcdef.tmp").mkdir()
        (tmp_path / "note.tmp").write_bytes(b"")
        remove_leftovers(tmp_path, *arguments, **options)
        return {path.name for path in tmp_path.iterdir()}

    here = {f".imgcluster-{running}-0123abcd.tmp", f".imgcluster-{running}-cafe0123abcd.tmp"}
    over = {f".imgcluster-{ended}-{mark}.tmp" for mark in ("0123abcd", "cafe0123abcd", "89abcdef")}
    assert left() == {"note.tmp"} | here
    assert left(running) == {"note.tmp"} | over
    assert left(machine="cafe") == {"note.tmp"} | here | over - {f".imgcluster-{ended}-cafe0123abcd.tmp"}
    assert left(machine="beef") == {"note.tmp"} | here | over
    remove_leftovers(tmp_path / "none")


def test_the_folder_of_an_output_is_made(tmp_path: Path) -> None:
    make_folder_of(tmp_path / "a" / "b" / "c.png")
    make_folder_of(tmp_path / "a" / "b" / "c.png")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_bytes(b"")
    for below in ("file/c.png", "file/b/c.png"):
        with pytest.raises(
            ImageWriteError, match="cannot make its folder: a file is in the way; choose another folder"
        ):
            make_folder_of(tmp_path / below)
    with pytest.raises(ImageWriteError, match=r"cannot make its folder: [^;]*too long; choose another folder"):
        make_folder_of(tmp_path / ("x" * 300) / "c.png")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "the folder does not exist; make it first or write elsewhere"),
        (errno.ENOTDIR, "a part of the path is a file, not a folder; write elsewhere"),
        (errno.EISDIR, "it is a folder; give a file name inside it"),
        (errno.EACCES, "no permission for the file or its folder; write elsewhere"),
        (errno.EPERM, "no permission for the file or its folder; write elsewhere"),
        (errno.EROFS, "the file system is read-only; write elsewhere"),
        (errno.ENOSPC, "no space left on the device; free some or write elsewhere"),
        (errno.EDQUOT, "the disk quota is used up; free some space or write elsewhere"),
        (errno.EMFILE, "too many open files in this process; raise the limit with ulimit -n"),
        (errno.ENOMEM, "not enough memory; close other programs"),
        (errno.EIO, "Input/output error: the device fails; write elsewhere"),
        (errno.EFBIG, "the file would be larger than the system allows; write elsewhere"),
        (errno.ENOTCONN, f"{os.strerror(errno.ENOTCONN)}; write elsewhere"),
    ],
)
def test_why_writing_failed(number: int, said: str) -> None:
    error = write_error("a.png", OSError(number, os.strerror(number)))
    assert str(error) == f"cannot write a.png: {said}"


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda path, mode: not Path(path).is_file() or mode != os.W_OK)
    for way in (replacing, replacing_path):
        with pytest.raises(ImageWriteError, match="no permission for the file or its folder"), way(target):
            pytest.fail("it is opened")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_names_in_messages_are_one_printable_line() -> None:
    assert shown("a.png") == shown(b"a.png") == shown(Path("a.png")) == "a.png"
    assert shown("a\nb") == "'a\\nb'"
    assert shown("") == "''"
    assert shown("x" * 500) == "x" * 500
    assert shown("x" * 501) == "x" * 500 + "..."
    assert shown(SimpleNamespace(name="b.png")) == "b.png"
    for given in (SimpleNamespace(name=3), SimpleNamespace(name=""), io.BytesIO()):
        assert shown(given) == "<file object>"
    assert name_of(b"a.png") == name_of(Path("a.png")) == "a.png"
    with pytest.raises(TypeError, match=r"^output must be the name of a file, got int"):
        name_of(3, "output")
    with pytest.raises(TypeError, match=r"^path must be the name of a file, got int"), replacing(3):  # type: ignore[arg-type]
        pass


def test_a_program_makes_a_file_that_takes_the_place_of_another(tmp_path: Path) -> None:
    target, link = tmp_path / "a.db", tmp_path / "link.db"
    target.write_bytes(b"old")
    target.chmod(0o604)
    link.symlink_to(target)
    with replacing_path(link) as path:
        assert path.name == "a.db"
        path.write_bytes(b"new")
        (path.parent / "a.db-journal").write_bytes(b"beside")
        assert target.read_bytes() == b"old"
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o604
    assert sorted(tmp_path.iterdir()) == [target, link]
    with pytest.raises(ImageWriteError, match="it is a folder; give a file name inside it"), replacing_path(tmp_path):
        pass
    with pytest.raises(UnicodeEncodeError), replacing_path(target) as path:
        path.write_text("half\ud800", encoding="utf-8")
    assert target.read_bytes() == b"new"
    assert sorted(tmp_path.iterdir()) == [target, link]


def test_pieces_are_delivered_to_what_takes_a_few_bytes_at_a_time() -> None:
    class Slow(io.RawIOBase):
        taken = b""
        flushed = False

        def write(self, data: Any) -> int:
            self.taken += bytes(data[:2])
            return min(2, len(data))

        def flush(self) -> None:
            self.flushed = True

    slow = Slow()
    deliver([b"abcde", memoryview(b"fg"), b""], slow)  # type: ignore[arg-type]
    assert slow.taken == b"abcdefg"
    assert slow.flushed

    class Silent:
        taken = b""

        def write(self, data: Any) -> None:
            self.taken += bytes(data)

    silent = Silent()
    deliver([b"abc", b"de"], silent)  # type: ignore[arg-type]
    assert silent.taken == b"abcde"


def test_why_opening_failed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with open_file(tmp_path / "a", "a") as stream:
        assert stream.read() == b"abc"
    for path, said in (
        (tmp_path / "none", "no such file; check the name"),
        (tmp_path, "it is a folder; name the pictures in it"),
        ("x\0", "a name cannot hold a null byte; pass the bytes of a picture as io.BytesIO"),
        ("x" * 300, "too long; check the name and the device"),
    ):
        with pytest.raises(ImageReadError, match=said):
            open_file(path, "a")
    with pytest.raises(ImageReadError, match="no permission; change its mode or copy it"), read_errors("a"):
        raise PermissionError
    with pytest.raises(ImageReadError, match="runs over folders take URLs, this takes files"), read_errors("s3://b/a"):
        raise FileNotFoundError
    with pytest.raises(ImageReadError) as caught, read_errors("y" * 100):
        raise ValueError
    assert caught.value.name == "y" * 60 + "..."


def test_standard_input_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert STREAM == "-"  # as other programs call it
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"data")))
    found = read_stdin()
    assert (found.read(), found.name) == (b"data", "stdin")
    with pytest.raises(ImageReadError, match="cannot read stdin: it is empty; pipe a picture in or name a file"):
        read_stdin()
    monkeypatch.setattr("imgcluster.files._streams._MOST_BYTES", 1 << 20)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(bytes((1 << 20) + 1))))
    with pytest.raises(ImageReadError, match=r"it sends more than 1 MB, .*; save them in a file and name that"):
        read_stdin()
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ImageReadError, match="cannot read stdin: it is closed; pipe a picture in or name a file"):
        read_stdin()


def test_standard_output_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=io.BufferedWriter(taken)))  # type: ignore[arg-type,type-var]
    write_stdout(b"data")
    assert taken.getvalue() == b"data"
    for error, kind in (
        (OSError(errno.ENOSPC, "No space left"), ImageWriteError),
        (BrokenPipeError(), BrokenPipeError),
    ):

        def fails(data: Any, error: OSError = error) -> None:
            raise error

        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=SimpleNamespace(write=fails)))
        with pytest.raises(kind):
            write_stdout(b"data")
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(ImageWriteError, match="cannot write stdout: it is closed; redirect it elsewhere"):
        write_stdout(b"data")


def test_arrays_on_a_disk_count_while_they_are_used(tmp_path: Path) -> None:
    with Scratch(tmp_path, 100) as made:
        small = made.empty((3, 5), np.uint16)
        assert small.shape == (3, 5)
        assert small.dtype == np.uint16
        assert made.empty(((1 << 20) - 1,), np.uint8).size == (1 << 20) - 1
        assert made.used == 0
        first = made.empty((1 << 10, 1 << 10), np.uint8)
        second = made.empty((1 << 19,), np.float64)
        assert first.shape == (1 << 10, 1 << 10)
        assert second.dtype == np.float64
        assert (made.used, made.most) == (5 << 20, 5 << 20)
        assert not first.any()
        first[:] = 7
        second[:] = 9
        assert (first == 7).all()
        del second
        gc.collect()
        assert (made.used, made.most) == (1 << 20, 5 << 20)
    assert (first == 7).all()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="other systems do not tell")
def test_arrays_on_a_disk_hardly_count_as_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mapped() -> int:
        return int(Path("/proc/self/statm").read_text().split()[2]) * mmap.PAGESIZE

    n_bytes = 1 << 26
    limit = mapped() + n_bytes // 2
    monkeypatch.setattr(scratch, "_MOST_MAPPED", limit)
    with Scratch(tmp_path, n_bytes) as made:
        array = made.empty((n_bytes,), np.uint8)
        array[:] = 7
        for _ in range(500):
            if mapped() <= limit:
                break
            time.sleep(0.02)
        assert mapped() <= limit
        assert (array == 7).all()


def test_a_disk_that_is_too_small_is_found_before_and_while_arrays_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImageWriteError, match=r"No such file or directory; name a folder that exists with scratch"):
        Scratch(tmp_path / "none", 1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=3_000_000_000))
    made = Scratch(tmp_path, 3_000_000_000)
    said = r"scratch files need 3 GB, of which 0 GB are written, but 3 GB are free; free some, or name a folder"
    with pytest.raises(ImageWriteError, match=said.replace("need 3 GB", "need 4 GB")):
        Scratch(tmp_path, 4_000_000_000)
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):

        def fails(descriptor: int, n_bytes: int, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(scratch, "_reserve", fails)
        with pytest.raises(ImageWriteError, match="name a folder of a disk" if number == errno.EIO else said):
            made.empty((1 << 20,), np.uint8)
    assert made.used == 0


def test_space_is_reserved_where_the_system_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    monkeypatch.setattr(scratch, "_CHUNK", 1000)
    with (tmp_path / "a").open("wb") as file:
        scratch._reserve(file.fileno(), 2500)
    assert (tmp_path / "a").read_bytes() == bytes(2500)
