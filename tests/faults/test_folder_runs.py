"""Whatever call of a run over a folder fails, in the run or in a worker: one line says why, and no output is torn.

The calls are not only those for pictures, but also those by which Python loads its libraries, late or at the start of a
worker: opening, reading, listing folders, and asking for the status of files.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs LD_PRELOAD and a compiler"),
]

_ALL = "IMGCLUSTER_ALL_FAULTS" in os.environ  # else a part of them, for the minutes they take
KINDS = {"open": 1, "read": 2, "stat": 128, "list": 256, "write": 4}
CODES = (errno.EIO, errno.EACCES, errno.EMFILE, errno.ENOMEM, errno.ENOSPC)
N_POINTS = 12 if _ALL else 2  # of each kind and code, over all the calls of a run
NEVER_SAID = ("Traceback", "report it", "unexpected", "Fatal", "ignored", "[Errno")
CAUSES = {
    errno.EIO: "Input/output error",
    errno.EACCES: "permission",
    errno.EMFILE: "open files",
    errno.ENOMEM: "memory",
    errno.ENOSPC: "space",
}
# what Python itself says of folders that it could not look into, and of starts of its own that failed
UNKNOWN = (
    "No module named",
    "cannot import name",
    "cannot open shared object",
    "see what this prints",
    "no pictures in",
)


@dataclass
class Fault:
    """A call that fails: which, of what kind, in the run or its workers; 0 counts only."""

    kind: str
    role: str
    at: int = 0
    code: int = errno.EIO
    stays: bool = False


@dataclass
class Ended:
    """How a run ended: its exit code, what it said, what it wrote, and how many calls it made."""

    code: int
    said: str
    outputs: dict[str, bytes] = field(repr=False)
    n_calls: int = 0


def run(layer: str, folder: Path, fault: Fault) -> Ended:
    """Quantize the folder while a call fails."""
    out, tally = folder.with_name("out"), folder.with_name("tally")
    environment = os.environ | {
        "LD_PRELOAD": layer,
        "FAULTS": f"{KINDS[fault.kind]} {fault.at} {fault.code} {fault.stays:d} /",
        "FAULTS_ROLE": fault.role,
        # a Python that cannot start says so itself
        "FAULTS_FROM": "imgcluster/__main__",
        "FAULTS_TALLY": str(tally),
    }
    workers = ["-j", "2", "--timeout", "100"] if fault.role == "worker" else ["-j", "1"]
    command = [sys.executable, "-P", "-m", "imgcluster", "quantize", ".", "-k", "4", "-d", str(out), *workers]
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env=environment, check=False, timeout=200
        )
        tallies = [int(path.read_text() or 0) for path in folder.parent.glob("tally.*")]
        return Ended(ended.returncode, ended.stderr, contents(out), max(tallies, default=0))
    finally:
        shutil.rmtree(out, ignore_errors=True)
        for path in folder.parent.glob("tally.*"):
            path.unlink()


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder but for those that record what is done."""
    files = folder.iterdir() if folder.exists() else ()
    return {path.name: path.read_bytes() for path in files if not path.name.startswith(".imgcluster-state")}


def wrong(ended: Ended, whole: dict[str, bytes], fault: Fault) -> list[str]:
    """Return what is wrong with how a run ended."""
    found = [f"said {word!r}" for word in NEVER_SAID if word in ended.said]
    found += [f"{name} is torn or left" for name, data in ended.outputs.items() if data != whole.get(name)]
    if ended.code not in (0, 1, 3):
        found.append(f"ended with {ended.code}")
    if ended.code == 0 and ended.outputs != whole:
        found.append("said nothing")
    errors = [line for line in ended.said.splitlines() if "error:" in line]
    if ended.code and not errors:
        found.append("names no error")
    if ended.code and not any(word in line for line in errors for word in (CAUSES[fault.code], *UNKNOWN)):
        found.append("does not name the cause")
    return found


@pytest.mark.parametrize("role", ["run", "worker"])
@pytest.mark.parametrize("kind", KINDS)
def test_calls_that_fail(layer: str, folder: Path, kind: str, role: str) -> None:
    clean = run(layer, folder, Fault(kind, role))
    assert clean.code == 0, clean.said
    assert len(clean.outputs) == 2
    assert clean.n_calls >= 2
    failed = []
    codes = CODES if _ALL else (CODES[sum(map(ord, kind + role)) % len(CODES)],)
    for code in codes:
        for i in range(N_POINTS):
            at = 1 + round((i + 0.5) / N_POINTS * (clean.n_calls - 1))
            fault = Fault(kind, role, at, code, stays=i % 2 == 1)
            ended = run(layer, folder, fault)
            failed += [f"{what}: {fault}, {ended}" for what in wrong(ended, clean.outputs, fault)]
    assert failed == []
