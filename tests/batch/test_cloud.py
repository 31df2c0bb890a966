"""Runs over folders by URL: the same plan, results and bytes as on a disk."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgcluster import files as storage
from imgcluster.batch import LocalWorkers, build_palette, plan_folder, process_folder, run_job
from imgcluster.errors import ImageReadError, ImageWriteError

memory = pytest.importorskip(
    "fsspec.implementations.memory", reason="needs fsspec: pip install 'imgcluster[cloud]'"
).MemoryFileSystem

NAMES = ["img1.png", "img2.png", "img10.jpg", "b.webp", "sub/img1.png", "sub/deep/x.png"]


@pytest.fixture(autouse=True)
def empty_memory() -> None:
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


@pytest.fixture
def cloud(photos: Path) -> str:
    """The pictures of the local folder, in memory."""
    for path in photos.rglob("*.*"):
        storage.upload(str(path), f"memory://in/{path.relative_to(photos)}")
    return "memory://in"


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Count what is asked of the memory file system."""
    counts: Counter[str] = Counter()
    for name in ("info", "find", "ls", "cat_file", "get_file", "pipe_file"):
        asked = getattr(memory, name)

        def count(self: Any, *args: Any, _asked: Any = asked, _name: Any = name, **kwargs: Any) -> Any:
            counts[_name] += 1
            return _asked(self, *args, **kwargs)

        monkeypatch.setattr(memory, name, count)
    return counts


def contents(url: str) -> Any:
    return {
        name: storage.read_bytes(f"{url}/{name}")
        for name, _ in storage.listing(url, recursive=True)
        if not any(part.startswith(".") for part in name.split("/"))
    }


def below(results: Any, start: tuple[Any, str]) -> Any:
    """What results say, without times and with paths below their folders."""
    keys = ("milliseconds", "input", "outputs")
    shorter = [
        {k: v for k, v in result.to_dict().items() if k not in keys}
        | {"input": result.input.removeprefix(start[0]), "outputs": [o.removeprefix(start[1]) for o in result.outputs]}
        for result in results
    ]
    return sorted(shorter, key=lambda row: row["input"])


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("quantize", {"parameters": {"n_colors": 4, "effort": "fast"}}),
        (
            "superpixels",
            {
                "parameters": {"n_segments": 4},
                "extras": {"labels": ".npy", "table": ".csv", "geojson": ".geojson"},
            },
        ),
        ("segment", {"parameters": {"n_clusters": 2}, "extras": {"labels": ".png", "table": ".json"}}),
    ],
)
def test_the_bytes_and_results_are_those_of_a_local_run(
    cloud: Any,
    photos: Path,
    tmp_path: Path,
    tree: Callable[[Path], dict[str, bytes]],
    task: str,
    options: dict[str, Any],
) -> None:
    local = list(process_folder(photos, task, tmp_path / "out", recursive=True, n_jobs=1, **options))
    away = list(process_folder(cloud, task, "memory://out", recursive=True, **options))
    assert {result.status for result in away} == {"done"}
    assert contents("memory://out") == tree(tmp_path / "out")
    assert below(away, (cloud, "memory://out")) == below(local, (str(photos), str(tmp_path / "out")))
    # from here to there, and from there to here
    list(process_folder(photos, task, "memory://up", recursive=True, **options))
    list(process_folder(cloud, task, tmp_path / "down", recursive=True, **options))
    assert contents("memory://up") == tree(tmp_path / "down") == tree(tmp_path / "out")


def test_a_second_run_costs_listings_alone(cloud: Any, quick: dict[str, Any], requests: Any) -> None:
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick, "recursive": True}
    first = list(process_folder(cloud, **options))
    before = contents("memory://out")
    requests.clear()
    second = list(process_folder(cloud, **options))
    assert {(result.status, result.text) for result in second} == {("skipped", "done before")}
    assert requests["get_file"] == 0
    assert requests["cat_file"] <= 5  # the journal and the lease
    assert requests["info"] <= 4  # the folders and the lease
    same = {"status": "", "reason": "", "text": "", "milliseconds": 0}
    told = {result.input: result.to_dict() | same for result in first}
    assert all(result.to_dict() | same == told[result.input] for result in second)
    assert contents("memory://out") == before
    requests.clear()
    plan = plan_folder(cloud, **options)
    assert {file.action for file in plan.files} == {"skip"}
    assert (requests["info"], requests["pipe_file"]) == (1, 0)


