"""How many threads None means: what the machine, a container, OpenMP's variable and joblib allow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgcluster import threads

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.mark.parametrize(
    ("variable", "expected"),
    [("1", 1), (" 1 ,4", 1), ("64", CPUS), ("", CPUS), ("0", 1), ("many", CPUS), ("-3", CPUS)],
)
def test_the_variable_of_openmp(variable: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    monkeypatch.setattr(threads, "_GROUPS", Path("nowhere"))
    assert threads.default_threads() == expected
    assert threads.check_threads(None) == expected
    assert threads.check_threads(3) == 3  # a number that is given is used


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "250000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_a_container(files: dict[str, str], expected: int | None, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert threads._quota(tmp_path) == expected


def test_workers_of_joblib_share_the_processors() -> None:
    joblib = pytest.importorskip("joblib")
    with joblib.parallel_config("loky", inner_max_num_threads=1, n_jobs=2):
        assert joblib.Parallel()(joblib.delayed(threads.default_threads)() for _ in range(2)) == [1, 1]
