"""Runs over folders: what they do, what they say, how they end."""

import csv
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from imgcluster import quantize
from imgcluster.cli._progress import Progress


@pytest.fixture
def photos(folder: Path) -> Path:
    """Four pictures in two folders, two of one name, and what is no picture."""
    for i, name in enumerate(["img2.png", "img10.png", "same.png", "same.bmp", "sub/deep.png"]):
        path = folder / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (8, 9, 3), dtype=np.uint8)).save(path)
    (folder / "photos" / "notes.txt").write_text("no picture")
    (folder / "photos" / ".hidden.png").write_bytes(b"")
    return folder / "photos"


def outputs(where: str = "outputs") -> list[str]:
    return sorted(
        str(path.relative_to(where)) for path in Path(where).rglob("*") if path.is_file() and path.name[0] != "."
    )


ALL = ["img10-quantized.png", "img2-quantized.png", "same.bmp-quantized.png", "same.png-quantized.png"]


def test_a_folder_is_done_and_the_second_run_has_nothing_to_do(invoke: Callable[..., Result], photos: Path) -> None:
    result = invoke("quantize", "photos", "-k", "4", "-j", "1")
    assert (result.exit_code, result.stdout) == (0, "")
    assert outputs() == ALL
    same, *lines, summary = result.stderr.splitlines()
    assert same.startswith("same name: photos/same.bmp, photos/same.png; ")
    assert [line.split(" ")[0] for line in lines] == [
        f"photos/{n}" for n in ("img2.png", "img10.png", "same.bmp", "same.png")
    ]
    assert re.fullmatch(r"\S+ -> \S+  9x8, 72 colors -> 4, 2\d\d B -> \d+ B, PSNR \d\d\.\d dB, \d+\.\d\d s", lines[0])
    assert re.fullmatch(r"done 4, skipped 0, failed 0, \S+ \S?B -> \d+ B, \d+\.\d\d s", summary)
    image = quantize("photos/img2.png", 4).to_image()
    np.testing.assert_array_equal(Image.open("outputs/img2-quantized.png").convert("RGB"), image.convert("RGB"))
    result = invoke("quantize", "photos", "-k", "4", "-f")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1].startswith("done 4, skipped 0, failed 0, ")
    assert "done 0, skipped 4, failed 0" in invoke("quantize", "photos", "-k", "4").stderr
    assert "photos/img2.png: skipped, done before\n" in invoke("quantize", "photos", "-k", "4", "-v").stderr


def test_other_parameters_need_force(invoke: Callable[..., Result], photos: Path) -> None:
    assert invoke("quantize", "photos", "-k", "4", "-q").stderr == ""
    result = invoke("quantize", "photos", "-k", "5")
    assert result.exit_code == 0
    exists = "outputs/img2-quantized.png exists, made with other parameters or by another version; -f overwrites it"
    assert f"photos/img2.png: skipped, {exists}\n" in result.stderr
    result = invoke("quantize", "photos", "-k", "5", "--strict")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "imgcluster: error: --strict: 4 files skipped"
    assert invoke("quantize", "photos", "-k", "5", "-f", "--strict").exit_code == 0
    assert invoke("quantize", "photos", "-k", "5", "--strict").exit_code == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-r"], [*ALL, "sub/deep-quantized.png"]),
        (["-r", "--include", "img*", "--include", "sub/*"], [*ALL[:2], "sub/deep-quantized.png"]),
        (["-r", "--exclude", "*.bmp", "--exclude", "sub"], [*ALL[:2], "same-quantized.png"]),
    ],
)
def test_which_files_are_meant(
    invoke: Callable[..., Result], photos: Path, args: list[str], expected: list[str]
) -> None:
    assert invoke("quantize", "photos", "-k", "2", *args).exit_code == 0
    assert outputs() == expected


