"""Masks from picture files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.superpixel import read_mask

INSIDE = np.hypot(*(np.indices((60, 80)) - 30)) < 20


@pytest.mark.parametrize("white", [1, 255])
def test_what_is_not_black(tmp_path: Path, white: int) -> None:
    Image.fromarray(INSIDE.astype(np.uint8) * white).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), INSIDE)


def test_a_jpeg_is_cut_at_half(tmp_path: Path) -> None:
    Image.fromarray(INSIDE.astype(np.uint8) * 255).save(tmp_path / "mask.jpg", quality=60)
    assert np.mean(read_mask(tmp_path / "mask.jpg") != INSIDE) < 0.01


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255)])
def test_what_is_not_transparent(tmp_path: Path, color: tuple[int, int, int]) -> None:
    rgba = np.concatenate([np.full((60, 80, 3), color), INSIDE[..., None] * 255], axis=2).astype(np.uint8)
    Image.fromarray(rgba).save(tmp_path / "cut-out.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "cut-out.png"), INSIDE)


def test_what_is_not_a_picture(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"no picture")
    with pytest.raises(ImageReadError, match=r"cannot read .*mask.png"):
        read_mask(tmp_path / "mask.png")
