"""What is said when storage fails, and the file of a long run, which has the same name in every run."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from imgcluster import files
from imgcluster.errors import ImageReadError, ImageWriteError


class NoCredentialsError(Exception):
    pass


class EndpointConnectionError(Exception):
    pass


fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'imgcluster[cloud]'")


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the file system in memory fail with an error."""
    from fsspec.implementations.memory import MemoryFileSystem

    def with_error(error: BaseException) -> None:
        def fails(*args: Any, **options: Any) -> None:
            raise error

        for name in ("info", "ls", "find", "cat_file", "get_file", "pipe_file", "put_file", "rm_file"):
            monkeypatch.setattr(MemoryFileSystem, name, fails)

    return with_error


ERRORS = [
    (NoCredentialsError("Unable to locate them"), "Unable to locate them; give credentials as the tools of memory://"),
    (
        RuntimeError("no Credentials\n were  found"),
        "no Credentials were found; give credentials as the tools of memory",
    ),
    (ConnectionResetError(), "ConnectionResetError; check the network and the address"),
    (TimeoutError("late"), "late; check the network and the address"),
    (EndpointConnectionError("no host"), "no host; check the network and the address"),
    (RuntimeError("x" * 400), "x" * 300 + "; check the name and the storage"),
    (ImportError("Install it"), "Install it; memory:// needs a package of its own beside fsspec"),
    (
        ValueError("Protocol not known: memory"),
        "memory:// is unknown; s3://, gs://, abfs:// and others of fsspec are known",
    ),
]


@pytest.mark.parametrize(("error", "said"), ERRORS, ids=[type(error).__name__ for error, _ in ERRORS])
def test_one_line_says_why_storage_fails(fail: Any, error: Exception, said: str, tmp_path: Path) -> None:
    fail(error)
    for read in (files.status, files.read_bytes, lambda url: files.download(url, str(tmp_path / "x"))):
        with pytest.raises(ImageReadError) as caught:
            read("memory://a/b")
        assert str(caught.value).startswith(f"cannot read memory://a/b: {said}")
    for write in (lambda url: files.write(url, b""), files.remove):
        with pytest.raises(ImageWriteError) as failed:
            write("memory://a/b")
        assert str(failed.value).startswith(f"cannot write memory://a/b: {said}")
    assert files.may_exist("memory://a/b")  # nobody knows


def test_what_is_not_allowed(fail: Any) -> None:
    fail(PermissionError("no"))
    with pytest.raises(PermissionError, match="no permission"):
        files.status("memory://a/b")
    assert not files.may_exist("memory://a/b")
    assert files.statuses(["memory://a/b"]) == {"memory://a/b": "no permission; check the credentials"}
    with pytest.raises(ImageReadError, match="cannot read memory://a: no permission; check the credentials"):
        files.listing("memory://a", recursive=False)
    with pytest.raises(ImageWriteError, match="cannot write memory://a/b: no permission; check the credentials"):
        files.write("memory://a/b", b"")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_called_so(fail: Any, number: int) -> None:
    fail(OSError(number, os.strerror(number)))
    with pytest.raises(ImageWriteError, match=r"cannot write memory://a/b: (no space left|the disk quota is used up)"):
        files.write("memory://a/b", b"")


def test_what_is_not_there(fail: Any) -> None:
    fail(FileNotFoundError("no"))
    with pytest.raises(ImageWriteError, match="cannot write memory://a/b: no such folder or bucket; make it first"):
        files.write("memory://a/b", b"")
    with pytest.raises(FileNotFoundError, match="no such file or bucket"):
        files.status("memory://a/b")
    files.remove("memory://a/b")


def test_the_file_of_a_long_run_has_the_same_name_in_every_run(tmp_path: Path) -> None:
    path, names = tmp_path / "run.csv", []
    for content in (b"first", b"second"):
        with files.replacing(path, for_long=True) as stream:
            stream.write(content)
            names += [left.name for left in tmp_path.iterdir() if left != path]
        assert path.read_bytes() == content
    assert len(set(names)) == 1
    assert len(names) == 2
    (tmp_path / names[0]).write_bytes(b"left by a run that was killed")
    with files.replacing(path, for_long=True) as stream:
        stream.write(b"third")
    assert path.read_bytes() == b"third"
    with files.replacing(tmp_path / "other.csv", for_long=True):
        assert not (tmp_path / names[0]).exists()  # another file has another name
    assert sorted(left.name for left in tmp_path.iterdir()) == ["other.csv", "run.csv"]


def test_devices_are_written_to_and_never_replaced() -> None:
    before = Path(os.devnull).stat()
    with files.replacing(os.devnull) as stream:
        stream.write(b"x")
    assert Path(os.devnull).stat().st_rdev == before.st_rdev
    assert not Path(os.devnull).is_file()