@pytest.mark.exhaustive
@pytest.mark.parametrize("where", ["file", "stdin"])
def test_lists_of_files(invoke: Callable[..., Result], photos: Path, where: str) -> None:
    text = "photos/img2.png\nphotos/sub/deep.png\n"
    Path("list").write_text(text)
    source: dict[str, Any] = {"input": text} if where == "stdin" else {}
    result = invoke("quantize", "--files-from", "-" if where == "stdin" else "list", "-k", "2", "-d", "out", **source)
    assert result.exit_code == 0, result.stderr
    assert outputs("out") == ["photos/img2-quantized.png", "photos/sub/deep-quantized.png"]


@pytest.mark.exhaustive
def test_superpixels_and_segments(invoke: Callable[..., Result], photos: Path) -> None:
    result = invoke("superpixels", "photos", "-n", "6", "--labels", ".npy", "--table", ".csv", "--include", "img2*")
    assert result.exit_code == 0, result.stderr
    assert outputs() == ["img2-labels.npy", "img2-superpixels.png", "img2-table.csv"]
    assert ", 6 segments, " in result.stderr
    result = invoke("segment", "photos", "-k", "3", "--style", "labels", "-d", "s", "--include", "img2*")
    assert result.exit_code == 0, result.stderr
    assert outputs("s") == ["img2-segments.png"]
    # the same bytes as for a single picture
    for style in ("overlay", "boundaries"):
        assert invoke("superpixels", "photos/img2.png", "-n", "6", "--style", style, "-d", f"{style}1").exit_code == 0
        assert invoke("superpixels", "photos", "-n", "6", "--style", style, "-d", f"{style}2").exit_code == 0
        one, other = (Path(f"{style}{i}", "img2-superpixels.png").read_bytes() for i in (1, 2))
        assert one == other


@pytest.mark.exhaustive
@pytest.mark.parametrize(("command", "name"), [("quantize", "quantized"), ("segment", "segments")])
def test_a_folder_in_another_format(invoke: Callable[..., Result], photos: Path, command: str, name: str) -> None:
    options = (command, "photos", "-k", "3", "--include", "img*", "--format", "webp")
    assert f" -> outputs/img2-{name}.webp\n" in invoke(*options, "-P").stdout
    assert invoke(*options).exit_code == 0
    assert outputs() == [f"img10-{name}.webp", f"img2-{name}.webp"]
    # the same bytes as for a single picture
    assert invoke(command, "photos/img2.png", "-k", "3", "--format", "WEBP", "-d", "one").exit_code == 0
    assert Path(f"one/img2-{name}.webp").read_bytes() == Path(f"outputs/img2-{name}.webp").read_bytes()


def test_more_than_256_colors_in_a_folder(invoke: Callable[..., Result], folder: Path) -> None:
    Path("in").mkdir()
    Image.fromarray(np.arange(900, dtype=np.uint8).reshape(15, 20, 3)).resize((60, 60), 2).save("in/a.png")
    result = invoke("quantize", "in", "-k", "300", "--format", "webp")
    assert result.exit_code == 0, result.stderr
    assert " colors -> 300, " in result.stderr
    assert len(Image.open("outputs/a-quantized.webp").getcolors(1000) or ()) == 300


def test_a_mask_for_all(invoke: Callable[..., Result], photos: Path) -> None:
    Image.fromarray(np.repeat([[0, 255]], 8, 0).astype(np.uint8).repeat([4, 5], 1)).save("mask.png")
    args = ("superpixels", "photos", "-n", "4", "--mask", "mask.png", "--labels", ".npy", "--include", "img2*")
    assert invoke(*args).exit_code == 0
    labels = np.load("outputs/img2-labels.npy")
    assert (labels[:, :4] == -1).all()
    assert (labels[:, 4:] >= 0).all()


