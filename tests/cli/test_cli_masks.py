"""Soft masks: a gray picture for each cluster."""

import numpy as np
import pytest
from PIL import Image
from skimage import data


@pytest.fixture
def picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(data.coffee()[::4, ::4]).save("coffee.png")
    return tmp_path


@pytest.mark.parametrize("method", ["kmeans", "soft-kmeans", "gmm"])
def test_a_mask_for_each_cluster(picture, invoke, method):
    result = invoke("quantize", "coffee.png", "-k", "3", "-m", method, "--soft-masks", "masks", "-o", "few.png")
    assert result.exit_code == 0
    masks = []
    for k in range(3):
        with Image.open(picture / "masks" / f"coffee-mask-{k:03d}.png") as mask:
            assert mask.mode == "L"
            masks.append(np.asarray(mask).astype(int))
    assert np.abs(np.sum(masks, axis=0) - 255).max() <= 2
    if method == "kmeans":
        with Image.open(picture / "few.png") as few:
            np.testing.assert_array_equal(np.argmax(masks, axis=0), np.asarray(few))


def test_masks_are_not_overwritten(picture, invoke):
    arguments = ("quantize", "coffee.png", "-k", "2", "--soft-masks", "masks")
    assert invoke(*arguments, "-o", "a.png").exit_code == 0
    again = invoke(*arguments, "-o", "b.png")
    assert again.exit_code == 0
    assert "coffee-mask-000.png exists; -f overwrites it" in again.stderr
    assert (picture / "b.png").exists()
    assert invoke(*arguments, "-o", "b.png", "-f").exit_code == 0
