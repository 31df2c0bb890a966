"""Pictures in pages: data: URLs that hold what they are made of, and no more pixels than are shown."""

import io
from base64 import b64decode

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgcluster.picture import lossless_url, preview, small_url, strip_url


def opened(url: str, kind: str) -> Image.Image:
    head, _, data = url.partition(",")
    assert head == f"data:image/{kind};base64"
    image = Image.open(io.BytesIO(b64decode(data, validate=True)))
    assert image.format is not None
    assert image.format.lower() == kind
    return image


@pytest.fixture
def glass(coffee: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo that fades to the right."""
    height, width = coffee.shape[:2]
    return np.dstack([coffee, np.linspace(255, 1, width).astype(np.uint8)[None].repeat(height, axis=0)])


def test_without_loss_every_pixel_stays(glass: NDArray[np.uint8]) -> None:
    for pixels in (glass[:50, :60], glass[:50, :60, :3]):
        np.testing.assert_array_equal(np.asarray(opened(lossless_url(pixels), "webp")), pixels)
        np.testing.assert_array_equal(np.asarray(opened(strip_url(pixels[:1]), "png")), pixels[:1])


def test_a_preview_is_small_and_looks_alike(glass: NDArray[np.uint8]) -> None:
    height, width = glass.shape[:2]
    for most, shown in ((360, (360, 360 * height / width)), (10, (10, 10 * height / width)), (9999, (width, height))):
        url, *size = preview(glass, most)
        image = opened(url, "webp")
        assert list(image.size) == size
        assert size == pytest.approx(shown, abs=1)
        assert image.mode == "RGBA"
    url, wide, high = preview(glass)
    small = np.asarray(Image.fromarray(glass).resize((wide, high), Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(opened(url, "webp")).astype(int) - small)[..., 3].max() <= 6
    assert np.abs(np.asarray(opened(url, "webp")).astype(int) - small)[..., :3].mean() < 8
    tall = opened(preview(np.ascontiguousarray(glass.swapaxes(0, 1)[..., :3]), 100)[0], "webp")
    assert (tall.mode, tall.height) == ("RGB", 100)


def test_some_loss_is_a_fraction_of_the_bytes(coffee: NDArray[np.uint8]) -> None:
    assert 4 * len(small_url(Image.fromarray(coffee))) < len(lossless_url(coffee))
