"""What is known of a file from a listing, and how places are spelled."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from imgcluster import files
from imgcluster.files._status import listed_status

SUMS = ("ETag", "etag", "md5Hash", "md5", "checksum")
TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
FILE = {"type": "file", "size": 5}


@pytest.mark.parametrize("key", SUMS + TIMES)
def test_a_stamp_is_made_of_what_a_file_system_tells(key: str) -> None:
    stamps = [listed_status({**FILE, key: value}, "x").stamp for value in ("1", "1", "2")]
    assert stamps[0] == stamps[1] != stamps[2]
    assert all(0 <= stamp < 1 << 56 for stamp in stamps)


def test_a_sum_says_more_than_a_time() -> None:
    for sum_, time in zip(SUMS, TIMES, strict=False):
        assert listed_status({**FILE, sum_: "1", time: 1}, "x").stamp == listed_status({**FILE, sum_: "1"}, "x").stamp


def test_a_date_is_the_seconds_that_a_listing_has() -> None:
    date = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    listed = listed_status({**FILE, "mtime": date.timestamp()}, "x")
    assert listed_status({**FILE, "mtime": date}, "x").stamp == listed.stamp


def test_a_stamp_is_new_each_time_if_nothing_tells() -> None:
    assert len({listed_status(FILE, "x").stamp for _ in range(9)}) == 9
    assert listed_status({**FILE, "ETag": "", "mtime": None}, "x").stamp != listed_status(FILE, "x").stamp


@pytest.mark.parametrize(("type", "kind"), [("file", "file"), ("directory", "folder"), ("link", "other")])
def test_kinds_and_sizes(type: str, kind: str) -> None:
    found = listed_status({"type": type, "size": None if type == "directory" else 5}, "x")
    assert (found.kind, found.size, found.identity) == (kind, 0 if type == "directory" else 5, "x")


@pytest.mark.parametrize(
    ("one", "other"),
    [("s3://b/a", "s3a://b/a/"), ("gs://b/a", "gcs://b/a"), ("abfs://b/a", "az://b/a"), ("abfs://b/a", "abfss://b/a")],
)
def test_one_file_system_under_several_names(one: str, other: str) -> None:
    assert files.place(one) == files.place(other)
    assert files.place(one) != files.place(f"{one}x")


def test_only_this_process_sees_its_memory() -> None:
    assert files.belongs_to_process("memory://a")
    assert not files.belongs_to_process("s3://a")
    assert not files.belongs_to_process("memory/a")


def test_what_file_managers_write_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "a%20b").write_bytes(b"")
    assert files.plain(f"file://{tmp_path}/a%20b") == f"{tmp_path}/a%20b"  # it is really called that
    assert files.plain(f"file://{tmp_path}/c%20d") == f"{tmp_path}/c d"
    assert files.plain(f"FILE://{tmp_path}/c%20d/") == f"{tmp_path}/c d/"


@pytest.mark.parametrize(
    ("folder", "joined"), [("s3://b/in", "s3://b/in/a"), ("s3://b/in/", "s3://b/in/a"), ("in", "in/a"), ("in/", "in/a")]
)
def test_what_is_below_a_folder(folder: str, joined: str) -> None:
    assert files.join(folder, "a") == joined


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A file system of folders and links, by their names with a slash at the end, as some list them."""
    fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'imgcluster[cloud]'")
    tree = {
        "root": [("root/", "directory", False), ("root/a", "file", False), ("root/sub/", "directory", False)],
        "root/sub": [
            ("root/sub/b", "file", False),
            ("root/sub/up/", "directory", True),
        ],
    }

    class Links(fsspec.AbstractFileSystem):  # type: ignore[misc,name-defined]
        protocol = "links"

        def ls(self, path: str, detail: bool = True, **kwargs: Any) -> Any:
            return [{"name": n, "type": t, "islink": link, "size": 1, "mtime": 1} for n, t, link in tree[path]]

    fsspec.register_implementation("links", Links, clobber=True)
    return "links://root"


def test_a_listing_follows_no_links_and_never_turns_in_a_circle(links: str) -> None:
    assert [name for name, _ in files.listing(links, recursive=True)] == ["a", "sub/b"]
    assert [name for name, _ in files.listing(links, recursive=False)] == ["a"]
