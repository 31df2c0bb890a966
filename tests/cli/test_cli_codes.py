"""Each exit code of the table, by running the command."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from imgcluster.batch.state import lock_folder
from imgcluster.cli import app
from imgcluster.cli._codes import BUSY, CODES, DONE, FAILED, INTERRUPTED, NOTHING_MATCHED, OUT_OF_REACH, SKIPPED, USAGE

Run = Callable[..., Any]

# starts to work when a picture arrives on a pipe that nobody writes to
WAITING = """
import sys
from imgcluster.cli import main
print(flush=True)
sys.argv[1:] = ["quantize", "-", "-o", "out.png"]
main()
"""


def code_of(run: Run, *arguments: str) -> int:
    return int(run(*arguments).returncode)


def test_the_help_and_the_manual_have_one_table() -> None:
    text = CliRunner().invoke(app, ["--help"]).output
    for code, (short, _) in CODES.items():
        assert f"  {int(code):<5}{short}\n" in text
        assert len(short) <= 54


def test_done_failed_wrong_and_nothing(run: Run, photo: Path) -> None:
    assert code_of(run, "quantize", "photo.png", "-o", "a.png") == DONE
    assert code_of(run, "quantize", "missing.png", "-o", "b.png") == FAILED
    assert code_of(run, "quantize", "photo.png", "-o", "b.doc") == USAGE
    Path("empty").mkdir()
    assert code_of(run, "quantize", "empty") == NOTHING_MATCHED


@pytest.mark.parametrize(
    "arguments",
    [
        ["quantize", "photo.png", "-k", "4", "-o", "there.png"],
        ["quantize", "photo.png", "-k", "4", "-o", "there.png", "-q"],
        ["quantize", "photo.png", "-k", "4", "-o", "there.png", "--json"],
        ["superpixels", "photo.png", "-n", "4", "-o", "there.png"],
        ["segment", "photo.png", "-k", "2", "-o", "there.png"],
        ["plot", "palette", "photo.png", "-o", "there.png"],
        ["palette", "build", "photo.png", "-o", "there.gpl"],
        ["palette", "extract", "photo.png", "-o", "there.gpl"],
        ["compare", "photo.png", "photo.png", "-o", "there.png"],
    ],
)
def test_an_existing_output_is_skipped_with_its_own_code(run: Run, photo: Path, arguments: list[str]) -> None:
    name = next(name for name in arguments if name.startswith("there"))
    Path(name).write_text("mine")
    done = run(*arguments)
    assert done.returncode == SKIPPED
    assert Path(name).read_text() == "mine"
    if "-q" not in arguments:
        assert b"skipped" in done.stderr
        assert b"-f overwrites it" in done.stderr
    assert code_of(run, *arguments, "-f") == DONE


def test_strict_makes_it_a_failure(run: Run, photo: Path) -> None:
    Path("there.png").write_text("mine")
    done = run("quantize", "photo.png", "-o", "there.png", "--strict")
    assert done.returncode == FAILED
    assert b"--strict: 1 file skipped" in done.stderr
    assert code_of(run, "quantize", "photo.png", "-o", "new.png", "--strict") == DONE


def test_what_would_not_be_smaller_and_what_is_out_of_reach(run: Run, photo: Path) -> None:
    assert code_of(run, "quantize", "photo.png", "-k", "2", "-o", "small.png") == DONE
    assert code_of(run, "quantize", "small.png", "-k", "2", "--skip-if-larger", "-o", "again.png") == SKIPPED
    assert not Path("again.png").exists()
    assert code_of(run, "quantize", "photo.png", "--quality", "99-100", "-k", "2", "-o", "b.png") == OUT_OF_REACH
    assert not Path("b.png").exists()


def test_several_files_of_which_some_are_skipped_are_done(run: Run, photo: Path) -> None:
    Path("two.png").write_bytes(photo.read_bytes())
    Path("outputs").mkdir()
    Path("outputs/two-quantized.png").write_text("mine")
    done = run("quantize", "photo.png", "two.png", "-k", "4")
    assert done.returncode == DONE
    assert b"done 1, skipped 1, failed 0" in done.stderr


def test_another_run_in_the_folder(run: Run, photo: Path) -> None:
    Path("out").mkdir()
    lock = lock_folder("out")
    try:
        assert code_of(run, "quantize", ".", "-d", "out") == BUSY
    finally:
        lock.release()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 143)])
def test_interrupted(photo: Path, environment: dict[str, Any], number: signal.Signals, code: int) -> None:
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        env=environment,
        stdin=reader,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        try:
            _, errors = process.communicate(timeout=300)
        finally:
            process.kill()  # where the signal is ignored, as in the background of some shells
    os.close(reader)
    os.close(writer)
    assert process.returncode == code
    assert b"Traceback" not in errors
