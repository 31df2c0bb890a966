"""Run a command of imgcluster again and again, and let another call of its saves fail each time, or the process die.

Started with ``faults.c`` in LD_PRELOAD, by ``test_crash_points.py``: prints one JSON object, what was tried and what
went wrong. A child is forked for each point, as starting Python takes a hundred times as long.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imgcluster.files import _replacing

OPEN, READ, WRITE, SYNC, RENAME, MKDIR, UNLINK = (1 << i for i in range(7))
KILLED = 0
CODES = (KILLED, errno.ENOSPC, errno.EIO, errno.EACCES)
_LAYER = ctypes.CDLL(None)
_SKIPPED = 98  # of a run whose work is done
_SLOW = 60  # seconds in which a child must end


@dataclass
class Fault:
    """The call at which something happens; 0 counts only."""

    at: int = 0
    code: int = KILLED
    kinds: int = OPEN | WRITE | SYNC | RENAME | MKDIR | UNLINK
    stays: bool = False  # whether later calls fail, too, as on a full disk


@dataclass
class Ended:
    """How a child ended."""

    status: int  # exit code, or minus the signal
    n_calls: int
    said: str  # what it wrote to stderr


@dataclass
class Report:
    """What was tried, and what went wrong."""

    n_points: int = 0
    n_calls: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    """Try all points of the case on the command line: JSON with folder, command, outputs and sources."""
    case = json.loads(sys.argv[1])
    _import_all(case)
    report = try_points(case)
    print(json.dumps(vars(report)))


def _import_all(case: dict[str, Any]) -> None:
    """Run once in this process, so that children need not import; threads end with the run."""
    with _fresh(case) as folder:
        _run_command(case["command"], folder)


def try_points(case: dict[str, Any]) -> Report:
    """Hit each call of the command by each code."""
    report, kinds = Report(), case.get("kinds", Fault.kinds)
    with _fresh(case) as folder:
        before = _contents(folder)
        clean = _child(case["command"], folder, Fault(kinds=kinds))
        after = _contents(folder)
    if clean.status or "Traceback" in clean.said:
        report.wrong.append(f"without a fault: {clean}")
        return report
    report.n_calls = clean.n_calls
    codes = case.get("codes", CODES)
    for at in range(1, clean.n_calls + 1, case.get("step", 1)):
        for code in codes:
            fault = Fault(at, code, kinds, stays=code == errno.ENOSPC)
            report.n_points += 1
            report.wrong += [f"call {at}, {_name(code)}: {what}" for what in _wrong(case, fault, before, after)]
    return report


def _wrong(case: dict[str, Any], fault: Fault, before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
    """Say what is wrong after a fault, and after the run that follows it."""
    with _fresh(case) as folder:
        ended = _child(case["command"], folder, fault)
        found = _contents(folder)
        killed = fault.code == KILLED
        if killed and ended.status != -signal.SIGKILL:
            yield f"was not killed but ended with {ended}"
        if not killed:
            yield from _bad_message(ended)
            if ended.status == 0 and not _is_same(found, after, case):
                yield f"said nothing: {ended.said!r}"
        yield from _torn(found, before, after, case, may_leave=killed)
        if not killed:
            return
        again = _child(case["again"], folder, Fault())
        if again.status not in (0, _SKIPPED):
            yield f"the next run ended with {again}"
        elif not _is_same(_contents(folder), after, case):
            yield f"the next run left {_differences(_contents(folder), after)}"


def _bad_message(ended: Ended) -> Iterator[str]:
    """Look at what a user reads."""
    said = ended.said
    if ended.status < 0 or (ended.status > 3 and ended.status not in (98, 99)):
        yield f"ended with status {ended.status}: {said!r}"
    for word in ("Traceback", "report it", "unexpected"):
        if word in said:
            yield f"said {said!r}"
    if ended.status and not any(word in said for word in ("space", "Input/output", "ermission")):
        yield f"does not name the cause: {said!r}"


def _torn(
    found: dict[str, bytes], before: dict[str, bytes], after: dict[str, bytes], case: dict[str, Any], may_leave: bool
) -> Iterator[str]:
    """Find files that are neither old nor new."""
    for name in case["sources"]:
        if found.get(name) not in (before[name], after[name]):
            yield f"{name}, a source, is gone or changed"
    for name, data in found.items():
        if ".imgcluster" in name:
            if ".tmp" in name and not may_leave:
                yield f"{name} was left"
        elif data not in (before.get(name), after.get(name)) and not _varies(name, case):
            yield f"{name} is neither old nor new ({len(data)} bytes)"
    for name in before.keys() - found.keys():
        if name in after:
            yield f"{name} is gone"


def _is_same(found: dict[str, bytes], after: dict[str, bytes], case: dict[str, Any]) -> bool:
    names = {name for name in found if not _is_private(name)}
    if names != {name for name in after if not _is_private(name)} or any(".tmp" in name for name in found):
        return False
    return all(found[name] == after[name] or _varies(name, case) for name in names)


def _differences(found: dict[str, bytes], after: dict[str, bytes]) -> str:
    return ", ".join(sorted(name for name in found.keys() | after.keys() if found.get(name) != after.get(name)))


def _is_private(name: str) -> bool:
    return ".imgcluster" in name and ".tmp" not in name


def _varies(name: str, case: dict[str, Any]) -> bool:
    """Whether a file holds times, and so differs from run to run."""
    return name in case.get("varies", ())


def _name(code: int) -> str:
    return errno.errorcode[code] if code else "killed"


@contextlib.contextmanager
def _fresh(case: dict[str, Any]) -> Iterator[Path]:
    """Copy the folder of the case, with what is in it, to the same name each time."""
    folder = Path(case["folder"]).with_name("trial")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(case["folder"], folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if not path.is_dir()}


def _child(command: list[str], folder: Path, fault: Fault) -> Ended:
    """Run a command in a child."""
    notes, said = folder.with_name("notes"), folder.with_name("said")
    notes.write_text("0")
    pid = os.fork()
    if pid == 0:
        _be_child(command, folder, fault, notes, said)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return Ended(code, int(notes.read_text() or 0), said.read_text(errors="replace"))


def _be_child(command: list[str], folder: Path, fault: Fault, notes: Path, said: Path) -> None:
    code = 70
    try:
        signal.alarm(_SLOW)
        stderr = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(stderr, 2)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        _replacing._clear_once.cache_clear()  # as in a new process
        _LAYER.arm(str(folder).encode(), fault.kinds, fault.at, fault.code, int(fault.stays))
        code = _run_command(command, folder)
        sys.stderr.flush()
        notes.write_text(str(_LAYER.counted()))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _run_command(command: list[str], folder: Path) -> int:
    """Run imgcluster in this process, in the folder."""
    from imgcluster.cli import main as cli

    os.chdir(folder)
    sys.argv = ["imgcluster", *(word.replace("{folder}", str(folder)) for word in command)]
    try:
        cli()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    main()
