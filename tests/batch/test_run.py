"""Runs over folders: what is planned, done, kept and refused."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import imgcluster as ic
from imgcluster.batch import FolderRun, JobOutcome, plan_folder, process_folder
from imgcluster.errors import FolderBusyError, ImageWriteError
from imgcluster.facts import Code, Loss, Reason
from imgcluster.tasks import FileResult


def by_name(results: FolderRun) -> dict[str, Any]:
    return {Path(result.input).name: result for result in results}


class Inline:
    """An executor that does the jobs in this process, and counts how many pictures were decoded."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def run(self, task: Any, jobs: Any, n_jobs: int) -> Generator[Any, None, None]:
        from imgcluster.batch import run_job

        for job in jobs:
            self.done.append(job.source)
            yield run_job(task, job)


def test_a_run_mirrors_the_folders_and_writes_what_quantize_would(
    photos: Path, tmp_path: Path, quick: dict[str, Any], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    run = process_folder(photos, output_dir=tmp_path / "out", parameters=quick, recursive=True, n_jobs=2)
    results = list(run)
    assert Counter(result.status for result in results) == {"done": 6}
    assert set(tree(tmp_path / "out")) == {
        "b-quantized.png",
        "img1-quantized.png",
        "img2-quantized.png",
        "img10-quantized.png",
        "sub/img1-quantized.png",
        "sub/deep/x-quantized.png",
    }
    for result in results:
        expected = ic.quantize(result.input, **quick)
        np.testing.assert_array_equal(np.asarray(Image.open(result.outputs[0]).convert("RGB")), expected.to_array())
        assert (result.width, result.height, result.n_colors) == (8, 8, 4)
        assert result.psnr == pytest.approx(expected.psnr)
        assert result.bytes_before == Path(result.input).stat().st_size
        assert result.bytes_after == Path(result.outputs[0]).stat().st_size
        assert len(result.hash) == 64  # type: ignore[arg-type]
        assert result.palette == tuple(f"#{color.tobytes().hex()}" for color in expected.palette)
    assert run.n_pixels == 6 * 64
    assert run.running == ()


def test_a_second_run_decodes_nothing_and_tells_the_same(
    photos: Path, tmp_path: Path, quick: dict[str, Any], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "recursive": True}
    first = by_name(process_folder(photos, executor=Inline(), **options))
    before = tree(tmp_path / "out")
    executor = Inline()
    second = by_name(process_folder(photos, executor=executor, **options))
    assert executor.done == []
    assert tree(tmp_path / "out") == before
    for name, result in second.items():
        assert (result.status, result.text) == ("skipped", "done before")
        assert result.to_dict() == first[name].to_dict() | {
            "status": "skipped",
            "reason": "done-before",
            "text": "done before",
            "milliseconds": None,
        }


def test_a_touched_file_is_hashed_once_and_not_done_again(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick}
    list(process_folder(photos, executor=Inline(), **options))
    os.utime(photos / "img1.png", ns=(1, 1))
    plan = plan_folder(photos, **options)
    assert [file.action for file in plan.files] == ["skip", "check", "skip", "skip"]
    executor = Inline()
    results = by_name(process_folder(photos, executor=executor, **options))
    assert results["img1.png"].text == "done before"
    assert results["img1.png"].psnr is not None
    assert executor.done == [str(photos / "img1.png")]
    executor = Inline()
    list(process_folder(photos, executor=executor, **options))
    assert executor.done == []


def test_outputs_that_are_gone_are_made_again(
    photos: Path, tmp_path: Path, quick: dict[str, Any], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick}
    list(process_folder(photos, executor=Inline(), **options))
    before = tree(tmp_path / "out")
    (tmp_path / "out" / "b-quantized.png").unlink()
    results = by_name(process_folder(photos, executor=Inline(), **options))
    assert {name for name, result in results.items() if result.status == "done"} == {"b.webp"}
    assert tree(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("parameters", "exists, made with other parameters or by another version; force (-f) overwrites it"),
        ("content", "exists, made from other content; force (-f) overwrites it"),
        ("output", "exists, made by an earlier run and changed since; force (-f) overwrites it"),
        ("state", "exists; force (-f) overwrites it"),
    ],
)
def test_nothing_is_overwritten_without_force(
    photos: Path,
    tmp_path: Path,
    quick: dict[str, Any],
    paint: Callable[..., Path],
    tree: Callable[[Path], dict[str, bytes]],
    change: str,
    reason: str,
) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "include": "img1.png"}
    list(process_folder(photos, parameters=quick, executor=Inline(), **options))
    output = tmp_path / "out" / "img1-quantized.png"
    if change == "parameters":
        quick = quick | {"n_colors": 5}
    elif change == "content":
        paint(photos / "img1.png", 99)
    elif change == "output":
        output.write_bytes(b"a user's own")
    else:
        (tmp_path / "out" / ".imgcluster-state.jsonl").unlink()
    before = tree(tmp_path / "out")
    for _ in range(2):
        (result,) = process_folder(photos, parameters=quick, executor=Inline(), **options)
        assert (result.status, result.text) == ("skipped", f"{output} {reason}")
        assert tree(tmp_path / "out") == before
    (result,) = process_folder(photos, parameters=quick, executor=Inline(), force=True, **options)
    assert result.status == "done"
    assert output.read_bytes() != before["img1-quantized.png"] or change == "state"
    (result,) = process_folder(photos, parameters=quick, executor=Inline(), **options)
    assert result.text == "done before"


