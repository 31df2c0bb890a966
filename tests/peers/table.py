"""What the test suites of peers say of us.

    python tests/peers/table.py

Runs scikit-learn's own suites with our clusterers (`scikit_learn.py`), and what the suites of scikit-image and faiss
ask for, written anew (`test_as_*.py`). Prints how many of each passed, do not apply (with the reasons) and failed;
ends with 1 if one failed.
"""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
ADAPTED = {"scikit-image": "test_as_scikit_image.py", "faiss": "test_as_faiss.py"}


class Row(NamedTuple):
    """What became of the suites of one peer."""

    peer: str
    passed: int
    left: int
    failed: int
    details: list[str]


class Tally:
    """What became of each adapted test, and what does not apply."""

    def __init__(self) -> None:
        self.passed, self.failed = 0, list[str]()
        self.left: Counter[str] = Counter()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Read from the modules what does not apply."""
        for module in {item.module for item in items}:
            self.left.update(Counter(module.NOT_OURS.values()))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Count a test by its end."""
        self.passed += report.when == "call" and report.passed
        if report.failed:
            self.failed.append(report.nodeid.split("::")[-1])
        elif report.skipped:
            self.left["skipped here"] += 1


def adapted(peer: str) -> Row:
    """Run what was written anew."""
    tally = Tally()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", str(HERE / ADAPTED[peer])], plugins=[tally])
    details = [f"{n:6} {reason}" for reason, n in tally.left.most_common()]
    details += [f"FAILED {name}" for name in tally.failed]
    return Row(peer, tally.passed, tally.left.total(), len(tally.failed), details)


def of_scikit_learn() -> Row:
    """Run scikit-learn's own suites, in a process in which its names are ours."""
    command = [sys.executable, "-P", str(HERE / "scikit_learn.py")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.match(r"(\d+) passed, (\d+) do not apply, (\d+) failed\n", run.stdout)
    if found is None:
        return Row("scikit-learn", 0, 0, 1, run.stderr.splitlines()[-3:])
    passed, left, failed = map(int, found.groups())
    return Row("scikit-learn", passed, left, failed, run.stdout.splitlines()[1:])


def main() -> int:
    """Run all, and print the table."""
    rows = [of_scikit_learn(), *(adapted(peer) for peer in ADAPTED)]
    print(f"{'':14}{'passed':>8}{'do not apply':>14}{'failed':>8}")
    for row in rows:
        print(f"{row.peer:14}{row.passed:8}{row.left:14}{row.failed:8}")
    for row in rows:
        print(f"\n{row.peer}")
        print("\n".join(row.details))
    return 1 if any(row.failed or not row.passed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
