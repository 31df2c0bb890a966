"""The C sources: they compile without a warning, they are formatted, and pyproject.toml lists all of them.

The extension is optional, so a build that fails does not fail an installation; these tests compile what it would. CI
runs them once with ``CC=gcc`` and once with ``CC=clang``.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "imgcluster" / "kernels" / "src"
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Werror"]
CLANG_FORMAT = 20  # the major version that decides; others break a few lines elsewhere


def _extension() -> dict[str, Any]:
    """Return what pyproject.toml says of the native module."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (extension,) = project["tool"]["setuptools"]["ext-modules"]
    return dict(extension)


def _compiler() -> list[str]:
    """Return the command of $CC, or else of the compiler that Python was built with; skip the test without one."""
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no compiler {command[0]}")
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        pytest.skip("the headers of Python are not installed")
    return command


@pytest.mark.parametrize("source", sorted(path.name for path in SOURCES.glob("*.c")))
def test_a_source_compiles_without_a_warning(source: str) -> None:
    extension = _extension()
    flags = [flag for flag in extension["extra-compile-args"] if flag.startswith(("-std", "-W"))]
    macros = [f"-D{name}={value}" for name, value in extension["define-macros"]]
    command = [*_compiler(), "-fsyntax-only", *WARNINGS, *flags, *macros, f"-I{sysconfig.get_path('include')}", source]
    result = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_the_sources_are_formatted() -> None:
    beside = Path(sys.executable).parent
    program = shutil.which("clang-format", path=os.pathsep.join([str(beside), os.environ.get("PATH", "")]))
    if program is None:
        pytest.skip("clang-format is not installed")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"version (\d+)", version)
    if found is None or int(found[1]) != CLANG_FORMAT:
        pytest.skip(f"clang-format {CLANG_FORMAT} decides, this is {version.strip()}")
    files = sorted(path.name for path in SOURCES.glob("*.[ch]"))
    result = subprocess.run(
        [program, "--style=file", "--dry-run", "-Werror", *files],
        cwd=SOURCES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(("key", "pattern"), [("sources", "*.c"), ("depends", "*.h")])
def test_the_build_knows_every_source(key: str, pattern: str) -> None:
    listed = _extension()[key]
    assert sorted(listed) == sorted(path.relative_to(ROOT).as_posix() for path in SOURCES.glob(pattern))
