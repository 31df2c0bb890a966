"""The suites of peers show no fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.exhaustive
def test_the_suites_of_peers() -> None:
    pytest.importorskip("sklearn.cluster.tests")
    program = [sys.executable, "-P", str(Path(__file__).with_name("table.py"))]
    run = subprocess.run(program, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    least = {"scikit-learn": 100, "scikit-image": 90, "faiss": 25}
    rows = [line.split() for line in run.stdout.splitlines()[1:4]]
    assert [row[0] for row in rows] == list(least)
    for peer, passed, _, failed in rows:
        assert int(passed) > least[peer]
        assert failed == "0"
