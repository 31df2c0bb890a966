"""One palette for many pictures: exact, whatever the order and the workers."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgcluster import Histogram, build_palette, extract_palette, read_image
from imgcluster.errors import NoPictureError


def test_it_is_the_palette_of_all_pixels(photos: Path) -> None:
    built = build_palette(photos, 16, recursive=True, n_jobs=2)
    pictures = [read_image(path).reshape(-1, 3) for path in sorted(photos.rglob("*.*"))]
    expected = extract_palette(Histogram.from_pixels(np.concatenate(pictures)), 16)
    np.testing.assert_array_equal(built.palette.colors, expected.colors)
    assert built.histogram.n_pixels == 6 * 64
    assert [result.status for result in built.results] == ["done"] * 6


def test_order_and_workers_do_not_matter(photos: Path) -> None:
    order = random.Random(0)
    files = sorted(photos.rglob("*.*"))
    expected = build_palette(files, 16, n_jobs=1).palette.colors
    for n_jobs in (1, 2, 3):
        order.shuffle(files)
        built = build_palette(files, 16, n_jobs=n_jobs)
        np.testing.assert_array_equal(built.palette.colors, expected)
        assert [result.input for result in built.results] == [str(path) for path in files]


def test_each_file_counts_once_and_bad_ones_are_reported(photos: Path) -> None:
    (photos / "link.png").symlink_to(photos / "img1.png")
    (photos / "broken.png").write_bytes(b"no picture")
    (photos / "gone.png").symlink_to(photos / "nothing")
    told: list[Any] = []
    built = build_palette([photos, photos / "img2.png"], 4, n_jobs=1, on_result=told.append)
    assert built.histogram.n_pixels == 4 * 64
    statuses = {Path(result.input).name: result.status for result in built.results}
    assert statuses["broken.png"] == statuses["gone.png"] == "failed"
    assert sorted(statuses.values()) == ["done"] * 4 + ["failed"] * 2 + ["skipped"]
    assert sorted(told, key=lambda r: r.input) == sorted(built.results, key=lambda r: r.input)


def test_nothing_to_count(tmp_path: Path) -> None:
    with pytest.raises(NoPictureError, match="cannot count any picture: there is none; name others"):
        build_palette(tmp_path, n_jobs=1)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(NoPictureError, match=r"cannot count any picture: .*broken\.png: "):
        build_palette(tmp_path, n_jobs=1)


@pytest.mark.parametrize(("name", "value"), [("n_colors", 0), ("effort", "most"), ("n_jobs", 0)])
def test_wrong_parameters(photos: Path, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        build_palette(photos, **{name: value})
