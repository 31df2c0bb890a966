"""Many Python threads at once, and processes that fork after threads were used, get what one thread gets alone."""

import hashlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import imgcluster as ic

N_THREADS = 9


def _image(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 240, (8, 10, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8)) + rng.integers(0, 16, (64, 80, 3)).astype(np.uint8)


def _digest(*arrays: NDArray[Any]) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


def _quantize(image: NDArray[np.uint8]) -> str:
    result = ic.quantize(image, 12, dither="auto", n_threads=2)
    return _digest(result.palette, result.indices)


def _superpixels(image: NDArray[np.uint8], method: Any) -> str:
    return _digest(ic.superpixels(image, 30, method=method, n_threads=2).labels)


def _fit(image: NDArray[np.uint8]) -> str:
    points = image.reshape(-1, 3).astype(float)
    kmeans = ic.KMeans(4, random_state=0, n_threads=2).fit(points)
    mixture = ic.GaussianMixture(3, random_state=0, n_threads=2).fit(points)
    return _digest(kmeans.cluster_centers_, kmeans.labels_, mixture.means_)


WORK: list[Callable[[NDArray[np.uint8]], str]] = [
    _quantize,
    partial(_superpixels, method="boundary"),
    partial(_superpixels, method="slic"),
    partial(_superpixels, method="gmm"),
    _fit,
]


def _all_results(seed: int) -> list[str]:
    image = _image(seed)
    return [work(image) for work in WORK]


def test_threads_on_a_shared_array_get_what_one_gets_alone() -> None:
    image = _image(0)
    expected = [work(image) for work in WORK]
    before = image.copy()
    start = threading.Barrier(N_THREADS)

    def run(first: int) -> list[str]:
        start.wait()
        order = [(first + i) % len(WORK) for i in range(len(WORK))]  # different operations at a time
        found = {at: WORK[at](image) for at in order}
        return [found[at] for at in range(len(WORK))]

    with ThreadPoolExecutor(N_THREADS) as pool:
        for found in pool.map(run, range(N_THREADS)):
            assert found == expected
    np.testing.assert_array_equal(image, before)


def test_threads_on_arrays_of_their_own_get_what_one_gets_alone() -> None:
    expected = [_all_results(seed) for seed in range(N_THREADS)]
    with ThreadPoolExecutor(N_THREADS) as pool:
        assert list(pool.map(_all_results, range(N_THREADS))) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
# that a fork beside living threads may hang is said by Python from 3.12 on; this one must not
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_fork_after_threads_were_used_computes_the_same() -> None:
    expected = _all_results(1)
    with ThreadPoolExecutor(N_THREADS) as pool:
        assert list(pool.map(_all_results, [1] * N_THREADS)) == [expected] * N_THREADS
        # the pool's threads are alive, and gone in the child
        child = os.fork()
        if child == 0:
            os._exit(0 if _all_results(1) == expected else 1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert _all_results(1) == expected


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_processes_of_every_kind_compute_the_same(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [os.path.dirname(__file__), *sys.path])  # noqa: PTH120  # where a spawned one finds this module
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_all_results, [2, 2, 3]) == [_all_results(2), _all_results(2), _all_results(3)]