def test_a_plan_writes_nothing(invoke: Callable[..., Result], photos: Path) -> None:
    Path("photos/bad.png").symlink_to("nowhere")
    result = invoke("quantize", "photos", "-P")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "fail   photos/bad.png  (no such file; check the name)",
        "make   photos/img2.png -> outputs/img2-quantized.png",
        "make   photos/img10.png -> outputs/img10-quantized.png",
        "make   photos/same.bmp -> outputs/same.bmp-quantized.png",
        "make   photos/same.png -> outputs/same.png-quantized.png",
    ]
    assert result.stderr.splitlines()[0].startswith("same name: photos/same.bmp, photos/same.png; ")
    assert result.stderr.splitlines()[1] == "make 4, check 0, skip 0, fail 1"
    assert not Path("outputs").exists()
    rows = [json.loads(line) for line in invoke("quantize", "photos", "--dry-run", "--json").stdout.splitlines()]
    assert rows[1]["outputs"] == ["outputs/img2-quantized.png"]
    assert not Path("outputs").exists()


@pytest.mark.parametrize("args", [["-P"], [], ["--manifest", "m.csv", "--report", "r.html"]])
def test_nothing_matched(invoke: Callable[..., Result], photos: Path, args: list[str]) -> None:
    (photos / "empty").mkdir()
    result = invoke("quantize", "photos/empty", *args)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "imgcluster: error: no pictures in photos/empty; -r looks into subfolders\n"
    assert list(map(str, Path().iterdir())) == ["photos"]
    result = invoke("quantize", "photos", "--include", "x*", *args)
    assert result.exit_code == 3
    assert "--include" in result.stderr


def test_an_empty_folder_beside_others_is_reported(invoke: Callable[..., Result], photos: Path) -> None:
    for name in ("none/sub", "photos/none"):
        Path(name).mkdir(parents=True)
    args = ("quantize", "photos", "none", "-k", "2")
    line = "none: no pictures in it; -r looks into subfolders\n"
    for more in (["-P"], [], ["--manifest", "m.csv"]):
        result = invoke(*args, *more)
        assert (result.exit_code, result.stderr.count(line), result.stderr.count("no pictures")) == (0, 1, 1)
    assert invoke(*args, "-q").stderr == ""
    assert invoke(*args, "--strict").exit_code == 1
    assert "none: no pictures in it; look at --include" in invoke(*args, "--include", "*.png").stderr
    # folders below one that was named may well be empty, and what belongs to another is not missing
    assert "no pictures" not in invoke("quantize", "photos", "photos/sub", "-k", "2", "-r", "--strict").stderr


@pytest.mark.exhaustive
def test_failures_cost_only_themselves_and_fail_fast_stops(invoke: Callable[..., Result], photos: Path) -> None:
    (photos / "a.png").write_bytes(b"junk")
    result = invoke("quantize", "photos", "-k", "2", "-j", "1")
    assert result.exit_code == 1
    assert outputs() == ALL
    assert "imgcluster: error: photos/a.png: it is not a PNG" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("done 4, skipped 0, failed 1, ")
    result = invoke("quantize", "photos", "-k", "2", "-j", "1", "--fail-fast", "-d", "out")
    assert result.exit_code == 1
    assert len(outputs("out")) < 4
    assert "stopped early: photos/a.png failed" in result.stderr
    assert "not done, because" not in result.stderr
    assert ", failed 1, not done " in result.stderr
    assert invoke("quantize", "photos", "-k", "2", "-q").stderr.count("\n") == 1


def test_json_has_a_line_for_each_file(invoke: Callable[..., Result], photos: Path) -> None:
    result = invoke("quantize", "photos", "-k", "2", "--json", "-q")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert {row["input"]: row["status"] for row in rows} == dict.fromkeys(
        (f"photos/{name}" for name in ("img2.png", "img10.png", "same.bmp", "same.png")), "done"
    )
    assert all(row["n_colors"] == 2 for row in rows)