def test_every_run_adds_to_what_the_journal_knows(cloud: Any, quick: dict[str, Any]) -> None:
    for i, name in enumerate(NAMES[:4]):
        run = process_folder(f"{cloud}/{name}", output_dir="memory://out", parameters=quick, resume=True)
        assert [result.status for result in run] == ["done"]
        plan = plan_folder(cloud, output_dir="memory://out", parameters=quick)
        known = {file.input.rpartition("/")[2]: file.text for file in plan.files}
        assert {name for name, text in known.items() if text == "done before"} == set(NAMES[: i + 1])


def test_many_files_by_name_cost_one_listing(tmp_path: Path, quick: dict[str, Any], requests: Any) -> None:
    for i in range(12):
        storage.write(f"memory://in/{i}.png", b"not a picture")
    requests.clear()
    plan = plan_folder([f"memory://in/{i}.png" for i in range(12)], output_dir=tmp_path, parameters=quick)
    assert [file.action for file in plan.files] == ["make"] * 12
    assert (requests["ls"], requests["info"]) == (1, 0)


def test_a_changed_object_is_not_overwritten_and_a_touched_one_is_done_before(
    cloud: Any, quick: dict[str, Any], paint: Callable[..., Path], tmp_path: Path
) -> None:
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick}
    list(process_folder(cloud, **options))
    storage.upload(str(paint(tmp_path / "new.png", 99)), f"{cloud}/img1.png")
    storage.write(f"{cloud}/img2.png", storage.read_bytes(f"{cloud}/img2.png"))
    plan = plan_folder(cloud, **options)
    assert {Path(file.input).name: file.action for file in plan.files} == {
        "b.webp": "skip",
        "img1.png": "check",
        "img2.png": "check",
        "img10.jpg": "skip",
    }
    results = {Path(r.input).name: r for r in process_folder(cloud, **options)}
    refused = "memory://out/img1-quantized.png exists, made from other content; force (-f) overwrites it"
    assert (results.pop("img1.png").text, {r.text for r in results.values()}) == (refused, {"done before"})
    assert {file.action for file in plan_folder(cloud, force=True, **options).files} == {"make"}
    assert {result.status for result in process_folder(cloud, force=True, **options)} == {"done"}
    again = list(process_folder(cloud, **options))
    assert {result.text for result in again} == {"done before"}


def test_the_plan_is_that_of_a_local_folder(
    cloud: Any, photos: Path, tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path]
) -> None:
    for name in ("img1.jpg", "IMG1.PNG", "sub/.hidden.png", ".hidden/x.png", "sub/skipped/x.png", "notes.txt"):
        storage.upload(str(paint(photos / name) if name[-3:] != "txt" else __file__), f"{cloud}/{name}")
    options: dict[str, Any] = {
        "parameters": quick,
        "recursive": True,
        "exclude": ["skipped", "b.*"],
        "include": ["*.png", "*.jpg"],
    }
    local = plan_folder(photos, output_dir=tmp_path / "out", **options)
    away = plan_folder(cloud, output_dir="memory://out", **options)

    def told(plan: Any, source: Any) -> Any:
        files = [
            (f.input.removeprefix(source), f.action, [o.removeprefix(plan.output_dir) for o in f.outputs])
            for f in plan.files
        ]
        return files, [[path.removeprefix(source) for path in group] for group in plan.collisions]

    assert told(away, cloud) == told(local, str(photos))
    assert away.collisions


