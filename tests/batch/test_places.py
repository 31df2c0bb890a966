"""Names by pattern, originals replaced in place, and what goes with a picture: times, mode, metadata."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import noise, saved
from PIL import Image

from imgcluster.batch import FolderRun, plan_folder, process_folder
from imgcluster.facts import Code

Paint = Callable[..., Path]


def by_name(run: FolderRun) -> dict[str, Any]:
    return {Path(result.input).name: result for result in run}


@pytest.fixture
def gifs(tmp_path: Path) -> Path:
    """A folder of an animation with two frames."""
    (tmp_path / "in").mkdir()
    frames = [Image.fromarray(noise(16, 16, i)).quantize(8) for i in range(2)]
    frames[0].save(tmp_path / "in" / "two.gif", save_all=True, append_images=frames[1:])
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{stem}.png", ["x/one.png", "y/one.png"]),
        ("{stem}-{k}.webp", ["x/one-4.webp", "y/one-4.webp"]),
        ("{parent}-{stem}.{ext}", ["x-one.png", "y-one.bmp"]),
        ("{parent}/small/{stem}.png", ["x/small/one.png", "y/small/one.png"]),
        ("{name}.tif", ["x/one.tif", "y/one.tif"]),
    ],
)
def test_a_pattern_names_pictures(
    tmp_path: Path, paint: Paint, quick: dict[str, Any], pattern: str, expected: list[str]
) -> None:
    paint(tmp_path / "in" / "x" / "one.png"), paint(tmp_path / "in" / "y" / "one.bmp")
    out = tmp_path / "out"
    options: Any = {"output_dir": out, "parameters": quick, "recursive": True, "name": pattern, "skip_if_larger": False}
    results = list(process_folder(tmp_path / "in", **options, n_jobs=1))
    assert [str(Path(result.outputs[0]).relative_to(out)) for result in results] == expected
    assert all((out / path).exists() for path in expected)
    assert {file.action for file in plan_folder(tmp_path / "in", **options).files} == {"skip"}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{stem}.png", r"gives .*one\.png for both .*one\.bmp and .*one\.png; add \{ext\} or \{parent\}"),
        ("{k}.png", r"gives .*4\.png for both"),
        ("../{stem}.png", "name must stay in the folder of outputs, got '../{stem}.png'"),
        ("a/../../{stem}.png", "name must stay in the folder"),
        ("/tmp/{stem}.png", "name must stay in the folder"),
        ("s3://bucket/{stem}.png", "name must stay in the folder"),
        ("{stem}", r"name must end in \.\{ext\} or one of \.png"),
        ("{stem}.jpg", r"name must end in"),
        ("{colour}.png", r"name may hold \{stem\}, .*, got \{colour\}"),
    ],
)
def test_patterns_that_collide_or_leave_the_folder_are_rejected_before_any_work(
    tmp_path: Path, paint: Paint, quick: dict[str, Any], pattern: str, message: str
) -> None:
    paint(tmp_path / "in" / "one.png"), paint(tmp_path / "in" / "one.bmp")
    with pytest.raises(ValueError, match=message):
        process_folder(tmp_path / "in", output_dir=tmp_path / "out", parameters=quick, name=pattern)
    assert not (tmp_path / "out").exists()


def test_a_collision_in_capitals_counts(tmp_path: Path, paint: Paint, quick: dict[str, Any]) -> None:
    files = [paint(tmp_path / "x" / "One.png"), paint(tmp_path / "y" / "one.png")]
    with pytest.raises(ValueError, match="for both"):
        process_folder(files, output_dir=tmp_path / "out", parameters=quick, name="{stem}.png")


def test_a_format_that_is_never_written_fails_by_name(tmp_path: Path, quick: dict[str, Any]) -> None:
    path = saved(tmp_path / "a.jpg", noise(8, 8))
    (result,) = process_folder(path, output_dir=tmp_path / "out", parameters=quick, name="{stem}.{ext}")
    assert result.status == "failed"
    assert "JPEG is lossy" in result.text


def test_originals_are_replaced_only_by_smaller_pictures(tmp_path: Path, quick: dict[str, Any]) -> None:
    large, small = saved(tmp_path / "in" / "large.png", noise(32, 32)), tmp_path / "in" / "small.jpg"
    small.write_bytes(b"")
    Image.fromarray(noise(32, 32)).save(small)
    photo = small.read_bytes()
    run = process_folder(tmp_path / "in", parameters=quick, in_place=True, backup=True, n_jobs=1)
    found = by_name(run)
    assert found["large.png"].outputs == (str(large),)
    assert len(np.unique(np.asarray(Image.open(large).convert("RGB")).reshape(-1, 3), axis=0)) == 4
    assert np.array_equal(np.asarray(Image.open(f"{large}~")), noise(32, 32))
    assert (found["small.jpg"].status, found["small.jpg"].reason.code) == ("skipped", Code.NOT_IN_PLACE)
    assert small.read_bytes() == photo
    made = large.read_bytes()
    found = by_name(process_folder(tmp_path / "in", parameters=quick, in_place=True, backup=True, n_jobs=1))
    assert found["large.png"].reason.code is Code.WOULD_GROW
    assert large.read_bytes() == made
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == ["large.png", "large.png~", "small.jpg"]


def test_in_place_nothing_is_said_of_longer_names(tmp_path: Path, quick: dict[str, Any]) -> None:
    paths = [saved(tmp_path / "in" / name, noise(16, 16)) for name in ("same.png", "same.bmp", "same.avif")]
    plan = plan_folder(tmp_path / "in", parameters=quick, in_place=True)
    assert plan.collisions == ()
    assert [file.outputs for file in plan.files if file.action == "make"] == [(str(path),) for path in paths[1::-1]]
    assert "AVIF holds no palette and cannot be replaced by one; without --in-place" in next(
        file.reason.in_flags() for file in plan.files if file.reason is not None
    )


def test_a_second_backup_leaves_the_first_original_alone(tmp_path: Path, quick: dict[str, Any]) -> None:
    path = saved(tmp_path / "a.png", noise(32, 32))
    before = path.read_bytes()
    for k in (16, 2):
        (result,) = process_folder(path, parameters={**quick, "n_colors": k}, in_place=True, backup=True)
        assert (result.status, result.n_colors) == ("done", k)
    assert Path(f"{path}~").read_bytes() == before


def test_a_link_stays_a_link_and_a_larger_result_comes_when_asked_for(tmp_path: Path, quick: dict[str, Any]) -> None:
    path = tmp_path / "gray.png"
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8), (64, 1))).save(path, optimize=True)
    link = tmp_path / "link.png"
    link.symlink_to(path)
    (result,) = process_folder(link, parameters={"n_colors": 60}, in_place=True, skip_if_larger=False)
    assert result.grew
    assert link.is_symlink()
    assert path.stat().st_size == result.bytes_after


def test_an_animation_is_not_replaced_by_its_first_frame(gifs: Path, quick: dict[str, Any]) -> None:
    before = (gifs / "two.gif").read_bytes()
    (result,) = process_folder(gifs, parameters=quick, in_place=True, skip_if_larger=False, n_jobs=1)
    if result.status == "failed":
        assert "frames" in result.text
        assert (gifs / "two.gif").read_bytes() == before
    else:
        with Image.open(gifs / "two.gif") as image:
            assert getattr(image, "n_frames", 1) == 2


@pytest.mark.parametrize("in_place", [False, True])
def test_time_and_mode_of_the_input_are_preserved(tmp_path: Path, quick: dict[str, Any], in_place: bool) -> None:
    path = saved(tmp_path / "a.png", noise(32, 32))
    path.chmod(0o640)
    os.utime(path, ns=(10**18, 10**18))
    (result,) = process_folder(
        path, output_dir=tmp_path / "out", parameters=quick, preserve=True, in_place=in_place, name=None
    )
    status = Path(result.outputs[0]).stat()
    assert (status.st_mtime_ns, status.st_mode & 0o777) == (10**18, 0o640)


def test_metadata_is_kept_or_stripped(tmp_path: Path, quick: dict[str, Any]) -> None:
    exif = Image.Exif()
    exif[271] = "a camera"
    Image.fromarray(noise(16, 16)).save(tmp_path / "a.png", exif=exif, dpi=(300, 300))
    for strip in (False, True):
        run = process_folder(tmp_path / "a.png", output_dir=tmp_path / str(strip), parameters=quick, strip=strip)
        (result,) = run
        with Image.open(result.outputs[0]) as image:
            assert ("exif" in image.info, "dpi" in image.info) == (not strip, not strip)
        assert result.dropped == ()


def test_an_original_with_metadata_does_not_stand_for_a_stripped_picture(tmp_path: Path, quick: dict[str, Any]) -> None:
    exif = Image.Exif()
    exif[271] = "a camera"
    Image.fromarray(noise(64, 64)).save(tmp_path / "a.jpg", exif=exif, quality=5)
    Image.fromarray(noise(64, 64)).save(tmp_path / "b.jpg", quality=5)
    found = by_name(
        process_folder(
            [tmp_path / "a.jpg", tmp_path / "b.jpg"],
            output_dir=tmp_path / "out",
            parameters={**quick, "n_colors": 200},
            strip=True,
            skip_if_larger=True,
        )
    )
    assert {name: Path(result.outputs[0]).suffix for name, result in found.items()} == {
        "a.jpg": ".png",
        "b.jpg": ".jpg",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backup": True}, "backup is for in_place"),
        ({"in_place": True, "name": "{stem}.png"}, "name excludes in_place"),
        ({"output": "x.png", "name": "{stem}.png"}, "name excludes output"),
        ({"in_place": True, "output": "x.png"}, "in_place replaces pictures by ones of few colors, got output"),
        ({"in_place": True, "resume": True}, "got resume"),
        ({"in_place": True, "task": "superpixels"}, "got superpixels"),
    ],
)
def test_contradictions_are_rejected(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    path = saved(tmp_path / "a.png", noise(8, 8))
    with pytest.raises(ValueError, match=message):
        process_folder(path, output_dir=tmp_path / "out", **options)


def test_a_list_of_colors_counts_as_its_colors(tmp_path: Path, paint: Paint) -> None:
    paint(tmp_path / "in" / "one.png")
    options: Any = {"output_dir": tmp_path / "out", "parameters": {"palette": "#fff,#000,#f00"}}
    (result,) = process_folder(tmp_path / "in", **options, name="{stem}-{k}.png", n_jobs=1)
    assert Path(result.outputs[0]).name == "one-3.png"
