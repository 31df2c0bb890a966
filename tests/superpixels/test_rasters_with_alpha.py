"""What of a raster marks pixels without data and is not heeded is said."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import imgcluster as ic
from imgcluster.errors import ConversionWarning, LossWarning
from imgcluster.picture import open_source

PLACE: list[Any] = [
    (33550, 12, 3, (10.0, 10.0, 0.0), True),
    (33922, 12, 6, (0.0, 0.0, 0.0, 600000.0, 5000000.0, 0.0), True),
]


def write(path: Path, n_bands: int, *, alpha: bool = False, photometric: Any = "minisblack") -> None:
    values = np.random.default_rng(0).integers(0, 255, (30, 40, n_bands), np.uint8)
    n_colors = 3 if photometric == "rgb" else 1
    extra = [0] * (n_bands - n_colors - 1) + [2 if alpha else 0] if n_bands > n_colors else None
    with tifffile.TiffWriter(path) as file:
        file.write(
            values,
            photometric=photometric,
            planarconfig="contig",
            extrasamples=extra,
            extratags=PLACE,
            metadata=None,
        )


@pytest.mark.parametrize(("n_bands", "channels"), [(4, "raw"), (5, "raw"), (5, "srgb")])
def test_alpha_among_bands(n_bands: int, channels: str, tmp_path: Path) -> None:
    write(tmp_path / "scene.tif", n_bands, alpha=True, photometric="rgb")
    with pytest.warns(ConversionWarning) as caught:
        ic.superpixels(tmp_path / "scene.tif", 9, channels=channels)
    said = rf"scene.tif: band {n_bands} of {n_bands} is alpha, and compared as the other bands are; pass it as a mask"
    assert any(said in str(one.message) for one in caught)


def test_alpha_of_colors_is_heeded_as_before(tmp_path: Path) -> None:
    write(tmp_path / "scene.tif", 4, alpha=True, photometric="rgb")
    with pytest.warns(LossWarning, match="transparency"):
        ic.superpixels(tmp_path / "scene.tif", 9)


def test_bands_without_alpha(tmp_path: Path) -> None:
    write(tmp_path / "scene.tif", 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ic.superpixels(tmp_path / "scene.tif", 9, channels="raw")


def test_a_page_that_is_a_mask(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    with tifffile.TiffWriter(tmp_path / "scene.tif") as file:
        file.write(values, photometric="rgb", extratags=PLACE, metadata=None)
        file.write(values[..., 0] > 99, subfiletype=4, metadata=None)
    with pytest.warns(ConversionWarning, match=r"scene.tif: its mask of valid pixels is not read; pass it as a mask"):
        ic.superpixels(tmp_path / "scene.tif", 9)


NAMES = {
    ("blue", "", "red", ""): ("blue", "1", "red", "3"),
    ("B", "B", "red", "B"): ("0", "1", "red", "3"),
    ("1", "", "red", "3"): ("0", "1", "red", "3"),
    ("", "", "", ""): None,
    ("B", "B", "B", "B"): None,
}


@pytest.mark.parametrize(("names", "expected"), NAMES.items())
def test_names_that_only_some_bands_have(
    names: tuple[str, ...], expected: tuple[str, ...] | None, tmp_path: Path
) -> None:
    text = "".join(f'<Item name="D" sample="{i}" role="description">{n}</Item>' for i, n in enumerate(names))
    values = np.zeros((9, 9, 4), np.uint16)
    tags: list[Any] = [(42112, 2, 0, f"<GDALMetadata>{text}</GDALMetadata>", True)]
    tifffile.imwrite(
        tmp_path / "a.tif", values, photometric="minisblack", planarconfig="contig", extratags=tags, metadata=None
    )
    with open_source(tmp_path / "a.tif", raw=True) as source:
        assert source.values(raw=True).band_names == expected