def test_lists_several_folders_and_repeated_inputs(
    cloud: Any, photos: Path, tmp_path: Path, quick: dict[str, Any]
) -> None:
    (tmp_path / "list").write_text(f"{cloud}/sub/img1.png\n{photos}/img2.png\nmemory:///in/sub/img1.png\n")
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick}
    plan = plan_folder(
        [f"{cloud}/b.webp", f"{cloud}/b.webp", "memory:///in/b.webp"], files_from=tmp_path / "list", **options
    )
    assert [(file.input, file.action, file.text) for file in plan.files] == [
        ("memory://in/b.webp", "make", ""),
        ("memory://in/b.webp", "skip", "given twice"),
        ("memory:///in/b.webp", "skip", "given twice"),
        ("memory://in/sub/img1.png", "make", ""),
        (f"{photos}/img2.png", "make", ""),
    ]
    assert plan.files[3].outputs == ("memory://out/in/sub/img1-quantized.png",)
    plan = plan_folder([f"{cloud}/sub", f"{cloud}/", photos], recursive=True, **options)
    assert len(plan.files) == 12
    assert {file.outputs[0].removeprefix("memory://out/").split("/")[0] for file in plan.files} == {"in", "photos"}
    plan = plan_folder(
        [f"file://{photos}", f"local://{photos}/img1.png"], output_dir=f"file://{tmp_path}/x", parameters=quick
    )
    assert [file.input for file in plan.files] == [
        str(photos / name) for name in ("b.webp", "img1.png", "img2.png", "img10.jpg")
    ]
    assert plan.output_dir == str(tmp_path / "x")


@pytest.mark.parametrize("inside", ["memory://in/out", "memory://in"])
def test_outputs_inside_the_inputs_are_no_inputs(cloud: Any, quick: dict[str, Any], inside: str) -> None:
    for _ in range(2):
        results = list(process_folder(cloud, output_dir=inside, parameters=quick, recursive=True))
        assert len(results) == 6
    assert len(contents(cloud)) == 12


@pytest.mark.parametrize("above", ["memory://in", "memory://"])
def test_inputs_inside_the_outputs_are_found(cloud: Any, quick: dict[str, Any], above: str) -> None:
    for status in ("done", "skipped"):
        results = list(process_folder(f"{cloud}/sub", output_dir=above, parameters=quick, recursive=True))
        assert [result.status for result in results] == [status] * 2
    results = list(process_folder("memory://", output_dir="memory://x/y", parameters=quick, recursive=True))
    assert {result.input.startswith("memory://x/") for result in results} == {False}
    again = list(process_folder("memory://", output_dir="memory://x/y", parameters=quick, recursive=True))
    assert {result.input for result in again} == {result.input for result in results}


def test_an_output_that_is_an_input_is_rejected(cloud: Any, quick: dict[str, Any]) -> None:
    storage.write("memory://in/img1-quantized.png", storage.read_bytes("memory://in/img1.png"))
    inputs = [f"{cloud}/img1.png", f"{cloud}/img1-quantized.png"]
    results = list(process_folder(inputs, output_dir=cloud, parameters=quick, force=True))
    assert [result.status for result in results] == ["failed", "done"]
    assert "is an input of this run" in results[0].text


