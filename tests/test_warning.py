"""Warnings on several threads: each hears its own, and the filters of the process come back."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile

import imgcluster as ic
from imgcluster.batch.executors import Threads
from imgcluster.errors import ConvergenceWarning, ConversionWarning, LossWarning
from imgcluster.threads import run
from imgcluster.warning import heard_by, silenced_libraries, unheard, warn


def test_a_warning_that_nobody_hears_is_one_of_pythons_that_names_the_caller() -> None:
    with pytest.warns(ConversionWarning, match="lost") as caught:
        warn("lost", ConversionWarning)
    assert caught[0].filename == __file__


def test_a_listener_hears_its_category_alone_and_the_next_one_out_the_rest() -> None:
    outer: list[str] = []
    inner: list[str] = []
    with heard_by(lambda warning: outer.append(str(warning))):
        with heard_by(lambda warning: inner.append(str(warning)), ConversionWarning), unheard(LossWarning):
            warn("a conversion", ConversionWarning)
            warn("a loss", LossWarning)
            warn("a fit", ConvergenceWarning)
        warn("a conversion after it", ConversionWarning)
    assert inner == ["a conversion"]
    assert outer == ["a fit", "a conversion after it"]


def test_threads_that_overlap_hear_their_own() -> None:
    heard: dict[str, list[str]] = {}
    both = threading.Barrier(2, timeout=120)

    def work(name: str) -> None:
        found = heard.setdefault(name, [])
        with heard_by(lambda warning: found.append(str(warning))):
            both.wait()
            warn(name, ConversionWarning)
            both.wait()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, "ab"))
    assert heard == {"a": ["a"], "b": ["b"]}


def test_a_fit_of_a_palette_stays_silent_while_another_thread_ends() -> None:
    # as Python's filters do it, the one that ends first takes the silence of the other with it
    begun, ended = threading.Event(), threading.Event()

    def first() -> None:
        with unheard(ConvergenceWarning):
            begun.set()
            assert ended.wait(120)

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(120)
    with unheard(ConvergenceWarning):
        ended.set()
        thread.join()
        warn("not converged", ConvergenceWarning)


def test_the_threads_of_a_task_hear_what_their_caller_hears() -> None:
    heard: list[str] = []
    both = threading.Barrier(2, timeout=120)

    def task(i: int) -> None:
        both.wait()
        warn(f"task {i}", ConversionWarning)

    with heard_by(lambda warning: heard.append(str(warning))):
        run(task, 2, 2)
    assert sorted(heard) == ["task 0", "task 1"]


def test_libraries_are_silent_until_the_last_thread_ends() -> None:
    before, begun, ended = warnings.filters[:], threading.Event(), threading.Event()

    def first() -> None:
        with silenced_libraries():
            begun.set()
            assert ended.wait(120)

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(120)
    with silenced_libraries():
        ended.set()
        thread.join()
        warnings.warn_explicit("odd", UserWarning, "x.py", 1, module="PIL.Image")
        with pytest.raises(UserWarning, match="mine"):
            warnings.warn_explicit("mine", UserWarning, "x.py", 1, module="mine.code")
    assert warnings.filters == before


def test_files_on_threads_are_warned_of_by_name(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(24):
        # nearly black as sRGB: a camera of 12 bits
        pixels = rng.integers(0, 4096 if i % 2 else 65536, (48, 48, 3), np.uint16)
        tifffile.imwrite(tmp_path / f"{i:02}.tif", pixels)
    found = ic.process_folder(
        tmp_path, "superpixels", tmp_path / "out", parameters={"n_segments": 9}, executor=Threads(4)
    )
    results = list(found)
    for result in results:
        dark = int(Path(result.input).stem) % 2 == 1
        assert len(result.warnings) == dark, result
        assert not dark or "nearly black" in result.warnings[0]
    assert len(results) == 24


def test_warnings_name_the_line_of_the_caller_however_deep_they_are(tmp_path: Path) -> None:
    X = np.random.default_rng(0).random((500, 2))
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as pages:
        for _ in range(3):
            pages.write(np.arange(300, dtype=np.uint8).reshape(10, 10, 3), photometric="rgb")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for model in (ic.KMeans(9, max_iter=1), ic.SoftKMeans(9, max_iter=1), ic.GaussianMixture(9, max_iter=1)):
            model.fit(X)
            model.fit_predict(X)
        ic.KMeans(9).fit(np.ones((20, 2)))
        ic.quantize(path, 4)
        ic.segment(path, 4)
        ic.superpixels(path, 4)
        ic.extract_palette(path, 4)
        ic.compare(path, path)
        ic.superpixels(np.zeros((9, 9, 3), np.uint8), 4, mask=np.zeros((9, 9), bool))
    assert len(caught) >= 13
    assert {warning.filename for warning in caught} == {__file__}
