"""Every command and every Python line of the README, and of the pages behind it, runs beside the examples."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import imgcluster

REPOSITORY = Path(__file__).resolve().parents[1]
README, FOLDERS, PYTHON = (
    (REPOSITORY / page).read_text(encoding="utf-8")
    for page in ("README.md", "imgcluster/batch/README.md", "examples/python.md")
)


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


INSTALL, TEST, *SHELL = blocks("sh")
COMMANDS = [line for block in SHELL for line in block.splitlines() if line]
PRINTED = list(zip([INSTALL.rpartition("&&")[2], SHELL[0]], blocks("text")[:2], strict=True))
SNIPPETS = [code for page in (README, FOLDERS, PYTHON) for code in blocks("python", page)]


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with the examples and an ``imgcluster`` that is the package under test."""
    shutil.copytree(REPOSITORY / "examples", tmp_path / "examples")
    program = tmp_path / ".venv" / "bin" / "imgcluster"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m imgcluster "$@"\n')
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(Path(imgcluster.__file__).parents[1]), prepend=os.pathsep)
    return tmp_path


def run(command: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done


def without_times(text: str) -> str:
    """Mask the seconds, and the size of the output, which depends on the zlib that Python was built with."""
    return re.sub(r"-> \d+ kB", "-> SIZE", re.sub(r"\d+\.\d+ s\b", "TIME", text))


def test_the_first_screen_is_two_commands() -> None:
    # .ci/run takes these two from the README and runs them as they stand
    assert INSTALL.count("\n") == TEST.count("\n") == 1
    assert INSTALL.startswith("python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/imgcluster quantize")
    assert TEST.rstrip().endswith("&& .venv/bin/pytest")


@pytest.mark.parametrize(("command", "printed"), PRINTED, ids=["quantize", "superpixels"])
def test_the_first_commands_print_what_the_readme_shows(command: str, printed: str, newcomer: Path) -> None:
    done = run(command)
    assert without_times(printed) in without_times(done.stderr)
    (picture,) = re.findall(r"outputs/\S+", printed)
    assert (newcomer / picture).is_file()


@pytest.mark.exhaustive  # minutes on the NumPy kernels
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command: str, newcomer: Path) -> None:
    assert run(command).returncode == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("block", blocks("sh", FOLDERS))
def test_the_commands_for_folders_run_one_after_the_other(block: str, newcomer: Path) -> None:
    for command in block.splitlines():
        assert run(command).returncode == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("code", SNIPPETS)
def test_every_python_block_runs(code: str, newcomer: Path) -> None:
    subprocess.run([sys.executable, "-P", "-W", "error", "-c", code], check=True, capture_output=True, timeout=300)