def test_a_file_system_that_is_not_an_object_store(
    photos: Path, tmp_path: Path, quick: dict[str, Any], tree: Callable[[Path], dict[str, bytes]]
) -> None:
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    class Disk(LocalFileSystem):  # type: ignore[misc]
        protocol = "disk"

        @classmethod
        def _strip_protocol(cls, path: Any) -> Any:
            return LocalFileSystem._strip_protocol(path.removeprefix("disk://"))

    class Inline:
        def run(self, task: Any, jobs: Any, n_jobs: Any) -> Iterator[Any]:
            yield from (run_job(task, job) for job in jobs)

    fsspec.register_implementation("disk", Disk, clobber=True)
    options: dict[str, Any] = {"parameters": quick, "recursive": True, "executor": Inline()}
    left = tmp_path / "away" / "sub" / ".imgcluster-4194305-0123abcd.tmp"
    left.parent.mkdir(parents=True)
    left.touch()
    for status in ("done", "skipped"):
        results = list(process_folder(f"disk://{photos}", output_dir=f"disk://{tmp_path}/away", **options))
        assert Counter(result.status for result in results) == {status: 6}, results
    list(process_folder(photos, output_dir=tmp_path / "here", **options))
    assert tree(tmp_path / "away") == tree(tmp_path / "here")
    hidden = {path.name for path in (tmp_path / "away").rglob(".*")}
    assert hidden == {".imgcluster-state-000001.jsonl", ".imgcluster-state-000002.jsonl"}


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("a b.png", "a b-quantized.png"),
        ("ünï😀.png", "ünï😀-quantized.png"),
        ("a#b?c%20&d=e.png", "a#b?c%20&d=e-quantized.png"),
        ("-v.png", "-v-quantized.png"),
        ("[x]*.png", "[x]*-quantized.png"),
        ("s3:/x.png", "s3:/x-quantized.png"),
        ("new\nline.png", "new\nline-quantized.png"),
        ("../x.png", None),
        ("a/../../x.png", None),
        ("./x.png", None),
    ],
)
def test_names_are_only_names(
    tmp_path: Path,
    quick: dict[str, Any],
    paint: Callable[..., Path],
    tree: Callable[[Path], dict[str, bytes]],
    name: str,
    output: str | None,
) -> None:
    memory.store[f"/in/{name}"] = None  # which keeps what a spelling would change
    memory().pipe_file("/tmp-name", paint(tmp_path / "x.png").read_bytes())
    memory.store[f"/in/{name}"] = memory.store.pop("/tmp-name")
    for folder, read in ((str(tmp_path / "here" / "out"), lambda f: tree(Path(f))), ("memory://out", contents)):
        results = list(process_folder("memory://in", output_dir=folder, parameters=quick, recursive=True))
        assert [result.status for result in results] == ["done"] * (output is not None), results
        assert set(read(folder) if results else ()) == ({output} if output else set())
        assert all(
            result.status == "skipped" for result in process_folder("memory://in", output_dir=folder, parameters=quick)
        )
    assert {path.name for path in (tmp_path / "here").glob("*")} <= {"out"}


def test_a_run_that_broke_off_goes_on(
    cloud: Any, quick: dict[str, Any], tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick, "recursive": True}
    run = process_folder(cloud, **options)
    next(run)
    next(run)
    run.close()
    assert 2 <= len(contents("memory://out")) < 6
    statuses = Counter(result.status for result in process_folder(cloud, **options))
    assert statuses == {"skipped": 2, "done": 4}
    list(process_folder(cloud, output_dir=tmp_path / "out", parameters=quick, recursive=True))
    assert contents("memory://out") == tree(tmp_path / "out")
    assert not storage.may_exist("memory://out/.imgcluster-state.lock")


def test_what_was_announced_and_not_begun_is_not_ours(cloud: Any, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick, "fail_fast": True}
    storage.write(f"{cloud}/a.png", b"bad")
    results = list(process_folder(cloud, **options))
    assert Counter(result.status for result in results) == {"failed": 1, "skipped": 4}
    storage.write("memory://out/img1-quantized.png", b"a user's own")
    storage.remove(f"{cloud}/a.png")
    again = {Path(r.input).name: r for r in process_folder(cloud, **options)}
    assert "exists; force (-f) overwrites it" in again["img1.png"].text
    assert storage.read_bytes("memory://out/img1-quantized.png") == b"a user's own"


