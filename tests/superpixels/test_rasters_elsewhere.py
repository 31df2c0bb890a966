"""Masks and layers that lie elsewhere on the map than the image are rejected."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner

import imgcluster as ic
from imgcluster.cli import app
from imgcluster.picture import Georeference, check_same_place

HEIGHT, WIDTH = 30, 40
ELSEWHERE = [{"code": 32733}, {"x": 600010.0}, {"y": 5000001.5}, {"pixel": 10.1}]


def write(
    path: Path, n_bands: int, code: int = 32633, x: float = 600000.0, y: float = 5000000.0, pixel: float = 10.0
) -> str:
    values = np.random.default_rng(1).integers(1, 9, (HEIGHT, WIDTH, n_bands), np.uint8)
    tags: list[Any] = [
        (33550, 12, 3, (pixel, pixel, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, x, y, 0.0), True),
        (34735, 3, 16, (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, code), True),
    ]
    values = values if n_bands > 1 else values[..., 0]
    planes = "contig" if n_bands > 1 else None
    tifffile.imwrite(
        path, values, photometric="minisblack", planarconfig=planes, extratags=tags if code else [], metadata=None
    )
    return str(path)


def cut(image: str, **options: Any) -> ic.Segmentation:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ic.superpixels(image, 9, channels="raw", **options)


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_mask_or_layer_from_elsewhere(where: dict[str, Any], tmp_path: Path) -> None:
    scene, other = write(tmp_path / "scene.tif", 3), write(tmp_path / "other.tif", 1, **where)
    with pytest.raises(
        ValueError, match=r"the mask .*other.tif lies elsewhere on the map than .*scene.tif: .*gdalwarp"
    ):
        cut(scene, mask=other)
    found = cut(scene)
    with pytest.raises(ValueError, match=r"layer dem \(.*other.tif\) lies elsewhere on the map than the image"):
        found.to_table(layers={"dem": other})
    for option in (["--mask", other], ["--layers", f"dem={other}"]):
        wanted = ["--table", str(tmp_path / "t.csv"), "--style", "none", "--channels", "raw"]
        result = CliRunner().invoke(app, ["superpixels", scene, *option, *wanted])
        assert result.exit_code
        assert "lies elsewhere on the map" in result.stderr
        assert "scene.tif" in result.stderr
        assert "other.tif" in result.stderr
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("where", [{}, {"x": 600000.4}, {"code": 0}])
def test_the_same_place_or_none(where: dict[str, Any], tmp_path: Path) -> None:
    scene, other = write(tmp_path / "scene.tif", 3), write(tmp_path / "other.tif", 1, **where)
    assert "mean_dem" in cut(scene, mask=other).to_table(layers={"dem": other})


def test_systems_that_cannot_be_compared_are_left_to_the_corners() -> None:
    transform = (1.0, 0.0, 5.0, 0.0, -1.0, 7.0)
    same = Georeference("PROJCS[...]", transform), Georeference("EPSG:32633", transform), Georeference(None, transform)
    for one in same:
        for other in (*same, None, Georeference("EPSG:32633")):
            check_same_place("a.tif", one, "b.tif", other, (9, 9))
    with pytest.raises(ValueError, match=r"\(6, 7\) where that has \(5, 7\)"):
        check_same_place("a.tif", same[0].shifted(1, 0), "b.tif", same[1], (9, 9))