def test_a_default_given_by_name_changes_nothing(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    list(process_folder(photos, "quantize", tmp_path / "out", parameters=quick, executor=Inline()))
    same = quick | {"method": "kmeans", "random_state": 0}
    results = list(process_folder(photos, "quantize", tmp_path / "out", parameters=same, executor=Inline()))
    assert {result.text for result in results} == {"done before"}


def test_a_folder_of_outputs_may_move(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    list(process_folder(photos, output_dir=tmp_path / "out", parameters=quick, executor=Inline()))
    (tmp_path / "out").rename(tmp_path / "moved")
    results = list(process_folder(photos, output_dir=tmp_path / "moved", parameters=quick, executor=Inline()))
    assert {result.text for result in results} == {"done before"}
    assert results[0].outputs[0].startswith(str(tmp_path / "moved"))


@pytest.mark.parametrize("inside", ["out", "."])
def test_outputs_inside_the_inputs_are_no_inputs(
    photos: Path, quick: dict[str, Any], tree: Callable[[Path], dict[str, bytes]], inside: str
) -> None:
    for _ in range(2):
        results = list(process_folder(photos, output_dir=photos / inside, parameters=quick, executor=Inline()))
        assert len(results) == 4
    assert len(tree(photos)) == 6 + 4


def test_the_folder_of_outputs_is_not_walked_unless_it_is_named(
    photos: Path, quick: dict[str, Any], paint: Callable[..., Path]
) -> None:
    paint(photos / "out" / "of-somebody-else.png")
    for inputs, n_files in ((photos, 6), ([photos, photos / "out"], 7), (photos / "out", 1)):
        plan = plan_folder(inputs, output_dir=photos / "out", parameters=quick, recursive=True)
        assert len(plan.files) == n_files


def test_an_output_that_is_an_input_is_rejected_for_that_file(
    tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path]
) -> None:
    names = ["a.png", "a-quantized.png", "b.png", "b-quantized.png"]
    files = [paint(tmp_path / name, i) for i, name in enumerate(names)]
    (tmp_path / "b-quantized.png").unlink()
    (tmp_path / "b-quantized.png").symlink_to("b.png")
    before = files[1].read_bytes(), files[2].read_bytes()
    results = by_name(process_folder(tmp_path, output_dir=tmp_path, parameters=quick, force=True, executor=Inline()))
    for name in ("a.png", "b.png"):
        assert results[name].status == "failed"
        assert "is an input of this run; choose another name or folder" in results[name].text
    assert (files[1].read_bytes(), files[2].read_bytes()) == before
    assert results["a-quantized.png"].status == "done"


def test_planning_writes_nothing_and_names_collisions(
    photos: Path, tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path]
) -> None:
    paint(photos / "img1.jpg")
    before = sorted(tmp_path.rglob("*"))
    plan = plan_folder(photos, output_dir=tmp_path / "out", parameters=quick)
    assert sorted(tmp_path.rglob("*")) == before
    assert plan.collisions == ((str(photos / "img1.jpg"), str(photos / "img1.png")),)
    assert [Path(file.outputs[0]).name for file in plan.files] == [
        "b-quantized.png",
        "img1.jpg-quantized.png",
        "img1.png-quantized.png",
        "img2-quantized.png",
        "img10-quantized.png",
    ]
    assert {file.action for file in plan.files} == {"make"}


def test_no_match_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = process_folder(tmp_path / "empty", output_dir=tmp_path / "out")
    assert list(run) == []
    assert run.plan.files == ()
    (result,) = process_folder(tmp_path / "missing.png", output_dir=tmp_path / "out")
    assert result.status == "failed"
    assert not (tmp_path / "out").exists()


