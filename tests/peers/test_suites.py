"""The suites of peers show no fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.exhaustive
def test_the_suites_of_scikit_learn() -> None:
    pytest.importorskip("sklearn.cluster.tests")
    program = [sys.executable, "-P", str(Path(__file__).with_name("scikit_learn.py"))]
    run = subprocess.run(program, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(run.stdout.split()[0]) > 100
