"""The group itself: help, versions, what is imported when, and errors that belong to no file."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from imgcluster import __version__
from imgcluster.cli import app
from imgcluster.kernels import backend

# beyond click; with Python 3.11 it is 35 of ours and 46 of the standard library, and others differ by a few
MOST_OF_OURS = 45
MOST_OF_OTHERS = 52
HEAVY = {"numpy", "PIL", "matplotlib", "skimage", "importlib.metadata"}


def commands() -> Any:
    context = click.Context(app)
    return [(name, app.get_command(context, name)) for name in app.list_commands(context)]


@pytest.mark.parametrize(
    "args",
    [["--version"], ["--help"], *([name, "--help"] for name, _ in commands())],
)
def test_help_imports_click_alone(environment: dict[str, Any], args: list[str]) -> None:
    code = f"""
import sys
from imgcluster.cli import app
try:
    app.main({args!r})
except SystemExit as end:
    assert end.code in (None, 0), end.code
print(sorted({HEAVY!r} & set(sys.modules)))
"""
    process = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert process.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["quantize", "--help"]])
def test_help_imports_few_modules(environment: dict[str, str], args: list[str]) -> None:
    code = f"""
import sys
import click
before = set(sys.modules)
from imgcluster.cli import app
try:
    app.main({args!r})
except SystemExit:
    pass
print(*(set(sys.modules) - before))
"""
    process = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    modules = process.stdout.splitlines()[-1].split()
    ours = [name for name in modules if name.partition(".")[0] == "imgcluster"]
    assert len(ours) <= MOST_OF_OURS
    assert len(modules) - len(ours) <= MOST_OF_OTHERS


@pytest.mark.parametrize(("name", "command"), commands())
def test_help_lines_are_short(name: str, command: Any) -> None:
    # as in the group: click keeps the help option that it makes first
    context = click.Context(command, info_name=name, help_option_names=["-h", "--help"])
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        assert record is None or len(record[1]) <= 54, record
    assert len(command.get_short_help_str(100)) <= 54


def test_help_shows_examples(invoke: Callable[..., Result]) -> None:
    result = invoke("quantize", "--help")
    assert result.exit_code == 0
    assert result.stdout.count("  imgcluster quantize ") >= 3
    assert invoke("quantize", "-h").stdout == result.stdout


@pytest.mark.parametrize("args", [["--version"], ["quantize", "--version"]])
def test_version(invoke: Callable[..., Result], args: list[str]) -> None:
    result = invoke(*args)
    assert (result.exit_code, result.stdout) == (0, f"imgcluster, version {__version__}\n")


def test_no_command_shows_the_help_on_stderr(invoke: Callable[..., Result]) -> None:
    result = invoke()
    assert result.exit_code == 2
    assert "Commands:" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["photo.jpg", "-k", "16"], "did you mean 'imgcluster quantize photo.jpg'?"),
        (
            ["quantise", "photo.jpg"],
            "no such command 'quantise'; did you mean quantize?",
        ),
        (["--nonsense"], "No such option '--nonsense' here; put it behind a command: imgcluster quantize"),
        (["-k", "16", "photo.jpg"], "No such option '-k' here; put it behind a command: imgcluster quantize"),
        (["info", "more"], "see 'imgcluster info --help'"),
        (["palette", "build", "x", "-k", "0"], "see 'imgcluster palette build --help'"),
        (["no\x1b[31m"], "no such command 'no\\x1b[31m'"),
    ],
)
def test_wrong_usage_is_one_line(invoke: Callable[..., Result], args: list[str], text: str) -> None:
    result = invoke(*args)
    assert result.exit_code == 2
    assert text in result.stderr
    assert result.stderr.startswith("imgcluster: error: ")
    assert result.stderr.count("\n") == 1
    assert not result.stdout


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["quantize", "--help"], ["info"], ["info", "--json"]])
def test_full_disk_on_stdout_is_one_line(run: Callable[..., Any], args: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        process = run(*args, stdout=full)
    assert process.returncode == 1
    assert process.stderr.startswith(b"imgcluster: error: cannot write stdout: No space left on device")
    assert process.stderr.count(b"\n") == 1


@pytest.mark.parametrize("args", [["info"], ["quantize", "photo.png"]])
@pytest.mark.parametrize("variable", ["IMGCLUSTER_KERNELS", "IMGCLUSTER_ISA"])
def test_wrong_environment_is_one_line(run: Callable[..., Any], photo: Path, args: list[str], variable: str) -> None:
    if variable == "IMGCLUSTER_ISA" and backend() == "reference":
        pytest.skip("NumPy has no instruction set to choose")
    process = run(*args, env={variable: "nonsense"})
    assert process.returncode == 1
    assert process.stderr.count(b"\n") == 1
    assert variable.encode() in process.stderr
    assert b"nonsense" in process.stderr