def test_the_picture_is_put_last_and_a_failed_upload_is_reported(
    cloud: Any, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put = memory.pipe_file

    def refuse(self: Any, path: Any, value: Any, mode: Any = "overwrite", **kwargs: Any) -> None:
        if path.endswith(".png") and "/out/" in path:
            raise OSError("503 slow down")
        put(self, path, value, mode=mode, **kwargs)

    monkeypatch.setattr(memory, "pipe_file", refuse)
    (result,) = process_folder(
        f"{cloud}/img1.png", "segment", "memory://out", parameters={"n_clusters": 2}, extras={"labels": ".npy"}
    )
    assert (result.status, set(contents("memory://out"))) == ("failed", {"img1-labels.npy"})
    assert result.text == "cannot write memory://out/img1-segments.png: 503 slow down; check the name and the storage"
    monkeypatch.undo()
    (result,) = process_folder(
        f"{cloud}/img1.png", "segment", "memory://out", parameters={"n_clusters": 2}, extras={"labels": ".npy"}
    )
    assert (result.status, result.kept) == ("done", ("memory://out/img1-labels.npy",))


def test_what_cannot_be_read_says_why_by_its_own_name(cloud: Any, quick: dict[str, Any]) -> None:
    storage.write(f"{cloud}/bad.png", b"\x89PNG\r\n\x1a\n broken")
    inputs = [f"{cloud}/bad.png", f"{cloud}/none.png", "memory://nowhere"]
    results = {result.input: result for result in process_folder(inputs, output_dir="memory://out", parameters=quick)}
    assert {result.status for result in results.values()} == {"failed"}
    assert results[inputs[0]].text.startswith("it is a damaged PNG")
    assert [results[name].text for name in inputs[1:]] == ["no such file; check the name"] * 2


def test_nothing_is_left_in_the_temporary_folder(
    cloud: Any, quick: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    old = tmp_path / "tmp" / ".imgcluster-4194305-0123abcd.tmp"
    old.mkdir(parents=True)
    (old / "source.png").write_bytes(b"of a killed worker")
    list(process_folder(cloud, output_dir="memory://out", parameters=quick))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_memory_is_seen_by_this_process_alone(cloud: Any, quick: dict[str, Any]) -> None:
    for option in ({"executor": LocalWorkers(1)}, {"timeout": 5}):
        (name,) = option
        with pytest.raises(ValueError, match=f"{name} is for worker processes, which cannot see memory://out"):
            process_folder(cloud, output_dir="memory://out", parameters=quick, **option)
    with pytest.raises(ValueError, match=r"which cannot see memory://in/b\.webp"):
        build_palette(cloud, 4, executor=LocalWorkers(1))


def test_one_palette_of_a_folder(cloud: Any, photos: Path) -> None:
    local, away = build_palette(photos, 8, recursive=True, n_jobs=1), build_palette([cloud, cloud], 8, recursive=True)
    assert local.palette.colors.tolist() == away.palette.colors.tolist()
    again = build_palette([f"{cloud}/img1.png", "memory:///in/img1.png", f"{cloud}/none.png"], 4)
    assert [result.status for result in again.results] == ["done", "skipped", "failed"]


def test_pixels_are_guessed_from_bytes_so_that_no_header_is_fetched(
    cloud: Any, quick: dict[str, Any], requests: Any
) -> None:
    run = process_folder([f"{cloud}/img10.jpg", f"{cloud}/img1.png"], output_dir="memory://out", parameters=quick)
    next(run)
    sizes = [storage.status(f"{cloud}/{name}").size for name in ("img10.jpg", "img1.png")]
    assert run.n_pixels == 4 * sizes[0] + sizes[1]
    list(run)
    assert requests["get_file"] == 2


def test_large_pictures_go_band_by_band(
    tmp_path: Path, quick: dict[str, Any], paint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgcluster.batch import Job, Task
    from imgcluster.picture import _large

    storage.upload(str(paint(tmp_path / "big.tif", size=40)), "memory://in/big.tif")
    job = Job(0, "memory://in/big.tif", {"picture": "memory://out/whole.png"})
    whole = run_job(Task("quantize", quick), job).result
    monkeypatch.setattr(_large, "LARGE_PIXELS", 100)
    monkeypatch.setattr("imgcluster.quantization.quantize", None)
    bands = run_job(Task("quantize", quick), replace(job, outputs={"picture": "memory://out/bands.png"})).result
    assert (whole.status, bands.status) == ("done", "done"), bands.text
    assert storage.read_bytes("memory://out/whole.png") == storage.read_bytes("memory://out/bands.png")


def test_journals_survive_what_is_torn_or_strange(cloud: Any, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick}
    list(process_folder(cloud, **options))
    for number, data in ((90, b"\xff\x00"), (91, b'{"done":["img1-'), (92, b"null\n[]\n{}\n"), (93, b"")):
        storage.write(f"memory://out/.imgcluster-state-{number:06d}.jsonl", data)
    storage.write("memory://out/.imgcluster-state-abc.jsonl", b"{")
    assert {file.text for file in plan_folder(cloud, **options).files} == {"done before"}
    storage.write("memory://out/.imgcluster-state-000094.jsonl", b'{"started":["img1-quantized.png"]}\n')
    assert Counter(file.action for file in plan_folder(cloud, **options).files) == {"make": 1, "skip": 3}
    assert Counter(result.status for result in process_folder(cloud, **options)) == {"done": 1, "skipped": 3}


def test_many_objects_of_the_journal_become_one(cloud: Any, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick}
    list(process_folder(cloud, **options))
    for number in range(50, 80):
        storage.write(f"memory://out/.imgcluster-state-{number:06d}.jsonl", b'{"dropped":["x"]}\n')
    storage.remove("memory://out/b-quantized.png")
    before = {name: data for name, data in journals().items() if name != ".imgcluster-state.jsonl"}
    list(process_folder(cloud, **options))
    after = journals()
    assert set(after) == {".imgcluster-state.jsonl", ".imgcluster-state-000080.jsonl", ".imgcluster-state-000081.jsonl"}
    assert {file.text for file in plan_folder(cloud, **options).files} == {"done before"}
    # killed while it removed them: the newest are left, and change nothing
    for name, data in sorted(before.items())[3:]:
        storage.write(f"memory://out/{name}", data)
    assert {file.text for file in plan_folder(cloud, **options).files} == {"done before"}


def test_lines_that_count_no_more_are_left_out(cloud: Any, quick: dict[str, Any]) -> None:
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick}
    list(process_folder(cloud, **options))
    storage.write("memory://out/.imgcluster-state.jsonl", b'{"dropped":["x"]}\n' * 2000)
    storage.remove("memory://out/b-quantized.png")
    list(process_folder(cloud, **options))
    assert len(journals()[".imgcluster-state.jsonl"].splitlines()) == 4
    assert {file.text for file in plan_folder(cloud, **options).files} == {"done before"}


def test_a_long_run_leaves_one_object(cloud: Any, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from imgcluster.batch.state import _journal

    monkeypatch.setattr(_journal, "_GATHER_LINES", 1)
    monkeypatch.setattr(_journal, "_MOST_OBJECTS", 3)
    options: dict[str, Any] = {"output_dir": "memory://out", "parameters": quick, "recursive": True}
    list(process_folder(cloud, **options))
    assert set(journals()) == {".imgcluster-state.jsonl"}
    assert {file.text for file in plan_folder(cloud, **options).files} == {"done before"}


def journals() -> Any:
    found = storage.listing("memory://out", recursive=False)
    return {name: storage.read_bytes(f"memory://out/{name}") for name, _ in found if name.endswith(".jsonl")}


def test_lines_are_put_while_a_long_file_is_done(
    cloud: Any, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from imgcluster.batch.state import _journal

    monkeypatch.setattr(_journal, "_GATHER_SECONDS", 0.02)
    run = process_folder(cloud, output_dir="memory://out", parameters=quick)
    next(run)
    next(run)
    for _ in range(3000):
        lines = [json.loads(line) for data in journals().values() for line in data.splitlines()]
        if sum("done" in line for line in lines):
            break
        time.sleep(0.02)
    else:
        pytest.fail("nothing was put")
    run.close()


def test_a_journal_that_cannot_be_put_stops_the_run(
    cloud: Any, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put = memory.pipe_file

    def refuse(self: Any, path: Any, value: Any, mode: Any = "overwrite", **kwargs: Any) -> None:
        if path.endswith(".jsonl"):
            raise PermissionError("Access Denied")
        put(self, path, value, mode=mode, **kwargs)

    monkeypatch.setattr(memory, "pipe_file", refuse)
    run = process_folder(cloud, output_dir="memory://out", parameters=quick)
    assert {result.status for result in run} == {"skipped"}
    assert contents("memory://out") == {}
    assert "no permission; check the credentials" in run.stopped


class Refusing(memory):  # type: ignore[misc, valid-type]
    """A file system that says no in many ways."""

    protocol = "refusing"
    error: Exception

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return memory._strip_protocol(path.removeprefix("refusing://"))

    def info(self, path: Any, **kwargs: Any) -> None:
        raise self.error

    ls = find = pipe_file = cat_file = open = info


class NoCredentialsError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError("Forbidden"), "no permission; check the credentials"),
        (NoCredentialsError("Unable to locate credentials"), "give credentials as the tools of refusing:// take them"),
        (ConnectionError("cannot connect to host"), "check the network and the address"),
        (RuntimeError("two\nlines"), "two lines; check the name and the storage"),
    ],
)
def test_storage_that_rejects_is_reported_in_one_line(
    photos: Path, quick: dict[str, Any], tmp_path: Path, error: Any, said: str
) -> None:
    import fsspec

    fsspec.register_implementation("refusing", Refusing, clobber=True)
    Refusing.error = error
    with pytest.raises((ImageWriteError, ImageReadError)) as told:
        process_folder(photos, output_dir="refusing://b/out", parameters=quick)
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    if isinstance(error, PermissionError):
        (result,) = process_folder("refusing://b/in", output_dir=tmp_path / "out", parameters=quick)
        assert (result.status, result.text) == ("failed", said)
    else:
        with pytest.raises(ImageReadError, match=r"cannot read refusing://b/in: "):
            process_folder("refusing://b/in", output_dir=tmp_path / "out", parameters=quick)


def test_the_report_shows_pictures_by_url(cloud: Any, quick: dict[str, Any], tmp_path: Path) -> None:
    from imgcluster.report import write_report

    results = list(process_folder(cloud, output_dir="memory://out", parameters=quick))
    write_report(results, tmp_path / "report.html", n_threads=1)
    assert (tmp_path / "report.html").read_text().count("data:image/webp") >= 2 * len(results)


def test_what_earlier_runs_made_is_not_an_input(cloud: Any, quick: dict[str, Any]) -> None:
    first = list(process_folder(cloud, "quantize", f"{cloud}/made", parameters=quick, recursive=True))
    assert {result.status for result in first} == {"done"}
    plan = plan_folder(cloud, "quantize", f"{cloud}/again", parameters=quick, recursive=True)
    assert [file.input for file in plan.files] == [result.input for result in first]
    assert plan.left_out == {f"{cloud}/made": len(first)}
    assert len(build_palette(cloud, 4, recursive=True).results) == len(first)
    assert len(plan_folder(f"{cloud}/made", "quantize", f"{cloud}/again", parameters=quick, recursive=True).files) == 6


def test_file_urls_as_file_managers_write_them(photos: Path) -> None:
    (photos / "sp ace").mkdir()
    (photos / "100%20").mkdir()
    assert storage.plain(f"file://{photos}/sp%20ace") == f"{photos}/sp ace"
    assert storage.plain(f"file://{photos}/100%20") == f"{photos}/100%20"


def test_what_a_shared_palette_costs_is_not_measured_of_what_is_too_large(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {
        "output_dir": "memory://out",
        "parameters": {"palette": np.array([[0, 0, 0], [200, 200, 200]], np.uint8)},
    }
    assert {result.status for result in process_folder(cloud, **options)} == {"done"}
    for most, action in ((63, "skip"), (64, "make")):  # pixels
        monkeypatch.setattr("imgcluster.picture._large.LARGE_PIXELS", most)
        assert {file.action for file in plan_folder(cloud, own_psnr=True, **options).files} == {action}