def test_a_loss_counts_when_strict(invoke: Callable[..., Result], folder: Path) -> None:
    Path("in").mkdir()
    Image.fromarray(np.array([[[9, 9, 9, 9], [1, 2, 3, 255]]], np.uint8)).save("in/a.png")
    assert invoke("quantize", "in", "--format", "bmp").exit_code == 0
    result = invoke("quantize", "in", "--format", "bmp", "--strict")
    assert result.exit_code == 1
    assert "warning: in/a.png: not kept: transparency (put on a background)" in result.stderr
    assert result.stderr.splitlines()[-1] == "imgcluster: error: --strict: lost transparency (put on a background)"
    result = invoke("quantize", "in", "--format", "bmp", "--strict", "-q")
    assert (result.exit_code, result.stderr.count("--strict")) == (1, 1)
    assert "not kept: transparency" in invoke("quantize", "in", "--format", "bmp", "-v", "-d", "again").stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_a_manifest_has_each_input_once(invoke: Callable[..., Result], photos: Path, ending: str) -> None:
    (photos / "bad.png").write_bytes(b"junk")
    args = ["quantize", "photos", "photos/img2.png", "photos/none.png", "photos/none.png", "-k", "2"]
    for status in ("done", "skipped"):
        assert invoke(*args, "--manifest", f"new/m{ending}").exit_code == 1
        text = Path(f"new/m{ending}").read_text()
        rows = list(csv.DictReader(text.splitlines())) if ending == ".csv" else list(map(json.loads, text.splitlines()))
        assert {row["input"]: row["status"] for row in rows} == {
            "photos/img2.png": status,
            "photos/img10.png": status,
            "photos/same.png": status,
            "photos/same.bmp": status,
            "photos/bad.png": "failed",
            "photos/none.png": "failed",
        }
        assert len(rows) == 6


def test_a_report(invoke: Callable[..., Result], photos: Path) -> None:
    result = invoke("quantize", "photos", "-k", "2", "--report", "pages/run.html")
    assert result.exit_code == 0, result.stderr
    page = Path("pages/run.html").read_text(encoding="utf-8")
    assert "imgcluster quantize photos" in page
    assert page.index("img2.png") < page.index("img10.png") < page.index("same.bmp")
    # of one's own, and so renewed
    assert invoke("quantize", "photos", "-k", "2", "--report", "pages/run.html").exit_code == 0


@pytest.mark.parametrize(("flag", "name"), [("--manifest", "m.jsonl"), ("--manifest", "m.csv"), ("--report", "r.html")])
def test_no_foreign_file_is_overwritten(invoke: Callable[..., Result], photos: Path, flag: str, name: str) -> None:
    Path(name).write_text("precious\n")
    result = invoke("quantize", "photos", flag, name)
    assert result.exit_code == 2
    assert (
        result.stderr == f"imgcluster: error: {flag} {name} exists and is not a {flag[2:]}; "
        "-f overwrites it, or choose another name\n"
    )
    assert Path(name).read_text() == "precious\n"
    assert not Path("outputs").exists()
    assert invoke("quantize", "photos", flag, name, "-f").exit_code == 0
    assert Path(name).read_text() != "precious\n"


def test_a_shared_palette_and_what_it_costs(invoke: Callable[..., Result], photos: Path) -> None:
    assert invoke("palette", "build", "photos", "-k", "3", "-o", "p.hex").exit_code == 0
    args = ["quantize", "photos", "--palette", "p.hex", "--include", "img2*"]
    result = invoke(*args, "--manifest", "m.jsonl", "--report", "r.html")
    assert result.exit_code == 0, result.stderr
    row = json.loads(Path("m.jsonl").read_text())
    assert row["own_psnr"] > row["psnr"]
    assert [color.removeprefix("#") for color in row["palette"]] == Path("p.hex").read_text().split()
    result = invoke(*args, "--effort", "best")
    assert (result.exit_code, "exclude each other" in result.stderr) == (2, True)