def test_names_that_break_programs(
    tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    names = ["-rf.png", "new\nline.png", "\udcff\udcfe.png", "x" * 251 + ".png", "\x1b[31m<b>.png"]
    for i, name in enumerate(names):
        paint(tmp_path / "in" / "a.png", i).rename(tmp_path / "in" / name)
    results = list(process_folder(tmp_path / "in", output_dir=tmp_path / "out", parameters=quick, executor=Inline()))
    assert [result.status for result in results] == ["done"] * 5
    assert len(tree(tmp_path / "out")) == 5
    again = list(process_folder(tmp_path / "in", output_dir=tmp_path / "out", parameters=quick, executor=Inline()))
    assert [result.text for result in again] == ["done before"] * 5


def test_bad_inputs_cost_only_themselves(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (photos / "empty.jpg").touch()
    (photos / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(tmp_path / "pipe.png")
    inputs = [photos, photos / "missing.png", tmp_path / "pipe.png", photos / "img1.png" / "x.png"]
    results = by_name(process_folder(inputs, output_dir=tmp_path / "out", parameters=quick, n_jobs=1))
    failed = {name: result.text for name, result in results.items() if result.status == "failed"}
    assert failed["empty.jpg"] == "it is empty (0 bytes); get a fresh copy"
    assert failed["missing.png"] == failed["gone.png"] == failed["x.png"] == "no such file; check the name"
    assert failed["pipe.png"] == "it is a pipe or a device, not a file; copy what it holds to a file"
    assert failed["broken.png"].startswith("it is a damaged PNG")
    assert len(failed) == 6
    assert sum(result.status == "done" for result in results.values()) == 4


def test_files_that_vanish_or_change_during_the_run(
    photos: Path, tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path]
) -> None:
    run = process_folder(photos, output_dir=tmp_path / "out", parameters=quick, executor=Inline())
    (photos / "img1.png").unlink()
    paint(photos / "img2.png", 99)
    results = by_name(run)
    assert (results["img1.png"].status, results["img1.png"].text) == ("failed", "no such file; check the name")
    assert results["img2.png"].status == "done"
    (result,) = process_folder(
        photos / "img2.png", output_dir=tmp_path / "out", parameters=quick, executor=Inline(), resume=True
    )
    assert result.text == "done before"


def test_superpixels_with_extras(photos: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "parameters": {"n_segments": 4},
        "extras": {"labels": ".npy", "table": ".csv", "geojson": ".geojson"},
    }
    run = process_folder(photos / "img1.png", "superpixels", tmp_path / "out", executor=Inline(), **options)
    (result,) = run
    assert [Path(path).name for path in result.outputs] == [
        "img1-superpixels.png",
        "img1-labels.npy",
        "img1-table.csv",
        "img1-polygons.geojson",
    ]
    assert result.n_segments == len(np.unique(np.load(result.outputs[1])))


def test_outputs_that_are_missing_or_asked_for_later_are_made(
    photos: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    out = tmp_path / "out"

    def run(**options: Any) -> Any:
        arguments: dict[str, Any] = {
            "parameters": {"n_segments": 4},
            "extras": {"labels": ".npy"},
            "executor": Inline(),
            "resume": True,
        }
        (result,) = process_folder(photos / "img1.png", "superpixels", out, **(arguments | options))
        if result.outputs:
            # all that hold the result, also where they were made before
            asked = (options.get("extras", arguments["extras"]) or {}).items()
            names = ["img1-superpixels.png", *(f"img1-{kind}{ending}" for kind, ending in asked)]
            assert [Path(path).name for path in result.outputs] == names
            assert result.bytes_after == sum(Path(path).stat().st_size for path in result.outputs)
        return result.status, result.text

    assert run() == ("done", "")
    whole = tree(out)
    for name in whole:
        (out / name).unlink()
        assert run() == ("done", "")
        assert tree(out) == whole
        assert run() == ("skipped", "done before")
    more = {"labels": ".npy", "table": ".csv"}
    assert run(extras=more) == ("done", "")
    assert tree(out).keys() - whole.keys() == {"img1-table.csv"}
    # what one run did not ask for is still known to the next
    for extras in (None, {"table": ".csv"}, more):
        assert run(extras=extras) == ("skipped", "done before")
    # what somebody else wrote is not ours, and neither is what was made of other content
    (out / "img1-polygons.geojson").write_text("{}")
    assert "img1-polygons.geojson exists; force" in run(extras={"geojson": ".geojson"})[1]
    (out / "img1-labels.npy").unlink()
    Image.new("RGB", (8, 8)).save(photos / "img1.png")
    assert "img1-superpixels.png exists, made from other content; force" in run()[1]
    assert run(force=True) == ("done", "")
    assert run(extras=more)[1].endswith("img1-table.csv exists; force (-f) overwrites it")


@pytest.mark.parametrize("resume", [True, False])
def test_what_nobody_knows_is_kept_and_what_is_missing_beside_it_made(
    photos: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]], resume: bool
) -> None:
    out = tmp_path / "out"

    def run(**options: Any) -> FileResult:
        arguments: dict[str, Any] = {
            "parameters": {"n_segments": 4},
            "extras": {"labels": ".npy", "table": ".csv"},
            "executor": Inline(),
            "resume": resume,
        }
        (result,) = process_folder(photos / "img1.png", "superpixels", out, **(arguments | options))
        return result

    out.mkdir()
    for name in ("img1-superpixels.png", "img1-labels.npy"):
        (out / name).write_bytes(b"a user's own")
    kept = tuple(str(out / name) for name in ("img1-superpixels.png", "img1-labels.npy"))
    result = run()
    assert (result.status, result.kept, result.outputs) == ("done", kept, (str(out / "img1-table.csv"),))
    assert result.bytes_after == (out / "img1-table.csv").stat().st_size
    before = tree(out)
    assert [before[Path(path).name] for path in kept] == [b"a user's own"] * 2
    result = run()
    assert (result.status, result.reason.code) == ("skipped", Code.EXISTS)
    assert tree(out) == before
    (out / "img1-table.csv").unlink()
    assert (run().kept, tree(out)) == (kept, before)
    result = run(force=True)
    assert (result.status, result.kept, len(result.outputs)) == ("done", (), 3)
    assert all(data != b"a user's own" for data in tree(out).values())
    assert tree(out)["img1-table.csv"] == before["img1-table.csv"]


def test_what_was_kept_once_is_not_reported_again(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    labels = tmp_path / "out" / "img1-labels.npy"
    labels.write_bytes(b"a user's own")
    options: dict[str, Any] = {"parameters": {"n_segments": 4}, "include": "img1.png", "executor": Inline()}
    for extras, status, kept in (({"labels": ".npy"}, "done", (str(labels),)), (None, "skipped", ())):
        (result,) = process_folder(photos, "superpixels", tmp_path / "out", extras=extras, **options)
        assert (result.status, result.kept) == (status, kept)
        assert result.outputs == (str(tmp_path / "out" / "img1-superpixels.png"),)


def test_what_a_failed_run_did_not_write_beside_what_was_kept_is_not_ours(photos: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "parameters": {"n_segments": 4},
        "extras": {"labels": ".npy"},
        "include": "img1.png",
        "executor": Inline(),
    }
    picture, labels = tmp_path / "out" / "img1-superpixels.png", tmp_path / "out" / "img1-labels.npy"
    whole = (photos / "img1.png").read_bytes()
    (photos / "img1.png").write_bytes(b"bad")
    picture.parent.mkdir()
    picture.write_bytes(b"a user's own")
    (result,) = process_folder(photos, "superpixels", tmp_path / "out", **options)
    assert result.status == "failed"
    labels.write_bytes(b"a user's own, too")
    (photos / "img1.png").write_bytes(whole)
    (result,) = process_folder(photos, "superpixels", tmp_path / "out", **options)
    assert (result.status, result.reason.code) == ("skipped", Code.EXISTS)
    assert (picture.read_bytes(), labels.read_bytes()) == (b"a user's own", b"a user's own, too")


def test_force_makes_again_what_was_changed_without_changing_its_size(
    photos: Path, tmp_path: Path, quick: dict[str, Any], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    out = tmp_path / "out"

    def run(**options: Any) -> Any:
        (result,) = process_folder(
            photos / "img1.png", output_dir=out, parameters=quick, executor=Inline(), resume=True, **options
        )
        return result.status

    assert run() == "done"
    whole = tree(out)
    # what is there and untouched, too
    assert run(force=True) == "done"
    assert run() == "skipped"
    assert tree(out) == whole
    picture = out / "img1-quantized.png"
    picture.write_bytes(whole[picture.name][:-1] + b"?")
    assert run() == "skipped"
    assert run(force=True) == "done"
    assert tree(out) == whole


def test_segment_in_another_style_and_format(photos: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"parameters": {"n_clusters": 6}, "style": "boundaries", "format": "webp"}
    run = process_folder(photos / "img1.png", "segment", tmp_path, executor=Inline(), **options)
    (result,) = run
    assert Path(result.outputs[0]).name == "img1-segments.webp"
    assert result.n_segments == 6


def test_dropped_metadata_is_named(tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path]) -> None:
    image = Image.open(paint(tmp_path / "plain.png"))
    exif = Image.Exif()
    exif[0x010E] = "a description"
    image.save(tmp_path / "exif.jpg", exif=exif, comment=b"hello")
    image.putalpha(100)
    image.save(tmp_path / "alpha.png")
    image.save(tmp_path / "frames.gif", save_all=True, append_images=[Image.new("RGB", (8, 8))])
    options: dict[str, Any] = {"parameters": quick, "executor": Inline()}
    results = by_name(process_folder(tmp_path, output_dir=tmp_path / "out", **options))
    assert results["plain.png"].dropped == ()
    assert results["exif.jpg"].dropped == ()
    with Image.open(results["exif.jpg"].outputs[0]) as kept:
        assert kept.getexif()[0x010E] == "a description"
    bitmaps = by_name(process_folder(tmp_path, output_dir=tmp_path / "out", format="bmp", **options))
    assert bitmaps["exif.jpg"].dropped == (Loss.EXIF, Loss.TEXT)
    assert (results["alpha.png"].dropped, bitmaps["alpha.png"].dropped[0]) == ((), Loss.ALPHA)
    assert (results["frames.gif"].n_frames, results["frames.gif"].dropped) == (2, ())
    assert "a BMP holds one picture, not 2 frames" in bitmaps["frames.gif"].text


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"task": "sharpen"}, ValueError, "task must be one of quantize, superpixels, segment, got 'sharpen'"),
        ({"parameters": {"n_colors": 0}}, ValueError, "n_colors must be between 1 and 65536, got 0"),
        ({"parameters": {"n_colours": 4}}, TypeError, "n_colours"),
        ({"parameters": {"n_threads": 4}}, ValueError, "parameters must not hold image, n_threads"),
        ({"parameters": {"n_colors": 300}}, ValueError, "write lossless WebP instead"),
        ({"parameters": {"random_state": np.random.default_rng()}}, TypeError, "must be a number, a text or an array"),
        ({"format": "jpg"}, ValueError, "format must be one of png, "),
        ({"task": "segment", "format": "gif"}, ValueError, "format must be one of png, "),
        ({"style": "mosaic"}, ValueError, "style is for superpixels and segment, got one with quantize; leave it out"),
        ({"task": "segment", "style": "flat"}, ValueError, "style must be one of mosaic, "),
        (
            {"task": "segment", "extras": {"labels": ".jpg"}},
            ValueError,
            "labels must end in .png, .tif, .tiff, .npy, got",
        ),
        (
            {"task": "segment", "extras": {"masks": "m"}},
            ValueError,
            "extras of segment may be labels, table, edges, polygons, geojson, npz, qupath, ",
        ),
        ({"extras": {"labels": ".png"}}, ValueError, "extras of quantize may be masks, got 'labels'; leave it out"),
        ({"extras": {"masks": "m"}}, ValueError, "names of outputs and masks are for single files"),
        ({"output": "a.png"}, ValueError, "output is for a single input; name a folder as output_dir for several"),
        ({"inputs": []}, ValueError, "inputs must name at least one file or folder"),
        ({"inputs": ["a.png", ""]}, ValueError, "got ''; use . for the current folder"),
        ({"inputs": None}, TypeError, "inputs must be a path or paths, got NoneType"),
        ({"inputs": [np.zeros((2, 2, 3), np.uint8)]}, TypeError, "inputs must be a path or paths, got ndarray"),
        ({"executor": object()}, TypeError, "executor must be an address or have a method run, got object"),
        ({"task": "segment"}, ValueError, "parameters must hold n_clusters for segment, such as"),
        ({"output_dir": ""}, ValueError, "output_dir must name a folder"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be at least 1"),
        ({"timeout": 0}, ValueError, "timeout must be more than 0 seconds"),
        ({"max_memory": "1 GB"}, TypeError, "max_memory must be a whole number"),
    ],
)
def test_wrong_parameters_are_rejected_before_anything_is_written(
    photos: Path, tmp_path: Path, options: dict[str, Any], error: Any, message: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(error, match=message):
        process_folder(**dict[str, Any](inputs=[photos], output_dir=tmp_path / "out") | options)
    assert sorted(tmp_path.rglob("*")) == before


def test_two_runs_at_once(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "executor": Inline()}
    with process_folder(photos, **options) as first:
        next(first)
        with pytest.raises(FolderBusyError, match=f"is being written by process {os.getpid()}; wait for it") as busy:
            process_folder(photos, **options)
        assert busy.value.pid == os.getpid()
        plan_folder(photos, output_dir=tmp_path / "out", parameters=quick)
    assert Counter(result.status for result in process_folder(photos, **options)) == {"skipped": 1, "done": 3}


def test_a_dropped_run_lets_the_folder_go(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "executor": Inline()}
    process_folder(photos, **options)
    run = process_folder(photos, **options)
    next(run)
    del run
    assert len(list(process_folder(photos, **options))) == 4


def test_a_folder_of_outputs_that_is_a_file(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ImageWriteError, match="cannot write"):
        process_folder(photos, output_dir=tmp_path / "out")


def test_a_folder_that_may_not_be_written(photos: Path, tmp_path: Path, not_as_root: None) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(ImageWriteError, match="no permission"):
        process_folder(photos, output_dir=tmp_path / "out")


def test_a_file_in_the_way_of_a_folder_costs_only_what_goes_there(
    photos: Path, tmp_path: Path, quick: dict[str, Any]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").write_text("a file")
    options: dict[str, Any] = {
        "output_dir": tmp_path / "out",
        "parameters": quick,
        "recursive": True,
        "executor": Inline(),
    }
    results = list(process_folder(photos, **options))
    assert Counter(result.status for result in results) == {"done": 4, "failed": 2}
    assert all("a file is in the way" in result.text for result in results if result.status == "failed")


def test_fail_fast(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    (photos / "a_bad.png").write_bytes(b"bad")
    options: dict[str, Any] = {
        "output_dir": tmp_path / "out",
        "parameters": quick,
        "fail_fast": True,
        "executor": Inline(),
    }
    results = list(process_folder(photos, **options))
    assert [result.status for result in results] == ["failed"] + ["skipped"] * 4
    assert results[-1].text == f"not done, because {photos / 'a_bad.png'} failed"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_stops_the_run(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "img1-quantized.png").symlink_to("/dev/full")
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "force": True, "executor": Inline()}
    run = process_folder(photos, **options)
    results = [(Path(result.input).name, result.status) for result in run]
    assert results == [("b.webp", "done"), ("img1.png", "failed"), ("img2.png", "skipped"), ("img10.jpg", "skipped")]
    assert run.stopped == "no space left on the device"


def test_a_journal_that_cannot_be_written_stops_the_run(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".imgcluster-state.jsonl").symlink_to("nowhere/at/all")
    results = list(process_folder(photos, output_dir=tmp_path / "out", parameters=quick, executor=Inline()))
    assert {result.status for result in results} == {"skipped"}
    assert "not done, because cannot write" in results[0].text


def test_journals_survive_what_is_torn_or_strange(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick}
    list(process_folder(photos, executor=Inline(), **options))
    journal = tmp_path / "out" / ".imgcluster-state.jsonl"
    whole = journal.read_bytes()
    strange = [
        b"null",
        b"[]",
        b"{}",
        b"[[]]",
        b'{"done":[]}',
        b'{"done":[1]}',
        b"\xff",
        b'{"done":["b-quantized.png"]}',
    ]
    for data, n_done in ((whole[:-20], 3), (whole + b'{"done":["img1-', 4), (b"\n".join([whole, *strange]), 3)):
        journal.write_bytes(data)
        plan = plan_folder(photos, **options)
        assert Counter(file.action for file in plan.files)["skip"] >= n_done
        assert Counter(file.text for file in plan.files)["done before"] == n_done
    journal.write_bytes(whole[:-20])
    assert Counter(result.status for result in process_folder(photos, executor=Inline(), **options))["failed"] == 0
    assert all(json.loads(line) for line in journal.read_bytes().split(b"\n")[-3:] if line)


def test_journals_do_not_grow_without_end(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "include": "img1.png"}
    list(process_folder(photos, executor=Inline(), **options))
    journal = tmp_path / "out" / ".imgcluster-state.jsonl"
    journal.write_bytes(journal.read_bytes() * 800)
    os.utime(photos / "img1.png", ns=(5, 5))
    list(process_folder(photos, executor=Inline(), **options))
    assert len(journal.read_bytes().splitlines()) < 5
    executor = Inline()
    list(process_folder(photos, executor=executor, **options))
    assert executor.done == []


def test_what_a_killed_run_began_is_ours_to_replace(
    photos: Path, tmp_path: Path, quick: dict[str, Any], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick}

    class Killed(Inline):
        def run(self, task: Any, jobs: Any, n_jobs: int) -> Generator[Any, None, None]:
            for outcome in super().run(task, jobs, n_jobs):
                if outcome.result.input.endswith("img2.png"):
                    raise KeyboardInterrupt  # after its output was written, before anybody knew
                yield outcome

    with pytest.raises(KeyboardInterrupt):
        list(process_folder(photos, executor=Killed(), **options))
    assert "img2-quantized.png" in tree(tmp_path / "out")
    results = by_name(process_folder(photos, executor=Inline(), **options))
    assert results["img2.png"].status == "done"


def test_what_failed_is_tried_again_and_its_output_is_not_ours(
    photos: Path, tmp_path: Path, quick: dict[str, Any]
) -> None:
    (photos / "img1.png").write_bytes(b"bad")
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": quick, "executor": Inline()}
    for _ in range(2):
        assert by_name(process_folder(photos, **options))["img1.png"].status == "failed"
    (tmp_path / "out" / "img1-quantized.png").write_bytes(b"a user's own")
    assert by_name(process_folder(photos, **options))["img1.png"].status == "skipped"


def test_leftovers_of_killed_processes_are_removed_and_those_of_living_ones_stay(
    photos: Path, tmp_path: Path, quick: dict[str, Any]
) -> None:
    out = tmp_path / "out"
    (out / "sub").mkdir(parents=True)
    dead = [out / ".imgcluster-4194305-0123abcd.tmp", out / "sub" / ".imgcluster-4194305-00000000.tmp"]
    living = [out / f".imgcluster-{os.getppid()}-0123abcd.tmp", out / ".imgcluster-notes.tmp"]
    for path in dead + living:
        path.touch()
    list(process_folder(photos, output_dir=out, parameters=quick, recursive=True, executor=Inline()))
    assert [path.exists() for path in dead + living] == [False, False, True, True]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to see it in")
def test_a_process_that_has_ended_but_whose_parent_has_not_asked_counts_as_dead(
    photos: Path, tmp_path: Path, quick: dict[str, Any]
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    os.kill(ended.pid, 0)
    leftover = tmp_path / "out" / f".imgcluster-{ended.pid}-0123abcd.tmp"
    leftover.parent.mkdir()
    leftover.touch()
    list(process_folder(photos, output_dir=tmp_path / "out", parameters=quick, executor=Inline()))
    assert not leftover.exists()
    ended.wait()


def test_sigterm_ends_a_run_as_ctrl_c_does(photos: Path, tmp_path: Path, quick: dict[str, Any]) -> None:
    class Slow(Inline):
        def run(self, task: Any, jobs: Any, n_jobs: int) -> Generator[Any, None, None]:
            next(jobs)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
            yield JobOutcome(0, FileResult("", "failed"))

    with pytest.raises(SystemExit) as ended:
        list(process_folder(photos, output_dir=tmp_path / "out", parameters=quick, executor=Slow()))
    assert ended.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_what_a_shared_palette_costs_is_measured_where_it_was_not(
    photos: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    palette = np.array([[0, 0, 0], [200, 200, 200]], np.uint8)
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "parameters": {"palette": palette}, "executor": Inline()}
    first = by_name(process_folder(photos, **options))
    before = tree(tmp_path / "out")
    os.utime(photos / "img1.png", ns=(1, 1))
    (tmp_path / "out" / "img2-quantized.png").write_bytes(b"changed")
    # none of a picture that was too large when it was done, and is so still
    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", 63)
    plan = plan_folder(photos, own_psnr=True, **{name: options[name] for name in ("output_dir", "parameters")})
    assert {Path(file.input).name: file.action for file in plan.files}["img10.jpg"] == "skip"
    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", 64)
    second = by_name(process_folder(photos, own_psnr=True, **options))
    assert {name: result.status for name, result in second.items()} == {
        "img1.png": "skipped",  # touched: the same content
        "img2.png": "skipped",  # not as it was left
        "img10.jpg": "done",
        "b.webp": "done",
    }
    assert second["b.webp"].own_psnr > second["b.webp"].psnr == first["b.webp"].psnr
    after = tree(tmp_path / "out")
    assert after.pop("img2-quantized.png") == b"changed"
    assert after.items() < before.items()
    third = by_name(process_folder(photos, own_psnr=True, **options))
    assert (third["b.webp"].status, third["b.webp"].own_psnr) == ("skipped", second["b.webp"].own_psnr)
    assert third["img1.png"].status == "done"


def test_bands_go_before_the_cost_of_a_shared_palette(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paint: Callable[..., Path]
) -> None:
    from imgcluster.batch import Job, Task
    from imgcluster.batch.executors._memory import bytes_needed

    monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", 100)
    read: list[Any] = []
    real = ic.quantize

    @wraps(real)
    def spy(image: Any, *args: Any, **parameters: Any) -> Any:
        if hasattr(image, "read"):
            read.append(image)
        return real(image, *args, **parameters)

    monkeypatch.setattr("imgcluster.quantization.quantize", spy)
    source = paint(tmp_path / "in" / "big.tif", size=40)
    parameters = {"palette": np.array([[0, 0, 0], [200, 200, 200]], np.uint8)}
    options: dict[str, Any] = {
        "output_dir": tmp_path / "out",
        "parameters": parameters,
        "own_psnr": True,
        "executor": Inline(),
        "resume": True,
    }
    (result,) = process_folder(source, **options)
    assert (result.status, result.own_psnr, read) == ("done", None, [])
    (result,) = process_folder(source, **options)
    assert result.text == "done before"
    job = Job(0, "big.tif", {}, n_pixels=10**9)
    banded = bytes_needed(Task("quantize", own_psnr=True, parameters=parameters), job)
    assert banded < bytes_needed(Task("quantize", {}, format="webp"), job)


def test_pictures_larger_than_memory_go_band_by_band(
    tmp_path: Path, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch, paint: Callable[..., Path]
) -> None:
    from imgcluster.batch import Job, Task, run_job
    from imgcluster.picture import _large

    source = paint(tmp_path / "in" / "big.tif", size=40)
    jobs = [Job(0, str(source), {"picture": str(tmp_path / name / "big.png")}) for name in ("whole", "bands")]
    task = Task("quantize", quick)
    whole = run_job(task, jobs[0]).result
    monkeypatch.setattr(_large, "LARGE_PIXELS", 100)
    monkeypatch.setattr("imgcluster.quantization.quantize", None)
    outcome = run_job(task, jobs[1])
    assert outcome.result.status == "done", outcome.result.text
    assert (tmp_path / "bands" / "big.png").read_bytes() == (tmp_path / "whole" / "big.png").read_bytes()
    same: dict[str, Any] = {"outputs": whole.outputs, "milliseconds": whole.milliseconds}
    assert replace(outcome.result, **same) == whole
    assert (outcome.size, outcome.sizes) == (source.stat().st_size, {"picture": whole.bytes_after})
    touched = replace(jobs[1], otherwise=Reason(Code.OTHER_CONTENT), known_hash=whole.hash or "")
    again = run_job(task, replace(touched, outputs={})).result
    assert (again.status, again.text) == ("skipped", "done before")


def test_a_copied_input_gets_what_is_missing(tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path]) -> None:
    source = paint(tmp_path / "in" / "a.png")
    options: dict[str, Any] = {"task": "segment", "output_dir": tmp_path / "out", "parameters": {"n_clusters": 2}}
    options |= {"executor": Inline()}
    (result,) = process_folder(tmp_path / "in", **options)
    assert result.status == "done"
    os.utime(source, ns=(1, 1))
    (result,) = process_folder(tmp_path / "in", **options, extras={"labels": ".npy"})
    assert (result.status, len(result.outputs)) == ("done", 2)
    assert (tmp_path / "out" / "a-labels.npy").exists()
    (result,) = process_folder(tmp_path / "in", **options, extras={"labels": ".npy"})
    assert result.text == "done before"
    # other content is not mixed with what is there
    paint(source, seed=7)
    (tmp_path / "out" / "a-labels.npy").unlink()
    (result,) = process_folder(tmp_path / "in", **options, extras={"labels": ".npy"})
    assert result.reason is not None
    assert result.reason.code is Code.OTHER_CONTENT
    (tmp_path / "out" / "a-labels.npy").write_bytes(b"mine")
    (result,) = process_folder(tmp_path / "in", **options, extras={"labels": ".npy"})
    assert (tmp_path / "out" / "a-labels.npy").read_bytes() == b"mine"


def test_a_journal_knows_what_single_pictures_replace(
    tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path]
) -> None:
    source = paint(tmp_path / "in" / "a.png")
    options: dict[str, Any] = {"output_dir": tmp_path / "out", "format": "bmp", "executor": Inline()}
    list(process_folder(tmp_path / "in", **options, parameters=quick))
    (single,) = process_folder(source, **options, parameters=quick | {"n_colors": 3}, force=True)
    assert single.n_colors == 3
    (again,) = process_folder(tmp_path / "in", **options, parameters=quick)
    assert again.reason is not None
    assert again.reason.code is Code.OTHER_PARAMETERS
