"""The lines that survive a run: in a file here, in numbered objects elsewhere; and what they say of a folder."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgcluster import files
from imgcluster.batch.state import State, _journal, lock_folder
from imgcluster.batch.state._journal import FileJournal, UrlJournal, has_journal, is_journal, journal_of
from imgcluster.batch.state._state import Record
from imgcluster.errors import FolderBusyError, ImageReadError, ImageWriteError

NAME = ".imgcluster-state.jsonl"


def lines(*numbers: int) -> list[dict[str, Any]]:
    return [{"dropped": [str(number)]} for number in numbers]


def none() -> Iterator[dict[str, Any]]:
    return iter(())


@pytest.fixture
def ordinary_umask() -> Iterator[None]:
    old = os.umask(0o002)
    yield
    os.umask(old)


def test_names_of_journals() -> None:
    assert is_journal(NAME)
    assert is_journal(".imgcluster-state-000001.jsonl")
    assert is_journal(".imgcluster-state-1234567.jsonl")
    for name in ("imgcluster-state.jsonl", ".imgcluster-state-00001.jsonl", ".imgcluster-state-x.jsonl", f"{NAME}x"):
        assert not is_journal(name)


@pytest.mark.usefixtures("ordinary_umask")
def test_lines_are_appended_to_a_file_with_the_mode_of_others(tmp_path: Path) -> None:
    assert not has_journal(str(tmp_path))
    journal = FileJournal(str(tmp_path))
    assert journal.read() == []
    for line in lines(1, 2):
        journal.append(line, none)
    journal.close()
    journal.close()
    assert has_journal(str(tmp_path))
    assert (tmp_path / NAME).read_text() == '{"dropped":["1"]}\n{"dropped":["2"]}\n'
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o664
    with (tmp_path / NAME).open("ab") as stream:
        stream.write(b'{"drop')  # by a run that was killed
    journal = FileJournal(str(tmp_path))
    assert len(journal.read()) == 3
    journal.append(lines(3)[0], none)
    journal.close()
    found = (tmp_path / NAME).read_text().splitlines()
    assert found[2:] == ['{"drop', '{"dropped":["3"]}']


@pytest.mark.parametrize(
    ("n_lines", "n_live", "rewritten"), [(1000, 0, False), (1001, 0, True), (1004, 2, False), (1005, 2, True)]
)
def test_lines_that_no_longer_count_go_when_they_are_many(
    n_lines: int, n_live: int, rewritten: bool, tmp_path: Path
) -> None:
    (tmp_path / NAME).write_text("{}\n" * n_lines)
    journal = FileJournal(str(tmp_path))
    assert len(journal.read()) == n_lines
    journal.append(lines(9)[0], lambda: iter(lines(*range(n_live))))
    journal.close()
    assert len((tmp_path / NAME).read_text().splitlines()) == (n_live if rewritten else n_lines) + 1


def test_a_journal_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    journal = FileJournal(str(tmp_path))
    with pytest.raises(ImageWriteError, match="it is a folder"):
        journal.read()
    with pytest.raises(ImageWriteError, match="it is a folder"):
        journal.append(lines(1)[0], none)


def test_nothing_is_kept_without_a_folder() -> None:
    journal = journal_of(None)
    journal.announce([["a"]], none)
    journal.append(lines(1)[0], none)
    journal.close()
    assert journal.read() == []
    assert not State(None).is_kept


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty folder in memory, whose journal puts every line at once."""
    memory = pytest.importorskip(
        "fsspec.implementations.memory", reason="needs fsspec: pip install 'imgcluster[cloud]'"
    ).MemoryFileSystem
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    monkeypatch.setattr(_journal, "_GATHER_LINES", 1)
    monkeypatch.setattr(_journal, "_MOST_OBJECTS", 3)
    return "memory://out"


def objects(folder: str) -> list[str]:
    return sorted(name for name, _ in files.listing(folder, recursive=False))


