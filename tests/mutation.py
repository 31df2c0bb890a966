"""Mutation testing by sample: small faults put into the source, one at a time. Does a test fail for each?

Usage: ``python tests/mutation.py [--room picture] [--sample 50] [--seed 0] [--all]``

The repository is copied to build/mutation, and only the copy is ever changed. First the tests of the room are run there
under coverage, to learn which lines each runs and how long it takes; later only those of files that changed. Then, for
each mutant, the tests that run its line are run until one fails: those that run little else first, and as many as fit
into some seconds, so that a survivor may be killed by a test that was not run. None counts as killed by mistake: at the
end, the tests that killed one must pass without it. ``tests/_mutants.py`` says what is changed. Needs ``os.fork``.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import hashlib
import importlib
import json
import os
import py_compile
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _mutants import Mutant, mutants_of

# the tests of each room: others run its lines, too, but see less of what it does
ROOMS = {
    "picture": ("picture", "hostile", "test_animations.py", "test_same_picture.py", "test_targets.py"),
    "files": ("files", "test_storage.py", "test_tables.py", "picture/test_w*.py", "cli/test_cli_scratch.py"),
    "palette": ("palette", "batch/test_palette.py", "cli/test_cli_p[ar]*.py", "test_golden.py"),
    "colors": (
        *(
            "test_color*.py",
            "test_channel_ranges.py",
            "test_dither_palette.py",
            "test_alpha_histogram.py",
            "test_histogram.py",
            "test_features.py",
            "test_weighted_points.py",
        ),
        *(
            "test_dithering.py",
            "test_quantize_large.py",
            "palette/test_alpha*.py",
            "palette/test_stages.py",
            "test_golden.py",
            "test_feature_vectors.py",
        ),
    ),
    "batch": (
        "batch",
        "test_manifest.py",
        "cli/test_cli_folders.py",
        "cli/test_cli_kept.py",
        "cli/test_cli_executor.py",
    ),
}
REPOSITORY = Path(__file__).resolve().parents[1]
WORK = REPOSITORY / "build" / "mutation"
COPY = WORK / "copy"
_FLOOR = 0.8  # of the mutants of a room are killed
_BUDGET = 10.0  # seconds of the CPU for a mutant, as its tests took without it
_PATIENCE = 20  # times as long, while other work runs on this machine
_TEXTS = ("pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
_COPIED = ("imgcluster", "tests", "examples", *_TEXTS)
# what most tests import, and is no part of the copy: imported once, before each run is forked off
_IMPORTED = (
    "numpy",
    "PIL.Image",
    "skimage.data",
    "tifffile",
    "hypothesis.extra.numpy",
    "click.testing",
    "jsonschema",
    "concurrent.futures",
)
_NOT_FOUND = "exit code 4"
_IGNORED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # of hypothesis, for that it is


@dataclass
class Recorded:
    """What one test ran: its seconds, and the lines of each module."""

    seconds: float
    lines: dict[str, list[int]]


@dataclass
class Fate:
    """What became of a mutant."""

    path: str
    mutant: Mutant
    killer: str  # the test that failed, or what else ended it; empty if it survived
    n_tests: int

    def __str__(self) -> str:
        before, after = (" ".join(text.split())[:120] for text in (self.mutant.before, self.mutant.after))
        said = f"killed by {self.killer}" if self.killer else f"SURVIVED {self.n_tests} tests"
        return f"{self.path}:{self.mutant.line}: {before} -> {after}\n    {said}"


class Recorder:
    """A plugin of pytest: the lines of our rooms that each test runs, and its seconds."""

    def __init__(self) -> None:
        from coverage import Coverage

        rooms = [str(COPY / "imgcluster" / room / "*") for room in ROOMS]
        self._coverage = Coverage(data_file=None, include=rooms, config_file=False)
        self._seconds: dict[str, float] = {}
        self._not_passed: set[str] = set()
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Run one test under its name."""
        self._coverage.switch_context(item.nodeid)
        start = sum(os.times()[:4])
        result = yield
        self._seconds[item.nodeid] = sum(os.times()[:4]) - start
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what was skipped or failed."""
        if not report.passed:
            self._not_passed.add(report.nodeid)

    def pytest_unconfigure(self) -> None:
        """Write what each test that passed ran."""
        self._coverage.stop()
        data = self._coverage.get_data()
        tests: dict[str, dict[str, Any]] = {
            test: {"seconds": seconds, "lines": {}}
            for test, seconds in self._seconds.items()
            if test not in self._not_passed
        }
        for path in data.measured_files():
            name = Path(path).relative_to(COPY).as_posix()
            for line, ran in data.contexts_by_lineno(path).items():
                for test in tests.keys() & set(ran):
                    tests[test]["lines"].setdefault(name, []).append(line)
        (WORK / "new.json").write_text(json.dumps(tests))


def copy_repository() -> None:
    """Copy what tests need, and bytecode that is checked by its source: a mutant may be as long, and as new."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in _COPIED:
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, COPY / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(REPOSITORY / name, COPY)
    checked = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(COPY / "imgcluster", quiet=1, invalidation_mode=checked)


