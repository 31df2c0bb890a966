"""Compile the native module as pyproject.toml says, by any compiler, with more flags: for sanitizers or other machines.

python3 .ci/build_kernels.py OUTPUT COMPILER [FLAG ...]
"""

import shlex
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(output: Path, compiler: list[str], flags: list[str]) -> None:
    """Compile every source, two at a time, and link them; flags come last, so they override those of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (extension,) = project["tool"]["setuptools"]["ext-modules"]
    macros = [f"-D{name}={value}" for name, value in extension["define-macros"]]
    options = [*extension["extra-compile-args"], *macros, f"-I{sysconfig.get_path('include')}", "-fPIC", *flags]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:

        def compiled(source: str) -> str:
            made = f"{folder}/{Path(source).stem}.o"
            subprocess.run([*compiler, *options, "-c", str(ROOT / source), "-o", made], check=True)
            return made

        objects = list(pool.map(compiled, extension["sources"]))
        subprocess.run([*compiler, *flags, "-shared", *objects, "-o", str(output)], check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]), shlex.split(sys.argv[2]), sys.argv[3:])
