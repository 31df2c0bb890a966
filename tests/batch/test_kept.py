"""Pictures that would be larger than their originals: these are kept, whole, and reported apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import noise, saved
from PIL import Image

from imgcluster.batch import FolderRun, plan_folder, process_folder
from imgcluster.facts import Code

K = {"n_colors": 200, "effort": "fast"}


def by_name(run: FolderRun) -> dict[str, Any]:
    return {Path(result.input).name: result for result in run}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder of a picture that shrinks, and of two that grow: noise in 200 colors takes more than a coarse JPEG."""
    saved(tmp_path / "in" / "shrinks.png", noise(64, 64))
    Image.fromarray(noise(64, 64, 1)).save(tmp_path / "in" / "coarse.jpg", quality=5)
    ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    Image.fromarray(np.dstack([ramp, ramp * 2, 255 - ramp])).save(tmp_path / "in" / "ramp.png", optimize=True)
    return tmp_path / "in"


def test_a_folder_is_complete_and_nothing_in_it_is_larger_than_its_original(
    mixed: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    out = tmp_path / "out"
    found = by_name(process_folder(mixed, output_dir=out, parameters=K, n_jobs=1))
    assert set(tree(out)) == {"shrinks-quantized.png", "coarse-quantized.jpg", "ramp-quantized.png"}
    for name, result in found.items():
        assert result.status == "done"
        size = Path(result.outputs[0]).stat().st_size
        assert size == result.bytes_after <= (mixed / name).stat().st_size
    assert found["shrinks.png"].grew is False
    assert found["shrinks.png"].reason is None
    for name in ("coarse.jpg", "ramp.png"):
        assert found[name].reason.code is Code.WOULD_GROW
        assert found[name].grew
        assert Path(found[name].outputs[0]).read_bytes() == (mixed / name).read_bytes()


def test_kept_originals_are_done_before_and_checked_when_touched(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    list(process_folder(mixed, output_dir=out, parameters=K, n_jobs=1))
    assert {file.action for file in plan_folder(mixed, output_dir=out, parameters=K).files} == {"skip"}
    data = (mixed / "coarse.jpg").read_bytes()
    (mixed / "coarse.jpg").write_bytes(data)
    again = by_name(process_folder(mixed, output_dir=out, parameters=K, n_jobs=1))
    assert {result.reason.code for result in again.values()} == {Code.DONE_BEFORE}
    assert again["coarse.jpg"].outputs == (str(out / "coarse-quantized.jpg"),)
    (out / "coarse-quantized.jpg").unlink()
    again = by_name(process_folder(mixed, output_dir=out, parameters=K, n_jobs=1))
    assert again["coarse.jpg"].reason.code is Code.WOULD_GROW
    assert (out / "coarse-quantized.jpg").read_bytes() == data
    other = by_name(process_folder(mixed, output_dir=out, parameters={**K, "n_colors": 100}, n_jobs=1))
    assert {result.reason.code for result in other.values()} == {Code.OTHER_PARAMETERS}


def test_pictures_are_written_however_large_when_that_is_asked_for(mixed: Path, tmp_path: Path) -> None:
    run = process_folder(mixed, output_dir=tmp_path / "out", parameters=K, n_jobs=1, skip_if_larger=False)
    found = by_name(run)
    assert {Path(path).suffix for result in found.values() for path in result.outputs} == {".png"}
    assert [found[name].grew for name in ("shrinks.png", "coarse.jpg", "ramp.png")] == [False, True, True]


def test_an_original_of_another_format_does_not_stand_for_a_format_that_was_asked_for(
    mixed: Path, tmp_path: Path
) -> None:
    run = process_folder(mixed, output_dir=tmp_path / "out", parameters=K, format="tif", n_jobs=1)
    assert {Path(result.outputs[0]).suffix for result in run} == {".tif"}


def test_an_original_does_not_stand_for_a_picture_in_given_colors(mixed: Path, tmp_path: Path) -> None:
    run = process_folder(mixed, output_dir=tmp_path / "out", parameters={"palette": [[0, 0, 0], [9, 9, 9]]}, n_jobs=1)
    assert {result.reason for result in run} == {None}


def test_a_single_file_leaves_nothing_behind(mixed: Path, tmp_path: Path) -> None:
    options: Any = {"output_dir": tmp_path / "out", "parameters": K, "n_jobs": 1}
    (result,) = process_folder(mixed / "coarse.jpg", skip_if_larger=True, **options)
    assert (result.status, result.outputs, result.grew) == ("skipped", (), True)
    assert result.reason is not None
    assert result.reason.code is Code.WOULD_GROW
    assert not list((tmp_path / "out").iterdir())
    (result,) = process_folder(mixed / "coarse.jpg", **options)
    assert (result.status, result.grew) == ("done", True)


def test_a_file_in_the_place_of_the_copy_is_left_alone(mixed: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "coarse-quantized.jpg").write_bytes(b"of somebody else")
    found = by_name(process_folder(mixed, output_dir=tmp_path / "out", parameters=K, n_jobs=1))
    assert (found["coarse.jpg"].status, found["coarse.jpg"].outputs) == ("skipped", ())
    assert (tmp_path / "out" / "coarse-quantized.jpg").read_bytes() == b"of somebody else"


def test_a_name_that_a_run_did_not_use_is_free_for_others(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "coarse-quantized.jpg").write_bytes(b"of somebody else")  # so that the original stays where it is
    list(process_folder(mixed, output_dir=out, parameters=K, n_jobs=1))
    assert not (out / "coarse-quantized.png").exists()
    (out / "coarse-quantized.png").write_bytes(b"of somebody else, too")
    found = by_name(process_folder(mixed, output_dir=out, parameters=K, n_jobs=1, skip_if_larger=False))
    assert found["coarse.jpg"].status == "skipped"
    assert found["coarse.jpg"].reason.code is Code.EXISTS
    assert (out / "coarse-quantized.png").read_bytes() == b"of somebody else, too"


def test_segments_and_masks_are_no_matter_of_size(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="skip_if_larger is for pictures of few colors alone, got superpixels"):
        process_folder(mixed, "superpixels", tmp_path / "out", skip_if_larger=True)
    with pytest.raises(ValueError, match="got masks"):
        process_folder(
            mixed / "ramp.png", "quantize", tmp_path / "out", extras={"masks": "m"}, skip_if_larger=True, parameters=K
        )


@pytest.mark.parametrize(("first", "second"), [(4, 200), (200, 4)])
def test_a_forced_run_leaves_one_output_of_each_input(mixed: Path, first: int, second: int) -> None:
    out = mixed.parent / "out"
    for n_colors in (first, second):
        options: Any = {"parameters": {"n_colors": n_colors, "effort": "fast"}, "n_jobs": 1, "force": True}
        list(process_folder(mixed, output_dir=out, **options))
    assert sorted(path.stem for path in out.glob("[!.]*")) == [
        "coarse-quantized",
        "ramp-quantized",
        "shrinks-quantized",
    ]
    assert all(path.exists() for path in mixed.iterdir())