def test_lines_are_put_as_numbered_objects_and_read_in_their_order(folder: str) -> None:
    journal = UrlJournal(folder)
    assert journal.read() == []
    for line in lines(1, 2, 3):
        journal.append(line, none)
    journal.close()
    assert objects(folder) == [f".imgcluster-state-{number:06d}.jsonl" for number in (1, 2, 3)]
    files.write(f"{folder}/{NAME}", b'{"first":1}\n')
    files.write(f"{folder}/.imgcluster-state-000010.jsonl", b'{"last":1}\n')
    other = UrlJournal(folder)
    assert [json.loads(line) for line in other.read()] == [{"first": 1}, *lines(1, 2, 3), {"last": 1}]
    other.append(lines(4)[0], none)
    assert objects(folder)[-2:] == [".imgcluster-state-000011.jsonl", NAME]


def test_an_object_that_is_there_is_never_replaced(folder: str) -> None:
    journal = UrlJournal(folder)
    journal.read()
    files.write(f"{folder}/.imgcluster-state-000001.jsonl", b"{}\n")
    journal.append(lines(1)[0], none)
    journal.close()
    assert files.read_bytes(f"{folder}/.imgcluster-state-000001.jsonl") == b"{}\n"
    assert len(objects(folder)) == 2


@pytest.mark.parametrize(("n", "merged"), [(3, False), (4, True)])
def test_many_objects_become_one_at_the_end(n: int, merged: bool, folder: str) -> None:
    journal = UrlJournal(folder)
    journal.read()
    for line in lines(*range(n)):
        journal.append(line, none)
    journal.close()
    assert (objects(folder) == [NAME]) == merged
    assert [json.loads(line) for line in UrlJournal(folder).read()] == lines(*range(n))


@pytest.mark.parametrize(("n", "merged"), [(3, False), (4, True)])
def test_many_objects_of_other_runs_become_one_of_what_counts(n: int, merged: bool, folder: str) -> None:
    for number in range(n):
        files.write(f"{folder}/.imgcluster-state-{number + 1:06d}.jsonl", b'{"old":1}\n')
    journal = UrlJournal(folder)
    journal.read()
    journal.announce([["a"], ["b", "c"]], lambda: iter(lines(7)))
    live = lines(7) if merged else [{"old": 1}] * n
    assert [json.loads(line) for line in UrlJournal(folder).read()] == [
        *live,
        {"started": ["a"]},
        {"started": ["b", "c"]},
    ]
    journal.append({"started": ["a"]}, none)  # is known already
    journal.append({"done": ["a"]}, none)
    journal.close()
    found = [json.loads(line) for line in UrlJournal(folder).read()]
    assert found[-2:] == [{"done": ["a"]}, {"dropped": ["b"]}]  # what was not started is no longer ours
    assert len(found) == len(live) + 4


def test_lines_are_put_when_they_are_many_or_old(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal, "_GATHER_LINES", 3)
    monkeypatch.setattr(_journal, "_GATHER_SECONDS", 3600)
    journal = UrlJournal(folder)
    for n_put, line in zip((0, 0, 1, 1), lines(1, 2, 3, 4), strict=True):
        journal.append(line, none)
        assert len(objects(folder) if n_put else []) == n_put
    assert journal._timer is not None
    assert journal._timer.daemon
    journal._timer.function()
    assert journal._timer is None
    assert len(objects(folder)) == 2
    journal.close()
    assert len(objects(folder)) == 2


def test_an_error_of_the_late_lines_is_told_at_the_next(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_journal, "_GATHER_LINES", 9)
    monkeypatch.setattr(_journal, "_GATHER_SECONDS", 3600)
    journal = UrlJournal(folder)
    journal.append(lines(1)[0], none)

    def fails(*arguments: Any) -> bool:
        raise ImageWriteError("x", "the disk is full")

    monkeypatch.setattr(_journal, "create", fails)
    assert journal._timer is not None
    journal._timer.function()
    with pytest.raises(ImageWriteError, match="the disk is full"):
        journal.append(lines(2)[0], none)
    with pytest.raises(ImageWriteError, match="the disk is full"):
        journal.close()
    journal.close()  # nothing is left to put