def enter_copy() -> None:
    """Make this process one that imports and knows the copy alone, as do the processes that it starts."""
    for name, folder in (("HOME", "home"), ("TMPDIR", "temporary")):
        shutil.rmtree(WORK / folder, ignore_errors=True)
        (WORK / folder).mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(WORK / folder)
    os.environ |= {"PYTHONPATH": str(COPY), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    sys.path[0] = str(COPY)
    os.chdir(COPY)
    shutil.rmtree(COPY / ".hypothesis", ignore_errors=True)


def run_tests(arguments: Sequence[str], limit: float, *, recorder: type[Recorder] | None = None) -> str:
    """Run tests of the copy in a process of its own: what failed, or is wrong; empty if nothing is."""
    output = WORK / "output.txt"
    if not (child := os.fork()):
        os.setsid()
        code = 70
        try:
            with output.open("wb", buffering=0) as stream, Path(os.devnull).open("rb") as nothing:
                for number, other in enumerate((nothing, stream, stream)):
                    os.dup2(other.fileno(), number)
            enter_copy()
            options = ["-p", "no:cacheprovider", "--tb=no", "-rfE", "--hypothesis-seed=0", *_IGNORED, *arguments]
            code = pytest.main(options, plugins=[recorder()] if recorder else [])
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    ended = _wait(child, limit)
    for line in output.read_text(errors="replace").splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            return line.split(" ", 1)[1].split(" - ")[0]
    return "" if ended == 0 else "the limit of time" if ended is None else f"exit code {ended}"


def _wait(child: int, limit: float) -> int | None:
    """Wait for a process, and end it and all that it started: its exit code, None if it did not end in time."""
    end = time.monotonic() + limit
    done, status = 0, 0
    while not done and time.monotonic() < end:
        time.sleep(0.02)
        done, status = os.waitpid(child, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not done:
        os.waitpid(child, 0)
        return None
    return os.waitstatus_to_exitcode(status)


def recordings(room: str, everything: bool) -> dict[str, Recorded]:
    """Return what each test of a room runs, from an earlier record as far as that still holds."""
    # what changes elsewhere hardly changes which lines a test runs here
    key = _digest([*COPY.glob(f"imgcluster/{room}/**/*.py")]) + (" all" if everything else "")
    places = [place for pattern in ROOMS[room] for place in COPY.joinpath("tests").glob(pattern)]
    paths = [path for place in places for path in (place.glob("**/test_*.py") if place.is_dir() else [place])]
    files = {path.relative_to(COPY).as_posix(): _digest([path]) for path in sorted(paths)}
    store = WORK / f"{room}.json"
    kept = json.loads(store.read_text()) if store.exists() else {}
    if kept.get("key") != key:
        kept = {"key": key, "files": {}, "tests": {}}
    if new := [name for name in files if kept["files"].get(name) != files[name]]:
        print(f"{room}: recording what the tests in {len(new)} files run", flush=True)
        run_tests([*(["--all"] if everything else []), *new], 36000, recorder=Recorder)
        old = {name: ran for name, ran in kept["tests"].items() if name.partition("::")[0] in files.keys() - set(new)}
        kept |= {"files": files, "tests": old | json.loads((WORK / "new.json").read_text())}
        store.write_text(json.dumps(kept))
    return {name: Recorded(**ran) for name, ran in kept["tests"].items()}


def _digest(paths: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()


def chosen(recorded: dict[str, Recorded], path: str, mutant: Mutant) -> tuple[list[str], float]:
    """Choose tests: of its line, then of its module, then of its folder, as what is cached is recorded for one test."""
    folder = path.rpartition("/")[0]
    near = [name for name, ran in recorded.items() if any(other.startswith(folder) for other in ran.lines)]

    def rank(name: str) -> tuple[bool, float, float, float, str]:
        ran = recorded[name]
        off_its_line = mutant.lines.isdisjoint(ran.lines.get(path, ()))
        # what runs in processes of their own is recorded for none: tests of the folder see it
        return off_its_line, -_share(ran, path), -_share(ran, folder), ran.seconds, name

    total, taken = 0.0, []
    for name in sorted(near, key=rank):
        if total + recorded[name].seconds <= _BUDGET:
            total += recorded[name].seconds
            taken.append(name)
    return taken, total


def _share(ran: Recorded, path: str) -> float:
    """How much of what a test runs is in one module or folder, to two digits."""
    n = sum(len(lines) for name, lines in ran.lines.items() if name.startswith(path))
    return round(n / sum(map(len, ran.lines.values())), 2) if ran.lines else 0.0


def fate_of(path: str, mutant: Mutant, recorded: dict[str, Recorded]) -> Fate:
    """Put a mutant into the copy, run its tests, and take it out again."""
    module = COPY / path
    source = module.read_text()
    tests, seconds = chosen(recorded, path, mutant)
    module.write_text(mutant.apply(source))
    try:
        killer = run_until_failure(tests, seconds)
    finally:
        module.write_text(source)
    return Fate(path, mutant, killer, len(tests))


def run_until_failure(tests: Sequence[str], seconds: float) -> str:
    """Run tests by their names, which take so long: the first that fails, empty if none does."""
    if not tests:
        return ""
    names = WORK / "tests.txt"
    names.write_text("\n".join(tests))
    limit = _PATIENCE * (seconds + 3)
    failed = run_tests(["--all", "-x", f"@{names}"], limit)
    if failed == _NOT_FOUND:  # the module does not load, or a value of it is in the name of a test
        names.write_text("\n".join(dict.fromkeys(name.partition("[")[0] for name in tests)))
        failed = run_tests(["--all", "-x", f"@{names}"], 10 * limit)
    return failed


def sample_of(room: str, n: int, seed: int) -> list[tuple[str, Mutant]]:
    """Draw mutants of a room, each as likely as any other."""
    paths = sorted((COPY / "imgcluster" / room).rglob("*.py"))
    mutants = [(path.relative_to(COPY).as_posix(), one) for path in paths for one in mutants_of(path.read_text())]
    return random.Random(f"{room} {seed}").sample(mutants, min(n, len(mutants)))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--room", action="append", choices=ROOMS, help="may be given again; all, if left out")
    parser.add_argument("--sample", type=int, default=50, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--all", action="store_true", help="with the exhaustive tests")
    return parser.parse_args(arguments)


def main() -> int:
    """Run the samples: 1 if fewer than 80 % of a room's mutants are killed."""
    options = parse()
    copy_repository()
    for name in _IMPORTED:
        importlib.import_module(name)
    rates = []
    for room in options.room or ROOMS:
        recorded = recordings(room, options.all)
        fates = []
        for path, mutant in sample_of(room, options.sample, options.seed):
            fates.append(fate_of(path, mutant, recorded))
            print(fates[-1], flush=True)
        killed = [fate.killer for fate in fates if fate.killer]
        rates.append(len(killed) / len(fates))
        print(f"{room}: {len(killed)} of {len(fates)} killed, {rates[-1]:.0%}", flush=True)
        killers = sorted({killer for killer in killed if killer in recorded})
        if failed := run_until_failure(killers, sum(recorded[name].seconds for name in killers)):
            print(f"{failed} without a mutant, too: what it killed may be alive", flush=True)
    return int(min(rates) < _FLOOR)


if __name__ == "__main__":
    sys.exit(main())
