"""Bars that count files: on request, to the end, and otherwise no trace of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    picture: NDArray[np.uint8] = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    for name in ("a", "b", "c"):
        Image.fromarray(picture).save(folder / f"{name}.png")
    (folder / "d.png").write_bytes(b"no picture")
    return folder


def run(photos: Path, **more: Any) -> Any:
    return ic.process_folder(photos, output_dir=photos.parent / "out", parameters={"n_colors": 4}, n_jobs=1, **more)


def test_a_bar_counts_every_file(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with run(photos, progress=True) as results:
        assert len(list(results)) == 4
    said = capsys.readouterr()
    assert "4/4" in said.err
    assert said.out == ""
    with run(photos, progress=True) as again:  # what needs no work counts, too
        assert sorted(result.status for result in again) == ["failed", "skipped", "skipped", "skipped"]
    assert "4/4" in capsys.readouterr().err


def test_a_bar_counts_what_a_palette_is_made_of(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    ic.build_palette(photos, 4, progress=True, on_result=lambda result: told.append(result.status))
    assert "4/4" in capsys.readouterr().err
    assert len(told) == 4


def test_a_run_that_is_left_early_closes_its_bar(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with run(photos, progress=True) as results:
        next(results)
    assert "1/4" in capsys.readouterr().err
    run(photos, progress=True).close()
    assert not list((photos.parent / "out").glob("*.part"))


def test_scripts_see_no_bar_unless_they_ask(photos: Path) -> None:
    code = f"""
import sys, imgcluster as ic
list(ic.process_folder({str(photos)!r}, output_dir={str(photos.parent / "out")!r}, parameters={{"n_colors": 4}}))
ic.build_palette({str(photos)!r}, 4)
print([name for name in ("tqdm.auto", "IPython") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert done.stderr == ""


def test_progress_is_true_or_false(photos: Path) -> None:
    with pytest.raises(TypeError, match="progress must be True or False, got 'yes'"):
        run(photos, progress="yes")
    with pytest.raises(TypeError, match="progress must be True or False, got 1"):
        ic.build_palette(photos, progress=1)  # type: ignore[arg-type]
