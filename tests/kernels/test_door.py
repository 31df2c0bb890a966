"""Which kernels are chosen, and that threads change nothing."""

import os
import subprocess
import sys
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

from imgcluster import kernels
from imgcluster import threads as _parallel
from imgcluster.errors import KernelError


def _info(**environment: Any) -> CompletedProcess[Any]:
    code = "from imgcluster import kernels; print(kernels.backend(), kernels.isa())"
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_reference_can_be_forced() -> None:
    assert _info(IMGCLUSTER_KERNELS="reference").stdout.split() == ["reference", "numpy"]


def test_an_instruction_set_can_be_forced() -> None:
    if kernels.backend() != "native":
        pytest.skip("runs on the reference kernels")
    native = pytest.importorskip("imgcluster.kernels._native")
    for name in native.isa_names():
        assert _info(IMGCLUSTER_ISA=name, IMGCLUSTER_KERNELS="native").stdout.split() == ["native", name]


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [("IMGCLUSTER_KERNELS", "fast", "native or reference"), ("IMGCLUSTER_ISA", "mmx", "one of ")],
)
def test_an_unknown_choice_fails_loudly(name: str, value: str, allowed: str) -> None:
    if kernels.backend() != "native":
        pytest.skip("runs on the reference kernels")
    result = _info(**{"IMGCLUSTER_KERNELS": "native", name: value})
    assert result.returncode == 1
    assert allowed in result.stderr
    assert repr(value) in result.stderr


@pytest.mark.parametrize("n_threads", [2, 7])
def test_threads_do_not_change_a_bit(n_threads: int, rng: np.random.Generator) -> None:
    X, centers, weights = rng.random((100_000, 4)), rng.random((9, 4)), rng.random(100_000)
    results = []
    for threads in (1, n_threads):
        labels, distances = np.zeros(len(X), np.int32), np.empty(len(X))
        totals = kernels.assign(X, weights, centers, labels, distances, threads)
        results.append((labels, distances, *totals))
    for one, many in zip(*results, strict=True):
        np.testing.assert_array_equal(one, many)


def test_results_come_in_the_order_of_the_tasks() -> None:
    assert _parallel.run(lambda i: i * i, 50, 4) == [i * i for i in range(50)]


def test_a_failing_task_is_heard_of() -> None:
    def task(i: Any) -> Any:
        if i == 3:
            raise KernelError("task 3")
        return i

    with pytest.raises(KernelError, match="task 3"):
        _parallel.run(task, 20, 3)
