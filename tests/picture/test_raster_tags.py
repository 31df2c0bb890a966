"""Tags of a TIFF that say something else than is expected do not make it a damaged one."""

import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture import open_source

GRAY = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30)
OF_IMAGEJ = {
    "labels": {"Labels": ["a", "b", "c"]},
    "display ranges": {"Ranges": (0.0, 9.0, 0.0, 5.0, 1.0, 2.0)},
    "tables of colors": {"LUTs": [np.zeros((3, 256), np.uint8)] * 3},
    "shapes": {"ROI": b"123", "Overlays": [b"1", b"22"], "Info": "a\nb"},
}

OF_MICROSCOPES = (33628, 34362, 34412)


@pytest.mark.parametrize("about", OF_IMAGEJ.values(), ids=OF_IMAGEJ)
@pytest.mark.parametrize("axes", ["ZYX", "CYX", "YX"])
def test_what_imagej_writes_beside_the_pixels(axes: str, about: dict[str, Any], tmp_path: Path) -> None:
    stack = np.stack([GRAY, GRAY + 1, GRAY + 2])
    values = stack if len(axes) == 3 else GRAY
    tifffile.imwrite(tmp_path / "ij.tif", values, imagej=True, metadata={"axes": axes, **about})
    with open_source(tmp_path / "ij.tif", raw=True) as source:
        found = source.values(0, raw=True).pixels
    np.testing.assert_array_equal(found, np.moveaxis(stack, 0, -1) if axes == "CYX" else GRAY)


@pytest.mark.parametrize("value", [(1, 5, (1, 2, 3, 4, 5)), (2, 0, "abc"), (5, 1, (1, 2)), (12, 1, 0.5), (9, 1, -4)])
@pytest.mark.parametrize("code", [270, 274, 338, 700, 33628, 34362, 34412, 34675, 34735, 42112, 42113, 50839, 65420])
def test_tags_of_a_type_that_they_should_not_have(code: int, value: tuple[int, int, Any], tmp_path: Path) -> None:
    if code in OF_MICROSCOPES and int(tifffile.__version__.partition(".")[0]) < 2026:
        pytest.skip("tifffile reads these tags whatever it is asked, and the file is rejected")
    path = tmp_path / "odd.tif"
    tifffile.imwrite(path, GRAY, photometric="minisblack", metadata=None, extratags=[(code, *value, True)])
    with open_source(path, raw=True) as source:
        np.testing.assert_array_equal(source.values(raw=True).pixels, GRAY)


@pytest.mark.parametrize("value", [(1, 5, (1, 2, 3, 4, 5)), (2, 0, "abc"), (5, 1, (1, 2)), (12, 1, 0.5), (9, 1, -4)])
def test_a_profile_that_is_none_is_lost(value: tuple[int, int, Any], tmp_path: Path) -> None:
    pixels = np.dstack([GRAY % 256, GRAY // 3, GRAY // 7]).astype(np.uint8)
    path = tmp_path / "odd.tif"
    tifffile.imwrite(path, pixels, photometric="rgb", metadata=None, extratags=[(34675, *value, True)])
    with open_source(path) as source:
        picture = source.read()
        assert picture.lost == {Loss.PROFILE}
        np.testing.assert_array_equal(picture.pixels, pixels)
        np.testing.assert_array_equal(source.values().pixels, pixels)


@pytest.mark.parametrize("n_bytes", [6, 12, *range(100, 250, 10), -200])
def test_what_is_cut_short_is_said_in_plain_words(n_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    tifffile.imwrite(path, np.stack([GRAY] * 5), photometric="minisblack", planarconfig="separate", metadata=None)
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ImageReadError, match="cut short") as caught, open_source(path, raw=True):
        pass
    assert "index" not in str(caught.value)
    assert "unpack" not in str(caught.value)


def test_bands_that_pillow_does_not_read_print_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 30, 12), np.uint8), photometric="rgb", metadata=None)
    with open_source(tmp_path / "a.tif", raw=True) as source:
        assert source.values(raw=True).pixels.shape == (20, 30, 12)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("compression", ["tiff_lzw", "group4", "tiff_adobe_deflate"])
def test_what_libtiff_says_of_damage_does_not_reach_the_terminal(
    compression: str, capfd: pytest.CaptureFixture[str]
) -> None:
    noise, stream = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8), io.BytesIO()
    image = Image.fromarray(noise)
    (image.convert("1") if compression == "group4" else image).save(stream, "TIFF", compression=compression)
    data = bytearray(stream.getvalue())
    data[200:600] = b"U" * 400
    with suppress(ImageReadError), open_source(io.BytesIO(bytes(data))) as source:
        source.read()
    assert capfd.readouterr() == ("", "")
