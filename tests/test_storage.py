"""Files by URL: on an object store, and on a file system where a file is put beside and moved."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imgcluster import files as storage
from imgcluster.errors import ImageReadError, ImageWriteError


@pytest.mark.parametrize(
    ("text", "plain", "url"),
    [
        ("photos/a.png", "photos/a.png", False),
        ("/photos/a.png", "/photos/a.png", False),
        ("C:\\photos\\a.png", "C:\\photos\\a.png", False),
        ("c://photos", "c://photos", False),
        ("a b://c", "a b://c", False),
        ("./s3://bucket", "./s3://bucket", False),
        ("s3://bucket/in/", "s3://bucket/in", True),
        ("S3://Bucket/In", "s3://Bucket/In", True),
        ("memory://", "memory://", True),
        ("file:///photos/a b.png", "/photos/a b.png", False),
        ("local://photos/a.png", "photos/a.png", False),
        ("s3://bucket/new\nline#?%", "s3://bucket/new\nline#?%", True),
    ],
)
def test_what_is_a_url(text: str, plain: str, url: bool) -> None:
    assert storage.plain(text) == plain
    assert storage.is_url(plain) is url


def test_one_spelling_for_each_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert storage.place("a/../b.png") == str(tmp_path / "b.png") == storage.whole("b.png")
    for spellings in (
        ("s3://b/in", "s3a://b/in", "s3://b/in/"),
        ("memory://in", "memory:///in"),
        ("gs://b/a", "gcs://b/a"),
    ):
        assert len({storage.place(spelling) for spelling in spellings}) == 1
    assert storage.place("s3://b/a/../c") != storage.place("s3://b/c")
    assert storage.whole("s3://b/a/../c") == "s3://b/a/../c"
    assert storage.join("s3://b", "/etc/x") == "s3://b//etc/x"
    assert storage.join("memory://", "x") == "memory://x"
    assert storage.join("out", "x") == os.path.join("out", "x")  # noqa: PTH118


def test_what_is_here_needs_no_fsspec(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    found = storage.status(str(tmp_path / "a.txt"))
    assert (found.size, found.kind) == (3, "file")
    assert found.stamp == (tmp_path / "a.txt").stat().st_mtime_ns
    assert storage.status(str(tmp_path)).kind == "folder"
    assert storage.status(os.devnull).kind == "other"
    assert not storage.may_exist(str(tmp_path / "none"))


def test_without_fsspec_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "fsspec.py").write_text("raise ModuleNotFoundError('No module named fsspec')")
    code = """
import sys
from imgcluster import files as storage
from imgcluster.batch import process_folder
for call in (lambda: storage.status("s3://b/in"), lambda: storage.write("s3://b/x", b""),
             lambda: process_folder("s3://b/in"), lambda: process_folder(".", output_dir="s3://b/out")):
    try:
        call()
    except Exception as error:
        print(type(error).__name__, error)
"""
    package = str(storage.__file__).rpartition("/imgcluster/")[0]
    paths = os.pathsep.join([str(tmp_path), package])
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=True
    )
    said = "needs fsspec, which is not installed; pip install 'imgcluster[cloud]'"
    assert done.stdout.splitlines() == [
        f"ImageReadError cannot read s3://b/in: it {said}",
        f"ImageWriteError cannot write s3://b/x: it {said}",
        f"ImageReadError cannot read s3://b/in: it {said}",
        f"ImageReadError cannot read s3://b/out: it {said}",
    ]


@pytest.fixture(params=["memory", "disk"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a folder in memory, and of one on a file system that is no object store."""
    fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'imgcluster[cloud]'")
    if request.param == "memory":
        from fsspec.implementations.memory import MemoryFileSystem

        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]
        return "memory://root"
    from fsspec.implementations.local import LocalFileSystem

    class Disk(LocalFileSystem):  # type: ignore[misc]
        protocol = "disk"

        @classmethod
        def _strip_protocol(cls, path: Any) -> Any:
            return LocalFileSystem._strip_protocol(path.removeprefix("disk://"))

    fsspec.register_implementation("disk", Disk, clobber=True)
    return f"disk://{tmp_path}/root"


@pytest.fixture
def kind(root: Any) -> Any:
    """The class of the file system."""
    from fsspec.core import url_to_fs

    return type(url_to_fs(root)[0])


