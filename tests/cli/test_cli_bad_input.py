"""``imgcluster quantize`` on bad input: one line, the right exit code, nothing half-written, the rest still done."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image

FULL_DISK = Path("/dev/full")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([], "no input given; name a picture"),
        (["-k", "0", "photo.png"], "n_colors must be between 1 and 65536, got 0"),
        (["-k", "-5", "photo.png"], "n_colors must be between 1 and 65536, got -5"),
        (["-k", "65537", "photo.png"], "n_colors must be between 1 and 65536, got 65537"),
        (["-k", "many", "photo.png"], "n_colors must be a whole number, between 1 and 65536, got 'many'"),
        (
            ["-k", "300", "photo.png"],
            "between 1 and 256 for an indexed PNG, got 300; write lossless WebP instead: --format webp\n",
        ),
        (["-k", "257", "photo.png", "-o", "x.gif"], "between 1 and 256 for an indexed GIF, got 257"),
        (["-k", "257", "photo.png", "-o", "-"], "between 1 and 256 for an indexed PNG, got 257"),
        (["-m", "magic", "photo.png"], "'magic' is not one of 'kmeans'"),
        (["--effort", "some", "photo.png"], "'default', 'fast', 'best'"),
        (["-t", "0", "photo.png"], "n_threads must be at least 1, got 0"),
        (["--seed", "-1", "photo.png"], "random_state must be at least 0, got -1"),
        (["photo.png", "-k"], "Option '-k' requires an argument; see 'imgcluster quantize --help'"),
        (["--colours", "3", "photo.png"], "no such option --colours; did you mean --colors?"),
        (["-q", "-v", "photo.png"], "exclude each other"),
        (["-o", "x.png", "-d", "there", "photo.png"], "-o/--output and -d/--output-dir exclude each other"),
        (
            ["-k", "300", "--format", "gif", "photo.png"],
            "indexed GIF, got 300; write lossless WebP instead: --format webp",
        ),
        (["-k", "300", "-o", "x.png", "photo.png"], "indexed PNG, got 300; write lossless WebP instead: -o name.webp"),
        (
            ["-o", "x.png", "--format", "webp", "photo.png"],
            "-o/--output and --format exclude each other, got -o x.png and webp; the ending of -o says the format",
        ),
        (["--format", "jpg", "photo.png"], "it must be one of png, "),
        (["-o", "x.png", "photo.png", "more.png"], "-o/--output takes one input, got 2; use -d"),
        (["-o", "there/", "photo.png"], "must name a file, got 'there/'; use -d"),
        (["-o", ".", "photo.png"], "must name a file, got '.'; use -d"),
        (["-o", "x.jpg", "photo.png"], "JPEG is lossy"),
        (["-o", "x", "photo.png"], "no extension; use one of .png, "),
        (["-d", "", "photo.png"], "must name a folder"),
        (["--json", "-o", "-", "photo.png"], "cannot share stdout"),
        (["--json", "-"], "cannot share stdout"),
    ],
)
def test_wrong_usage_exits_before_any_work(
    invoke: Callable[..., Result], photo: Path, args: list[str], text: str
) -> None:
    result = invoke("quantize", *args)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stderr.startswith("imgcluster: error: ")
    assert result.stderr.count("\n") == 1
    assert files(photo.parent) == ["photo.png"]


def make_bad_input(kind: str, photo: Path) -> str:
    name = f"{kind}.png"
    if kind == "text":
        Path(name).write_text("no picture at all\n" * 20)
    elif kind == "empty":
        Path(name).touch()
    elif kind == "cut":
        Path(name).write_bytes(photo.read_bytes()[:-400])
    elif kind == "cut-jpeg":
        with Image.open(photo) as image:
            image.save("whole.jpg")
        Path(name).write_bytes(Path("whole.jpg").read_bytes()[:-200])
        Path("whole.jpg").unlink()
    return name


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "cut", "cut-jpeg"])
def test_bad_input_is_one_line_and_the_others_are_done(invoke: Callable[..., Result], photo: Path, kind: str) -> None:
    name = make_bad_input(kind, photo)
    result = invoke("quantize", name, "photo.png", "--json")
    assert result.exit_code == 1
    error, good, last = result.stderr.splitlines()
    assert error.startswith(f"imgcluster: error: {name}: ")
    assert error.count(name) == 1
    assert ";" in error
    assert good.startswith("photo.png -> ")
    assert last.startswith("done 1, skipped 0, failed 1")
    failed, done = map(json.loads, result.stdout.splitlines())
    assert (failed["status"], failed["outputs"], done["status"]) == ("failed", [], "done")
    assert files(photo.parent / "outputs") == ["photo-quantized.png"]


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_smallest_pictures(invoke: Callable[..., Result], folder: Path, size: tuple[int, int]) -> None:
    Image.linear_gradient("L").resize(size).save("tiny.png")
    for n_colors in ("1", "2", "256"):
        result = invoke("quantize", "tiny.png", "-f", "-k", n_colors)
        assert result.exit_code == 0, result.stderr


def test_missing_input_fails_though_its_output_exists(invoke: Callable[..., Result], photo: Path) -> None:
    assert invoke("quantize", "photo.png").exit_code == 0
    photo.unlink()
    assert invoke("quantize", "photo.png").exit_code == 1


def test_failed_input_leaves_no_folder(invoke: Callable[..., Result], folder: Path) -> None:
    assert invoke("quantize", "missing.png").exit_code == 1
    assert not list(folder.iterdir())


def test_input_is_never_its_own_output(invoke: Callable[..., Result], photo: Path) -> None:
    before = photo.read_bytes()
    os.link(photo, "link.png")
    for target in ("photo.png", "./photo.png", "link.png"):
        result = invoke("quantize", "photo.png", "-f", "-o", target)
        assert result.exit_code == 1
        assert "is an input of this run" in result.stderr
    assert photo.read_bytes() == before


def test_later_input_is_not_overwritten(invoke: Callable[..., Result], photo: Path) -> None:
    shutil.copy(photo, "photo-quantized.png")
    result = invoke("quantize", "photo.png", "photo-quantized.png", "-f", "-d", ".")
    assert result.exit_code == 1
    assert (photo.parent / "photo-quantized.png").read_bytes() == photo.read_bytes()
    assert (photo.parent / "photo-quantized-quantized.png").exists()


def test_same_stems_keep_their_extensions(invoke: Callable[..., Result], photo: Path) -> None:
    photo.rename("same.png")
    with Image.open("same.png") as image:
        image.save("same.jpg")
    result = invoke("quantize", "same.jpg", "same.png", "-f")
    assert result.exit_code == 0
    assert files(photo.parent / "outputs") == ["same.jpg-quantized.png", "same.png-quantized.png"]


def test_same_names_get_longer_ones(invoke: Callable[..., Result], photo: Path) -> None:
    for name in ("a", "b"):
        Path(name).mkdir()
        shutil.copy(photo, f"{name}/x.png")
    result = invoke("quantize", "a/x.png", "b/x.png", "-f")
    assert result.exit_code == 0
    assert "same name: a/x.png, b/x.png; the outputs have longer names" in result.stderr
    one, other = files(photo.parent / "outputs")
    assert one.startswith("x.png-")
    assert other.startswith("x.png-")


@pytest.mark.parametrize("again", ["./photo.png", "x/../photo.png"])
def test_input_given_twice_is_done_once(invoke: Callable[..., Result], photo: Path, again: str) -> None:
    result = invoke("quantize", "photo.png", again)
    assert result.exit_code == 0
    assert f"{again}: skipped, given twice" in result.stderr
    assert files(photo.parent / "outputs") == ["photo-quantized.png"]


def test_output_folder_that_cannot_be_made(invoke: Callable[..., Result], photo: Path) -> None:
    Path("file").touch()
    result = invoke("quantize", "photo.png", "-d", "file/below")
    assert result.exit_code == 1
    assert (
        "cannot write file/below/photo-quantized.png: cannot make its folder: a file is in the way; " in result.stderr
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_output_folder(invoke: Callable[..., Result], photo: Path) -> None:
    Path("locked").mkdir(mode=0o555)
    result = invoke("quantize", "photo.png", "-d", "locked")
    assert result.exit_code == 1
    assert result.stderr.startswith("imgcluster: error: ")
    assert "locked" in result.stderr
    assert result.stderr.count("\n") == 1


def test_missing_inputs_of_one_name_are_both_missing(invoke: Callable[..., Result], folder: Path) -> None:
    errors = invoke("quantize", "a/x.png", "b/x.png").stderr.splitlines()[1:]
    assert ["no such file" in line for line in errors] == [True, True, False]


def test_odd_names_are_printed_inertly(run: Callable[..., Any], photo: Path) -> None:
    name = "a\nb\x1b[31mc.png"
    shutil.copy(photo, name)
    process = run("quantize", name, f"no{name}", "--json", "-v")
    assert process.returncode == 1
    assert b"\x1b" not in process.stderr
    assert b"a\\nb\\x1b[31mc.png -> outputs/a\\nb\\x1b[31mc-quantized.png" in process.stderr
    assert {json.loads(line)["input"] for line in process.stdout.splitlines()} == {name, f"no{name}"}


def test_name_that_is_not_utf8(run: Callable[..., Any], photo: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    try:
        shutil.copy(photo, name)
    except OSError:
        pytest.skip("the file system takes UTF-8 alone")
    process = run("quantize", name, "--json", env={"LC_ALL": "C.UTF-8"})
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout)["input"] == name


def fail_unexpectedly(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("imgcluster.quantization")
    real = module.quantize

    @wraps(real)
    def broken(image: Any, **parameters: Any) -> Any:
        if hasattr(image, "read"):  # parameters are tried on an array of a single pixel
            raise ZeroDivisionError("nobody foresaw\nthis")
        return real(image, **parameters)

    monkeypatch.setattr(module, "quantize", broken)


def test_unexpected_error_is_one_line(
    invoke: Callable[..., Result], photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_unexpectedly(monkeypatch)
    result = invoke("quantize", "photo.png")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("imgcluster: error: photo.png: unexpected ZeroDivisionError: nobody foresaw this; --debug")


@pytest.mark.parametrize("args", [["--debug", "quantize", "photo.png"], ["quantize", "photo.png", "--debug"]])
def test_debug_shows_the_traceback(
    invoke: Callable[..., Result], photo: Path, monkeypatch: pytest.MonkeyPatch, args: list[str]
) -> None:
    fail_unexpectedly(monkeypatch)
    result = invoke(*args)
    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr


def test_full_disk_on_stdout(run: Callable[..., Any], photo: Path) -> None:
    with FULL_DISK.open("wb") as full:
        picture = run("quantize", "photo.png", "-o", "-", stdout=full)
        lines = run("quantize", "photo.png", "--json", stdout=full)
    for process in (picture, lines):
        assert process.returncode == 1
        assert b"error: " in process.stderr
        assert b"No space left on device" in process.stderr
        assert b"Traceback" not in process.stderr


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_full_disk_leaves_the_old_file(run: Callable[..., Any], photo: Path) -> None:
    target = photo.parent / "outputs/photo-quantized.png"
    target.parent.mkdir()
    target.write_text("old")
    process = run("quantize", "photo.png", "-f", preexec_fn=limit_file_size, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert process.returncode == 1
    assert process.stderr.startswith(b"imgcluster: error: photo.png: cannot write outputs/photo-quantized.png: ")
    assert process.stderr.count(b"\n") == 1
    assert files(target.parent) == ["photo-quantized.png"]
    assert target.read_text() == "old"


@pytest.mark.parametrize("args", [["photo.png", "-o", "-"], ["photo.png", "more.png", "--json"]])
def test_broken_pipe_is_quiet(run: Callable[..., Any], photo: Path, args: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = run("quantize", "-q", *args, stdout=writer)
    os.close(writer)
    assert process.returncode == 1
    assert not process.stderr


def test_stderr_that_is_full_stops_no_work(run: Callable[..., Any], photo: Path) -> None:
    with FULL_DISK.open("wb") as full:
        process = run("quantize", "photo.png", stderr=full)
    assert process.returncode == 0
    assert files(photo.parent / "outputs") == ["photo-quantized.png"]


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_bad_stdin(run: Callable[..., Any], folder: Path, data: bytes) -> None:
    process = run("quantize", "-", input=data)
    assert process.returncode == 1
    assert process.stderr.startswith(b"imgcluster: error: stdin: ")
    assert process.stderr.count(b"\n") == 1
    assert not process.stdout


STUCK_WRITE = """
import os, sys, time
from imgcluster.cli import main

def replace(source, target):
    print(len(os.listdir("outputs")), flush=True)
    time.sleep(30)

os.replace = replace  # the last step of a write: the temporary file is there, the old one too
sys.argv[1:] = ["quantize", "photo.png", "-f"]
main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.exhaustive
def test_interruption_leaves_the_old_file(photo: Path, environment: dict[str, Any], number: Any, code: int) -> None:
    target = photo.parent / "outputs/photo-quantized.png"
    target.parent.mkdir()
    target.write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK_WRITE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"2\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=300)
    assert process.returncode == code
    assert b"Traceback" not in errors
    assert files(target.parent) == ["photo-quantized.png"]
    assert target.read_text() == "old"
