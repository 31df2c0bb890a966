"""Odd and broken files are read, or rejected with what is wrong and the way out, in bounded memory and time."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from _hostile import OTHER_THINGS, hostile, sound

import imgcluster
from imgcluster.errors import ConversionWarning, ImageReadError
from imgcluster.picture import read_image

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(imgcluster.__file__).parents[1])}
# runs a command, and prints what the largest of its processes took
MEASURED = """
import resource, subprocess, sys
code = subprocess.run([sys.executable, "-m", "imgcluster", *sys.argv[1:]], check=False).returncode
unit = 1 if sys.platform == "darwin" else 1024
print(f"{code} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit}")
"""
MOST_MEMORY = 1 << 30
COMMANDS = {"quantize": ("quantize", "-k", "4"), "superpixels": ("superpixels", "-n", "4")}
SAID_OF_SPECIAL = {
    "folder.png": "it is a folder",
    "pipe.png": "a pipe or a device, not a file",
    "socket.png": "a pipe or a device, not a file",
    "null.png": "a pipe or a device, not a file",
    "nowhere.png": "no such file",
    "loop.png": "",
}


def outcome(data: bytes) -> str:
    """Read a file: what is wrong with it, empty if nothing is; any other exception fails the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)  # and no other
        try:
            pixels = read_image(io.BytesIO(data))
        except ImageReadError as failed:
            error = failed
        else:
            assert pixels.shape[2] == 3
            return ""
    assert error.problem
    assert error.way_out
    assert "\n" not in str(error)
    return error.problem


def test_sound_files_are_read() -> None:
    assert {name: outcome(data) for name, data in sound().items()} == dict.fromkeys(sound(), "")


def test_every_file_is_read_or_rejected_with_a_way_out() -> None:
    counts = Counter(bool(outcome(data)) for _, data in hostile())
    assert counts.total() >= 1500
    assert counts[True] > 1000  # rejected
    assert counts[False] > 300


@pytest.mark.parametrize(("data", "said"), OTHER_THINGS, ids=[said for _, said in OTHER_THINGS])
def test_what_is_no_picture_is_called_what_it_is(data: bytes, said: str) -> None:
    assert said in outcome(data)


def run(
    folder: Path, *arguments: str, command: Sequence[str] = ("quantize", "-k", "4")
) -> tuple[int, int, list[dict[str, Any]], list[str]]:
    """Run a command: its code, its memory, its lines of JSON, and its errors."""
    call = [sys.executable, "-c", MEASURED, *command, "--json", *arguments]
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=900)
    *rows, last = done.stdout.splitlines()
    code, memory = map(int, last.split())
    assert "Traceback" not in done.stderr
    assert "please report it" not in done.stderr
    return code, memory, [json.loads(row) for row in rows], done.stderr.splitlines()


@pytest.mark.exhaustive
@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_of_them_is_done_with_a_line_for_each_failure(tmp_path: Path, command: str) -> None:
    # arrays are no pictures to look for in a folder
    given = {name: data for name, data in hostile() if not name.endswith(".npy")}
    for name, data in given.items():
        (tmp_path / name).write_bytes(data)
    code, memory, rows, errors = run(
        tmp_path, ".", "-d", "out", "-j", "2", "--timeout", "120", command=COMMANDS[command]
    )
    assert code == 1
    assert memory <= MOST_MEMORY
    assert {Path(row["input"]).name for row in rows} == set(given)
    failed = [row for row in rows if row["status"] == "failed"]
    assert {row["reason"] for row in failed} <= {"unreadable", "bad-value"}
    assert all("; " in row["text"] for row in failed)
    lines = [line for line in errors if line.startswith("imgcluster: error: ")]
    assert len(lines) == len(failed)
    # and nothing else: what libraries print names no file
    others = [line for line in errors if not line.startswith("imgcluster: ")]
    assert [line for line in others if not line.startswith(("./", "same name: ", "done "))] == []


def test_a_few_of_them_one_by_one(tmp_path: Path) -> None:
    given = [
        (name, data) for name, data in hostile() if name in {"base-cut-0017.jpg", "jpeg-flip-7.tif", "other-05.png"}
    ]
    for name, data in given:
        (tmp_path / name).write_bytes(data)
        code, memory, rows, errors = run(tmp_path, name, "-o", "out.png")
        assert (code, rows[0]["status"]) == (1, "failed")
        assert len(errors) == 1
        assert errors[0].startswith(f"imgcluster: error: {name}: ")
        assert memory <= MOST_MEMORY
    assert len(given) == 3
    assert not (tmp_path / "out.png").exists()


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "null.png").symlink_to("/dev/zero")
    (tmp_path / "nowhere.png").symlink_to("missing.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(tmp_path)  # the path of a socket is short
        try:
            bound.bind("socket.png")
        finally:
            os.chdir(here)
        names = [name for name in SAID_OF_SPECIAL if name != "folder.png"]
        code, _, rows, errors = run(tmp_path, *names, "-d", "out")
    assert code == 1
    assert {row["input"]: row["status"] for row in rows} == dict.fromkeys(names, "failed")
    assert all(SAID_OF_SPECIAL[row["input"]] in row["text"] for row in rows), rows
    assert sum(line.startswith("imgcluster: error: ") for line in errors) == len(names)
    code, _, rows, _ = run(tmp_path, "folder.png", "-d", "out")
    assert (code, rows) == (3, [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "secret.png").touch(0)
    code, _, rows, _ = run(tmp_path, "secret.png", "-d", "out")
    assert (code, rows[0]["status"]) == (1, "failed")
    assert "no permission" in rows[0]["text"]


def test_a_picture_of_absurd_sides_asks_for_no_scratch_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(dict(hostile())["bits-absurd-17.png"])
    with pytest.raises(ImageReadError, match="more than the limit of"):
        imgcluster.superpixels(tmp_path / "a.png", 4)