@pytest.mark.exhaustive
def test_what_sharing_costs_is_measured_later_too(invoke: Callable[..., Result], photos: Path) -> None:
    assert invoke("palette", "build", "photos", "-k", "3", "-o", "p.hex").exit_code == 0
    args = ["quantize", "photos", "--palette", "p.hex", "--include", "img*"]
    assert invoke(*args).exit_code == 0
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path("outputs").glob("*.png")}
    assert invoke(*args, "-P", "--report", "r.html").stdout.count("make ") == 2
    result = invoke(*args, "--report", "r.html", "--manifest", "m.jsonl")
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in Path("m.jsonl").read_text().splitlines()]
    assert all(row["own_psnr"] > row["psnr"] for row in rows)
    assert "One palette for all" in Path("r.html").read_text(encoding="utf-8")
    for path, (data, mtime_ns) in before.items():
        assert path.read_bytes() == data
        assert path.stat().st_mtime_ns > mtime_ns
    for more in ([], ["--report", "r.html"]):
        assert "done 0, skipped 2, failed 0, " in invoke(*args, *more).stderr


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["photos", "-o", "a.png"], "-o/--output is for single pictures; use -d for the outputs of this run"),
        (["photos", "--soft-masks", "m"], "--soft-masks is for single pictures"),
        (["photos", "-", "-r"], "- is a single picture on stdin; --files-from -"),
        (["-r"], "no input given; name a picture or a folder"),
        (["photos", "-j", "0"], "n_jobs must be at least 1, got 0"),
        (["photos", "-j", "2", "-t", "2"], "-j/--jobs and -t/--threads exclude each other"),
        (["photos", "-d", ""], "-d/--output-dir must name a folder"),
        (
            ["photos", "-k", "300"],
            "between 1 and 256 for an indexed PNG, got 300; write lossless WebP instead: --format webp\n",
        ),
        (["photos", "-k", "300", "--format", "gif"], "between 1 and 256 for an indexed GIF, got 300; "),
        (["photos", "--format", "jpg"], "it must be one of png, "),
        (["photos", "--max-memory", "2Q"], "such as 500M or 2G, got '2Q'"),
        (["photos", "--max-memory", "0"], "such as 500M or 2G, got '0'"),
        (["photos", "--timeout", "0"], "a time must be a number of seconds above 0, got '0'"),
        (["photos", "--timeout", "soon"], "a time must be a number of seconds above 0, got 'soon'"),
        (
            ["photos", "--manifest", "m.txt"],
            "--manifest must name a file in .jsonl or .csv, got 'm.txt'; try run.jsonl",
        ),
        (["photos", "--report", "r.pdf"], "--report must name a file in .html or .htm, got 'r.pdf'; try run.html"),
        (["photos", "-q", "-v"], "exclude each other"),
    ],
)
def test_wrong_usage_writes_nothing(invoke: Callable[..., Result], photos: Path, args: list[str], text: str) -> None:
    result = invoke("quantize", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("imgcluster: error: ")
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(map(str, Path().iterdir())) == ["photos"]


def test_endings_of_further_files(invoke: Callable[..., Result], photos: Path) -> None:
    result = invoke("superpixels", "photos", "--labels", "{name}.npy")
    assert result.exit_code == 2
    assert (
        "--labels must be an ending for a folder, got '{name}.npy'; --labels .npy writes NAME-labels.npy"
        in result.stderr
    )


@pytest.mark.parametrize(
    ("text", "n_bytes"), [("3000", 3000), ("500M", 500_000_000), ("1.5gb", 1_500_000_000), ("2 MiB", 2 << 20)]
)
def test_sizes(text: str, n_bytes: int) -> None:
    from imgcluster.cli._options import size

    assert size(text) == n_bytes


def test_many_pictures_are_done_as_few_are(invoke: Callable[..., Result], folder: Path) -> None:
    files = [f"{i}.png" for i in range(17)]
    for name in files:
        Image.new("RGB", (2, 2), (len(name), 0, 9)).save(name)
    few = invoke("quantize", *files[:16], "-d", "few", "--json")
    many = invoke("quantize", *files, "-d", "many", "--json")
    assert (few.exit_code, many.exit_code) == (0, 0)
    assert not Path("few/.imgcluster-state.jsonl").exists()
    assert not Path("many/.imgcluster-state.jsonl").exists()
    assert outputs("many") == sorted(f"{i}-quantized.png" for i in range(17))
    assert outputs("few") == sorted(f"{i}-quantized.png" for i in range(16))
    rows = [{**row, "outputs": [], "milliseconds": 0} for row in map(json.loads, few.stdout.splitlines())]
    others = [{**row, "outputs": [], "milliseconds": 0} for row in map(json.loads, many.stdout.splitlines())]
    assert all(row in others for row in rows)
    assert invoke("superpixels", *files, "-n", "1", "-d", "own", "--labels", "own/{name}.npy").exit_code == 0
    assert not Path("own/.imgcluster-state.jsonl").exists()


def test_who_asks_for_it_can_go_on_with_single_pictures(invoke: Callable[..., Result], photos: Path) -> None:
    arguments = ("quantize", "photos/img2.png", "-k", "2")
    assert invoke(*arguments, "--resume").exit_code == 0
    assert Path("outputs/.imgcluster-state.jsonl").exists()
    assert "done 0, skipped 1, failed 0" in invoke(*arguments, "--resume").stderr
    assert invoke("quantize", "photos", "-k", "2", "--no-resume", "-d", "out").exit_code == 0
    assert not Path("out/.imgcluster-state.jsonl").exists()


def test_a_busy_folder(invoke: Callable[..., Result], photos: Path) -> None:
    Path("outputs").mkdir()
    with Path("outputs/.imgcluster-state.lock").open("w+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        result = invoke("quantize", "photos", "--manifest", "m.jsonl")
    assert result.exit_code == 75
    assert "'outputs' is being written by process 4711; " in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("m.jsonl").exists()
    assert invoke("quantize", "photos", "-q").exit_code == 0


EVIL = [
    "a\nb.png",
    "\x1b[31mred\x1b]0;title\x07.png",
    "<img src=x onerror=alert(1)>.png",
    "-rf.png",
    "\udcff.png",
    "\x9b2J.png",
]


@pytest.mark.exhaustive
@pytest.mark.parametrize("args", [[], ["-P"], ["-v"], ["-q"]])
def test_names_cannot_steer_a_terminal(run: Callable[..., Any], folder: Path, args: list[str]) -> None:
    Path("in").mkdir()
    Image.new("RGB", (3, 3), (1, 2, 3)).save("plain.png")
    for i, name in enumerate(EVIL):
        if i % 2:
            Path("in", name).write_bytes(b"junk")
        else:
            shutil.copy("plain.png", Path("in", name))
    done = run("quantize", "in", *args)
    said = (done.stdout + done.stderr).decode()
    assert all(c.isprintable() for c in said.replace("\n", ""))
    assert all(re.match(r"in/|imgcluster: |make |done |same |  ", line) for line in said.splitlines())
    # the control: such names do reach the terminal where nobody escapes them
    assert any(not c.isprintable() for c in "".join(path.name for path in Path("in").iterdir()))


def on_terminal(
    command: list[str],
    environment: dict[str, Any],
    *,
    until: bytes | None = None,
    number: Any = signal.SIGINT,
    columns: int = 120,
) -> tuple[int, str]:
    """Run a command whose stderr is a terminal; returns the exit code and all that it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "imgcluster", *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    watchdog = threading.Timer(300, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    said = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:
            break
        said += piece
        if not piece:
            break
        if until is not None and until in said:
            os.killpg(process.pid, number)
            until = None
    os.close(ours)
    code = process.wait(30)
    watchdog.cancel()
    return code, said.decode()


@pytest.fixture
def slow_photos(folder: Path) -> Path:
    """Pictures that take a moment each, with a name that would steer a terminal."""
    Path("in").mkdir()
    for i in range(10):
        pixels = np.random.default_rng(i).integers(0, 256, (300, 300, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(f"in/{i}\x1b[31m.png")
    return Path("in")


@pytest.mark.exhaustive
def test_a_bar_on_a_terminal(slow_photos: Path, environment: dict[str, Any]) -> None:
    (slow_photos / "bad.png").write_bytes(b"junk")
    code, said = on_terminal(["quantize", "in", "--effort", "best", "-j", "2"], environment)
    assert code == 1
    assert re.search(r"\d+ of 11 files \|.*\| \d+% of 900k pixels, \S+ left, in/\d\\x1b\[31m\.png", said)
    assert "\x1b[31m.png" not in said
    last = said.rstrip("\r\n").rpartition("\n")[2]
    assert re.search(r"done 10, skipped 0, failed 1, ", last)
    assert said.count("in/bad.png") == 1
    assert " -> outputs/" not in said


@pytest.mark.exhaustive
def test_quiet_on_a_terminal(slow_photos: Path, environment: dict[str, Any]) -> None:
    assert on_terminal(["quantize", "in", "-q", "-k", "2"], environment) == (0, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.exhaustive
def test_an_interrupted_run_sums_up_and_goes_on_later(
    slow_photos: Path, environment: dict[str, Any], invoke: Callable[..., Result], number: Any, code: int
) -> None:
    command = ["quantize", "in", "--effort", "best", "-j", "1", "--manifest", "m.jsonl", "-v", "--report", "r.html"]
    found, said = on_terminal(command, environment, until=b" -> outputs", number=number)
    assert found == code, said
    *_, summary, last = said.rstrip().splitlines()
    assert "interrupted: done " in summary
    assert last == "writing r.html; Ctrl-C leaves it out"
    page = Path("r.html").read_text(encoding="utf-8")
    assert "not done, because the run was interrupted" in page
    assert page.count("<tr class=") == 10
    assert not list(Path().rglob(".imgcluster-*.tmp"))
    rows = [json.loads(line) for line in Path("m.jsonl").read_text().splitlines()]
    assert sorted(row["input"] for row in rows) == sorted(str(path) for path in slow_photos.iterdir())
    statuses = [row["status"] for row in rows]
    assert 0 < statuses.count("done") < 10
    assert statuses.count("done") + statuses.count("skipped") == 10
    assert len(outputs()) >= statuses.count("done")
    result = invoke("quantize", "in", "--effort", "best", "--manifest", "m.jsonl", "-j", "2")
    assert result.exit_code == 0, result.stderr
    assert len(outputs()) == 10


@pytest.mark.parametrize("second", [None, KeyboardInterrupt, SystemExit])
def test_a_second_interrupt_leaves_out_the_report(
    invoke: Callable[..., Result], photos: Path, monkeypatch: pytest.MonkeyPatch, second: Any
) -> None:
    tell = Progress.tell

    def interrupted(progress: Any, result: Any) -> None:
        tell(progress, result)
        raise KeyboardInterrupt

    def write(results: Any, path: Any, **_: Any) -> None:
        # by now the journal is closed, and what was done can be gone on with
        assert Path("m.jsonl").read_text().count("\n") == len(results) == 4
        if second is not None:
            raise second
        Path(path).write_text("written")

    monkeypatch.setattr(Progress, "tell", interrupted)
    monkeypatch.setattr("imgcluster.report.write_report", write)
    result = invoke("quantize", "photos", "-k", "2", "-j", "1", "--manifest", "m.jsonl", "--report", "r.html")
    assert result.exit_code == 130
    *_, summary, asked = result.stderr.removesuffix("r.html: not written\n").splitlines()
    assert summary.startswith("interrupted: done 1, skipped 0, failed 0, not done 3, ")
    assert asked == "writing r.html; Ctrl-C leaves it out"
    assert result.stderr.endswith("r.html: not written\n") == (second is not None)
    assert Path("r.html").exists() == (second is None)


def test_what_earlier_runs_made_is_reported(invoke: Callable[..., Result], photos: Path) -> None:
    assert invoke("quantize", "photos/img2.png", "-k", "2", "-d", "photos/made", "-q", "--resume").exit_code == 0
    result = invoke("quantize", "photos", "-r", "-k", "2", "-d", "out", "-P")
    assert "photos/made: skipped 1 picture made by earlier runs; name them to take them\n" in result.stderr
    assert "img2-quantized" not in result.stdout.replace("out/img2-quantized.png", "")
    assert "photos/made/img2-quantized.png" in invoke("quantize", "photos/made", "-k", "2", "-d", "out", "-P").stdout