def test_a_journal_that_changes_all_the_time_is_not_read_for_ever(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(f"{folder}/{NAME}", b"{}\n")
    tried = []

    def gone(url: str) -> bytes:
        tried.append(url)
        raise FileNotFoundError(url)

    monkeypatch.setattr(_journal, "read_bytes", gone)
    with pytest.raises(ImageReadError, match="the journal in memory://out: it changes all the time; try again"):
        UrlJournal(folder).read()
    assert len(tried) == 5


def record(**changes: Any) -> Record:
    options: dict[str, Any] = {"fingerprint": "f", "size": 5, "mtime_ns": 7, "outputs": {"a.png": 3}}
    return Record(
        **{**options, "result": {"hash": "h", "palette": ["#010203", "#0a0b0c"], "width": 4, "text": ""}, **changes}
    )


def test_what_is_done_is_known_to_the_next_run(tmp_path: Path) -> None:
    state = State(str(tmp_path))
    state.record_started(["a.png", "a.json"])
    state.record_started(["b.png"])
    state.record_started(["c.png"])
    assert state.started_outputs() == set()  # of runs before this one
    state.record_done("a.png", record(outputs={"a.png": 3, "a.json": 9}))
    state.record_dropped(["b.png"])
    state.close()
    again = State(str(tmp_path))
    assert again.started_outputs() == {"c.png"}
    assert again.all_outputs() == {"a.png", "a.json", "c.png"}
    found = again.record_of("a.png")
    assert found is not None
    assert (found.fingerprint, found.size, found.mtime_ns, found.hash) == ("f", 5, 7, "h")
    assert dict(found.outputs) == {"a.png": 3, "a.json": 9}
    result = found.to_result()
    assert (result.status, result.width, list(result.palette)) == ("done", 4, ["#010203", "#0a0b0c"])
    assert again.record_of("b.png") is None


def test_outputs_of_the_same_content_stay_known_and_others_do_not(tmp_path: Path) -> None:
    def outputs(**changes: Any) -> dict[str, int]:
        (tmp_path / NAME).unlink(missing_ok=True)
        for given in (record(outputs={"a.png": 3}), record(outputs={"a.json": 9}, **changes)):
            state = State(str(tmp_path))
            state.record_done("a.png", given)
            state.close()
        found = State(str(tmp_path)).record_of("a.png")
        assert found is not None
        return dict(found.outputs)

    assert outputs() == {"a.png": 3, "a.json": 9}
    assert outputs(fingerprint="g") == {"a.json": 9}
    assert outputs(result={"hash": "i"}) == {"a.json": 9}


def test_an_empty_output_is_known_and_a_missing_one_is_not(tmp_path: Path) -> None:
    state = State(str(tmp_path))
    state.record_done("a.png", record(outputs={"a.png": 0, "a.json": -1}))
    state.close()
    found = State(str(tmp_path)).record_of("a.png")
    assert found is not None
    assert dict(found.outputs) == {"a.png": 0}


def test_translucent_colors_keep_their_marks(tmp_path: Path) -> None:
    state = State(str(tmp_path))
    state.record_done("a.png", record(result={"palette": ["#010203", "#0a0b0c80"]}))
    state.close()
    found = State(str(tmp_path)).record_of("a.png")
    assert found is not None
    assert list(found.to_result().palette) == ["#010203", "#0a0b0c80"]


@pytest.mark.parametrize(
    "line",
    [
        b"x",
        b"[]",
        b"{}",
        b"3",
        b'{"done":[]}',
        b'{"done":3}',
        b'{"started":[3]}',
        b'{"other":["a"]}',
        b'{"done":["a"]}',
        b"[" * 99999,
    ],
)
def test_strange_lines_are_passed_over(line: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(line + b'\n{"started":["b"]}\n')
    state = State(str(tmp_path))
    assert state.started_outputs() == {"b"}
    assert state.record_of("a") is None


@pytest.mark.usefixtures("ordinary_umask")
def test_one_run_at_a_time_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with lock_folder(str(folder)) as lock:
        assert lock.lost == ""
        (left,) = folder.iterdir()
        assert left.read_text() == f"{os.getpid()}\n"
        assert stat.S_IMODE(left.stat().st_mode) == 0o664
        with pytest.raises(FolderBusyError) as busy:
            lock_folder(str(folder))
        assert busy.value.pid == os.getpid()
    lock.release()
    lock_folder(str(folder)).release()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ImageWriteError, match=r"(it is|a part of the path is) a file, not a folder"):
        lock_folder(str(tmp_path / "file"))
