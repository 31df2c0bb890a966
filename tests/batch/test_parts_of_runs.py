"""Parts of runs one by one: their card, what fails before any work, threads, locks, names and shares of colors."""

import errno
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import saved

from imgcluster.batch import build_palette, is_manifest, name_inputs, plan_folder, process_folder
from imgcluster.batch.state._lock import FolderLock
from imgcluster.errors import FolderBusyError, ImageWriteError
from imgcluster.facts import Code


def test_the_card_of_a_run_says_how_far_it_is(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "n_jobs": 1, "resume": True}
    run = process_folder([photos / "img1.png", photos / "img2.png", tmp_path / "none.png"], **options)
    assert (run.n_pixels, run.n_pixels_done) == (0, 0)
    page = run._repr_html_()
    assert "Run of 3 files" in page
    assert all(f">{words}</span> {n}" in page for words, n in (("to do", 2), ("failed", 1)))
    assert "pixels done" not in page
    assert "stopped" not in page
    results = [next(run) for _ in range(2)]
    assert [result.status for result in results] == ["failed", "done"]
    assert run.n_pixels == 128
    page = run._repr_html_()
    assert all(f">{words}</span> {n}" in page for words, n in (("done", 1), ("failed", 1), ("left", 1)))
    assert ">pixels done</span> 50%" in page
    assert [result.status for result in run] == ["done"]
    page = run._repr_html_()
    assert ">done</span> 2" in page
    assert ">left<" not in page
    assert ">pixels done</span> 100%" in page
    again = process_folder(photos / "img1.png", **options)
    list(again)
    assert "Run of 1 file<" in again._repr_html_()
    assert ">skipped</span> 1" in again._repr_html_()
    os.utime(photos / "img1.png", ns=(1, 1))
    assert ">to check</span> 1" in process_folder(photos / "img1.png", **options)._repr_html_()


def test_what_cannot_be_read_stops_a_run_that_stops_at_failures(
    photos: Path, tmp_path: Path, quick: dict[str, Any]
) -> None:
    inputs = [photos / "img1.png", tmp_path / "none.png", photos / "img2.png"]
    with process_folder(inputs, output_dir=tmp_path / "out", parameters=quick, fail_fast=True) as run:
        found = {Path(result.input).name: result for result in run}
        assert f"{tmp_path / 'none.png'} failed" in run.stopped
        assert "stopped" in run._repr_html_()
    assert found["none.png"].status == "failed"
    for name in ("img1.png", "img2.png"):
        assert found[name].status == "skipped"
        assert found[name].reason.code is Code.STOPPED
    assert not list((tmp_path / "out").glob("*.png"))
    with process_folder(inputs, output_dir=tmp_path / "out", parameters=quick) as run:
        assert sorted(result.status for result in run) == ["done", "done", "failed"]
        assert not run.stopped


def test_a_run_in_a_thread_leaves_signals_alone(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    found, before = list[str](), signal.getsignal(signal.SIGTERM)

    def work() -> None:
        for result in process_folder(photos, output_dir=tmp_path / "out", parameters=quick, n_jobs=1):
            found.append(result.status)
            assert signal.getsignal(signal.SIGTERM) == before

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["done"] * 4


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "no permission; change the mode of its folder"),
        (FileNotFoundError(), "no such file; check the name"),
        (NotADirectoryError(), "no such file; check the name"),
        (OSError(errno.EIO, "Input/output error"), "; check the name and the device"),
    ],
)
def test_why_an_input_cannot_be_looked_at(
    error: OSError, said: str, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> Any:
        raise error

    monkeypatch.setattr("imgcluster.batch._plan.status", refuse)
    (file,) = plan_folder(photos / "img1.png", output_dir=tmp_path / "out").files
    assert file.action == "fail"
    assert file.text.endswith(said)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_no_input(tmp_path: Path, quick: dict[str, Any]) -> None:
    os.mkfifo(tmp_path / "a.png")
    (file,) = plan_folder(tmp_path / "a.png", output_dir=tmp_path / "out", parameters=quick).files
    assert file.action == "fail"
    assert file.reason is not None
    assert file.reason.code is Code.NOT_A_FILE
    (result,) = process_folder(tmp_path / "a.png", output_dir=tmp_path / "out", parameters=quick)
    assert (result.status, result.text) == ("failed", file.text)


def test_what_a_folder_that_cannot_be_listed_becomes(
    photos: Path, tmp_path: Path, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(path: Any = ".") -> Any:
        if Path(path).name == "sub":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    run = process_folder(photos, output_dir=tmp_path / "out", parameters=quick, recursive=True, n_jobs=1)
    (failed,) = [result for result in run if result.status != "done"]
    assert (failed.status, failed.input) == ("failed", str(photos / "sub"))
    assert failed.text.startswith("cannot list this folder: ")


@pytest.mark.parametrize("name", ["fcntl.flock", "os.ftruncate", "os.pwrite"])
def test_a_folder_that_cannot_be_locked(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fcntl", reason="Windows locks otherwise")

    def refuse(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(name, refuse)
    with pytest.raises(ImageWriteError, match=f"cannot write {tmp_path}: no space left on the device"):
        FolderLock(str(tmp_path))
    monkeypatch.undo()
    FolderLock(str(tmp_path)).release()


def test_a_lock_that_is_held(tmp_path: Path) -> None:
    with FolderLock(str(tmp_path)):
        with pytest.raises(FolderBusyError) as busy:
            FolderLock(str(tmp_path))
        assert busy.value.pid == os.getpid()
        next(tmp_path.glob(".*lock*")).write_text("not a number")
        with pytest.raises(FolderBusyError) as busy:
            FolderLock(str(tmp_path))
        assert busy.value.pid is None
    FolderLock(str(tmp_path)).release()


def test_names_of_inputs_tell_them_apart() -> None:
    assert name_inputs(["a/x.png", "a/y.png", "a/x.png"], "-quantized.png") == {"a/x.png": "x", "a/y.png": "y"}
    assert name_inputs(["x.png", "x.jpg"], ".png") == {"x.png": "x.png", "x.jpg": "x.jpg"}
    assert len(set(name_inputs(["a/x.png", "b/X.png"], ".png").values())) == 2
    (long,) = name_inputs([f"{'n' * 300}.png"], "-quantized.png").values()
    assert len(long) == 255 - len("-quantized.png")


def test_shares_of_colors_are_those_of_pixels(tmp_path: Path, paint: Callable[..., Path]) -> None:
    pixels = np.zeros((4, 5, 4), np.uint8)
    pixels[0] = [200, 0, 0, 255]
    pixels[1:, :2] = [0, 0, 200, 120]
    found = build_palette(saved(tmp_path / "glass.png", pixels), 3, n_jobs=1)
    shares = dict(zip(found.palette.hex, found.shares.tolist(), strict=True))
    assert shares == pytest.approx({"#c80000": 0.25, "#0000c878": 0.3, "#00000000": 0.45})
    opaque = build_palette(saved(tmp_path / "opaque.png", pixels[..., :3]), 3, n_jobs=1)
    shares = dict(zip(opaque.palette.hex, opaque.shares.tolist(), strict=True))
    assert shares == pytest.approx({"#c80000": 0.25, "#0000c8": 0.3, "#000000": 0.45})


def test_an_empty_file_may_be_overwritten_by_a_manifest(tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl"):
        (tmp_path / name).touch()
        assert is_manifest(tmp_path / name)
        (tmp_path / name).write_text("of somebody else\n")
        assert not is_manifest(tmp_path / name)
