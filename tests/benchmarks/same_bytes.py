"""Whether a folder's outputs are the same bytes, whatever does the work.

Usage: ``python tests/benchmarks/same_bytes.py FOLDER``

Quantizes the pictures of a folder and cuts them into superpixels as often as there are rows in `WAYS`: with one to
eight workers or threads, each instruction set of this processor, and several seeds of Python's hashes. Prints a hash
over all outputs for each, and ends with 1 if two of a task differ.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from imgcluster.kernels import _native

TASKS = {
    "quantize": ("-k", "32", "--name", "{stem}.png"),
    "superpixels": ("-n", "100", "--labels", ".npy"),
}
ISAS = _native.isa_names()  # from the least to the best


class Way(NamedTuple):
    """How the work is done."""

    workers: int  # 0: in the process itself
    threads: int
    isa: str
    hash_seed: str


WAYS = (
    Way(0, 1, ISAS[0], "0"),
    Way(0, 3, ISAS[-1], "random"),
    Way(0, 8, ISAS[-1], "1"),
    Way(1, 0, ISAS[-1], "0"),
    Way(2, 0, ISAS[0], "1"),
    Way(8, 0, ISAS[-1], "random"),
)


def outputs(folder: Path, task: str, way: Way) -> tuple[int, str]:
    """Return the number of outputs of a task over a folder, and a hash of their names and bytes."""
    environment = {**os.environ, "PYTHONHASHSEED": way.hash_seed, "IMGCLUSTER_ISA": way.isa}
    with TemporaryDirectory() as out:
        command = [sys.executable, "-P", "-m", "imgcluster", task, str(folder), "-d", out, "-q", *TASKS[task]]
        # a limit of time makes a worker of one job, too
        command += ["-j", str(way.workers), "--timeout", "3600"] if way.workers else ["--threads", str(way.threads)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        digest, names = hashlib.sha256(), sorted(path for path in Path(out).iterdir() if path.name[0] != ".")
        for path in names:
            digest.update(path.name.encode() + path.read_bytes())
    return len(names), digest.hexdigest()


def compared(folder: Path, task: str) -> Iterator[tuple[Way, int, str]]:
    """Yield what each way makes of a folder."""
    for way in WAYS:
        yield (way, *outputs(folder, task, way))


def main() -> int:
    """Print a row for each task and way."""
    (folder,) = map(Path, sys.argv[1:])
    found: dict[str, set[str]] = {}
    for task in TASKS:
        for way, n, digest in compared(folder, task):
            found.setdefault(task, set()).add(digest)
            how = f"{way.workers} workers" if way.workers else f"{way.threads} threads"
            print(f"{task:<12} {how:<10} {way.isa:<6} hashes {way.hash_seed:<6} {n:4} files  {digest[:16]}", flush=True)
    return int(any(len(digests) > 1 for digests in found.values()))


if __name__ == "__main__":
    sys.exit(main())