def test_files_are_put_listed_fetched_and_removed(root: Any, tmp_path: Path) -> None:
    (tmp_path / "here.bin").write_bytes(b"here")
    names = ["a.bin", "sub/c.bin", "sub/deep/b #?%é[1].bin"]
    for name in names:
        storage.upload(str(tmp_path / "here.bin"), f"{root}/{name}")
    storage.write(f"{root}/a.bin", b"written")
    assert sorted(name for name, _ in storage.listing(root, recursive=True)) == names
    assert [name for name, _ in storage.listing(root, recursive=False)] == ["a.bin"]
    for name, listed in storage.listing(root, recursive=True):
        alone = storage.status(f"{root}/{name}")
        assert (alone.size, alone.stamp, alone.kind) == (listed.size, listed.stamp, "file")
        assert alone.identity == listed.identity
    storage.download(f"{root}/{names[2]}", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == b"here"
    assert storage.read_bytes(f"{root}/a.bin") == b"written"
    assert storage.status(root).kind == "folder"
    storage.remove(f"{root}/a.bin")
    storage.remove(f"{root}/a.bin")
    assert not storage.may_exist(f"{root}/a.bin")


def test_only_one_creates(root: Any) -> None:
    assert storage.create(f"{root}/lock", b"first")
    assert not storage.create(f"{root}/lock", b"second")
    assert storage.read_bytes(f"{root}/lock") == b"first"


def test_only_one_creates_where_the_file_system_cannot_tell_and_write_at_once(
    root: Any, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = kind.pipe_file

    def old(self: Any, path: Any, value: Any, mode: Any = "overwrite", **kwargs: Any) -> None:
        if mode == "create":
            raise NotImplementedError
        put(self, path, value, **kwargs)

    monkeypatch.setattr(kind, "pipe_file", old)
    assert storage.create(f"{root}/lock", b"first")
    assert not storage.create(f"{root}/lock", b"second")


def test_a_stamp_changes_with_the_content(root: Any) -> None:
    storage.write(f"{root}/a", b"1")
    first = storage.status(f"{root}/a")
    storage.write(f"{root}/a", b"2")
    assert storage.status(f"{root}/a").stamp != first.stamp


def test_nobody_sees_half_of_a_file(root: Any, kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write(f"{root}/a", b"old")

    def break_off(self: Any, *args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    (tmp_path / "new").write_bytes(b"new")
    with monkeypatch.context() as patch:
        for name in ("mv", "_commit", "pipe_file"):
            if hasattr(kind, name):
                patch.setattr(kind, name, break_off)
        with pytest.raises(KeyboardInterrupt):
            storage.upload(str(tmp_path / "new"), f"{root}/a")
    assert [(name, file.size) for name, file in storage.listing(root, recursive=True)] == [("a", 3)]
    assert storage.read_bytes(f"{root}/a") == b"old"
    storage.upload(str(tmp_path / "new"), f"{root}/a")
    assert storage.read_bytes(f"{root}/a") == b"new"


def test_what_killed_processes_left_is_removed(root: Any) -> None:
    names = [".imgcluster-12-0123abcd.tmp", "sub/.imgcluster-13-0123abcd.tmp", ".imgcluster-notes.tmp", "a.tmp"]
    for name in names:
        storage.write(f"{root}/{name}", b"")
    storage.remove_temporaries(root)
    left = {name for name, _ in storage.listing(root, recursive=True)}
    # no object store has any: what is put there is not put beside
    assert left == set(names if root.startswith("memory") else names[2:])


def test_many_of_one_folder_are_looked_at_by_one_listing(root: Any, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = [f"{root}/{i}" for i in range(12)]
    for url in urls[:-1]:
        storage.write(url, b"x")
    alone: dict[str, Any] = {url: storage.status(url) for url in urls[:-1]}
    asked = []
    info = kind.info
    monkeypatch.setattr(kind, "info", lambda self, path, **kw: asked.append(str(path)) or info(self, path, **kw))  # type: ignore[func-returns-value]
    found = storage.statuses(urls)
    assert found == {**alone, urls[-1]: "no such file; check the name"}
    assert sum(path == urls[0] for path in asked) == 0


def test_what_is_missing(root: Any, tmp_path: Path) -> None:
    for call in (storage.status, storage.read_bytes, lambda url: storage.download(url, str(tmp_path / "x"))):
        with pytest.raises(FileNotFoundError, match="no such file or bucket"):
            call(f"{root}/none")
    with pytest.raises(ImageWriteError, match="cannot write"):
        storage.upload(str(tmp_path / "none"), f"{root}/x")


@pytest.mark.parametrize("protocol", ["nosuch", "gs"])
def test_unknown_protocols_and_missing_packages(protocol: str) -> None:
    pytest.importorskip("fsspec", reason="needs fsspec: pip install 'imgcluster[cloud]'")
    if protocol == "gs":
        try:
            import gcsfs  # noqa: F401
        except ImportError:
            pass
        else:
            pytest.skip("the package is installed")
    said = "nosuch:// is unknown; s3://" if protocol == "nosuch" else "install gcsfs .* needs a package of its own"
    with pytest.raises(ImageReadError, match=rf"cannot read {protocol}://b/x: .*{said}"):
        storage.status(f"{protocol}://b/x")
    with pytest.raises(ImageWriteError, match=rf"cannot write {protocol}://b/x: .*{said}"):
        storage.write(f"{protocol}://b/x", b"")
