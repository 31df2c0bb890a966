"""What superpixels rejects, in one line that says what to do, and odd input that it accepts."""

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic
from imgcluster.colors import channel_ranges
from imgcluster.errors import ConversionWarning, ImageReadError

METHODS = ("boundary", "slic", "gmm")
IMAGE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
FLOAT = IMAGE / 255
GRAY = FLOAT[..., 0]
INSIDE = np.ones((20, 30))
INSIDE[0, 0] = 0
ZEROS = np.zeros((20, 30), np.int64)


def changed(array: NDArray[Any], value: Any) -> NDArray[Any]:
    array = array.copy()
    array[3, 4] = value
    return array


def rejected(kind: type[Exception], text: str, *args: Any, **parameters: Any) -> None:
    with pytest.raises(kind) as caught:
        ic.superpixels(*args, **parameters)
    message = str(caught.value)
    assert text in message
    assert "\n" not in message


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("image", "kind", "text"),
    [
        (IMAGE[0, :, 0], ValueError, "image must be of shape (H, W) or (H, W, C), got (30,)"),
        (IMAGE[None], ValueError, "got an array of shape (1, 20, 30, 3); pass ndim=3 for a volume"),
        (IMAGE[:0], ValueError, "image must have at least one pixel, got shape (0, 30, 3)"),
        (IMAGE[:, :0], ValueError, "image must have at least one pixel, got shape (20, 0, 3)"),
        (IMAGE[..., :0], ValueError, "image must have at least one band, got shape (20, 30, 0)"),
        (
            np.zeros((4, 5, 5)),
            ValueError,
            '(H, W, 3) or (H, W, 4), got (4, 5, 5); pass ndim=3 for a volume, or channels="raw" for channels',
        ),
        (np.zeros((3, 50, 40)), ValueError, "not colors; they come last: numpy.moveaxis(image, 0, -1)"),
        (IMAGE.astype(object), TypeError, "got object"),
        (IMAGE.astype(np.int64) - 300, ValueError, "holds colors in integers, got -300 to"),
        (FLOAT + 0j, TypeError, "got complex128; pass numpy.abs(image), or its real and imaginary parts as bands"),
        (IMAGE.tolist(), TypeError, "got list"),
        (None, TypeError, "got NoneType"),
        (changed(FLOAT, np.nan), ValueError, "image must be finite, but 3 of 1800 values are NaN or infinite; leave"),
        (changed(GRAY, np.inf), ValueError, "but 1 of 600 values"),
        (FLOAT * 3, ValueError, "0..1, 0..255 or -1..1 where it is floating point, got 0 to 3; scale it, name black"),
        (np.dstack([FLOAT, GRAY * 255]), ValueError, 'pass channels="raw" for channels that are not colors'),
        (FLOAT - 0.1, ValueError, "got -0.1 to"),
    ],
)
def test_images_that_are_rejected(image: Any, kind: type[Exception], text: str, method: str) -> None:
    rejected(kind, text, image, 10, method=method)


@pytest.mark.parametrize(
    ("image", "kind", "text"),
    [
        (IMAGE[0, :, 0], ValueError, "image must be of shape (H, W) or (H, W, C), got (30,)"),
        (IMAGE[..., :0], ValueError, "got shape (20, 30, 0)"),
        (np.zeros((3, 50, 40)), ValueError, "got 40; they come last: numpy.moveaxis(image, 0, -1)"),
        (IMAGE.astype(object), TypeError, "image must be bool, integers or floating point, got object; convert it"),
        (FLOAT + 0j, TypeError, "got complex128"),
        ("photo.png", ImageReadError, "no such file"),
        (changed(GRAY.astype(np.float32), -np.inf), ValueError, "nodata nan"),
        ((GRAY - 0.5) * 1.7e308, ValueError, "image must span less than 1e307, got -8.5e+307 to"),
    ],
)
def test_raw_channels_that_are_rejected(image: Any, kind: type[Exception], text: str) -> None:
    rejected(kind, text, image, 10, channels="raw")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.filterwarnings("ignore:.*transparency")
def test_the_same_picture_gives_the_same_segments_whichever_way_it_comes(
    method: str, mode: str, tmp_path: Path
) -> None:
    picture = Image.fromarray(IMAGE).convert(mode)
    if mode == "RGBA":
        picture.putalpha(Image.fromarray(IMAGE[..., 1]))
    path = tmp_path / "picture.png"
    picture.save(path)
    first = ic.superpixels(path, 12, method=method)
    for other in (str(path), io.BytesIO(path.read_bytes()), picture, np.asarray(picture)):
        found = ic.superpixels(other, 12, method=method)
        np.testing.assert_array_equal(found.labels, first.labels)
        np.testing.assert_array_equal(found.image, first.image)


def test_deep_gray_is_what_a_file_of_it_is(tmp_path: Path) -> None:
    deep = (IMAGE[..., 0].astype(np.uint16) << 8) + IMAGE[..., 1]
    Image.fromarray(deep).save(tmp_path / "deep.png")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)
        labels = ic.superpixels(tmp_path / "deep.png", 12).labels
        for array in (deep, deep.astype(">u2")):
            np.testing.assert_array_equal(ic.superpixels(array, 12).labels, labels)


def test_three_raw_channels_are_not_colors() -> None:
    wide = IMAGE.astype(np.float64) * 1000 - 7
    raw = ic.superpixels(wide, 30, channels="raw")
    np.testing.assert_array_equal(raw.labels, ic.superpixels(IMAGE, 30, channels="raw").labels)
    assert (raw.channels, ic.superpixels(IMAGE, 30).channels) == ("raw", "srgb")
    assert "mean_0" in raw.to_table()
    merged = raw.merge(9)
    assert (merged.channels, merged.n_segments) == ("raw", 9)
    assert merged.mean_features is not None
    low, high = channel_ranges(wide).T
    np.testing.assert_allclose(merged.mean_features, (merged.mean_colors - low) / (high - low))


def test_files_that_are_rejected(tmp_path: Path) -> None:
    rejected(ImageReadError, "no such file; check the name", tmp_path / "none.png")
    rejected(ImageReadError, "it is a folder", tmp_path)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    rejected(ImageReadError, "cannot read", broken)


@pytest.mark.parametrize(
    ("name", "value", "kind", "text"),
    [
        ("n_segments", 0, ValueError, "n_segments must be at least 1, got 0"),
        ("n_segments", -5, ValueError, "n_segments must be at least 1, got -5"),
        *(("n_segments", value, TypeError, "must be a whole number") for value in (2.0, "5", True, np.array([5]))),
        ("compactness", -1, ValueError, "compactness must be finite and at least 0, got -1"),
        ("compactness", np.nan, ValueError, "got nan"),
        ("compactness", np.inf, ValueError, "got inf"),
        ("compactness", "round", TypeError, "compactness must be a number, got 'round'"),
        ("compactness", True, TypeError, "got True"),
        ("method", "watershed", ValueError, "method must be one of boundary, slic, gmm, got 'watershed'"),
        ("method", None, ValueError, "got None"),
        ("method", np.array(["slic", "gmm"]), ValueError, "method must be one of"),
        ("effort", "some", ValueError, "effort must be one of fast, default, best, got 'some'"),
        ("effort", ["fast"], ValueError, "got ['fast']"),
        ("channels", "lab", ValueError, "channels must be one of srgb, raw, got 'lab'"),
        ("n_threads", 0, ValueError, "n_threads must be at least 1, got 0"),
        ("n_threads", 1.5, TypeError, "n_threads"),
        ("random_state", -1, ValueError, "random_state must not be negative"),
        ("random_state", "seed", TypeError, "random_state"),
        ("mask", INSIDE[:5], ValueError, "mask must be as high and wide as the image, (20, 30), got (5, 30)"),
        ("mask", INSIDE.T, ValueError, "got (30, 20)"),
        ("mask", INSIDE[..., None], ValueError, "got (20, 30, 1)"),
        ("mask", True, ValueError, "mask must be an array, got the single value True"),
        ("mask", [[1], [1, 2]], ValueError, "mask must be an array, got rows of different lengths"),
        ("mask", changed(INSIDE, np.nan), ValueError, "mask must be finite, got NaN or infinity; replace them"),
        ("mask", INSIDE.astype(object), TypeError, "mask must be of bool or numbers, got object"),
        ("seeds", np.zeros((0, 2)), ValueError, "seeds must be at least one, got none"),
        ("seeds", ZEROS, ValueError, "got none"),
        ("seeds", [[1, 1], [2, 2], [1, 1]], ValueError, "seeds must lie on different pixels, got some twice; drop"),
        ("seeds", [[1.4, 1], [1, 0.6]], ValueError, "got some twice"),
        ("seeds", [[20, 0]], ValueError, "seeds must lie in the image of shape (20, 30) and in its mask, got (20, 0)"),
        ("seeds", [[0, 0], [-1, 3]], ValueError, "got (-1, 3)"),
        ("seeds", [[1e300, 1]], ValueError, "got (1e+300, 1)"),
        ("seeds", np.array([[2**63, 1]], np.uint64), ValueError, "seeds must lie in the image"),
        ("seeds", [[1, 2, 3]], ValueError, "seeds must be of shape (n, 2), rows and columns, or a map"),
        ("seeds", [1, 2], ValueError, "got (2,)"),
        ("seeds", [[np.nan, 1]], ValueError, "seeds must be finite"),
        ("seeds", changed(INSIDE, np.nan), ValueError, "seeds must be finite"),
        ("seeds", [[1, 2j]], TypeError, "seeds must be numbers, got complex128"),
        ("seeds", "here", TypeError, "seeds must be an array, got the file here"),
        ("labels", ZEROS.astype(float), TypeError, "labels must be integers, got float64"),
        ("labels", ZEROS > 0, TypeError, "labels must be integers, got bool"),
        ("labels", ZEROS[:4], ValueError, "labels must be as high and wide as the image, (20, 30), got (4, 30)"),
        (
            "labels",
            ZEROS - 2,
            ValueError,
            "-1 (outside) to n_segments - 1 = 9, got -2; leave n_segments out",
        ),
        (
            "labels",
            changed(ZEROS, 10),
            ValueError,
            "n_segments - 1 = 9, got 10; leave n_segments out, or",
        ),
        ("labels", changed(ZEROS, 2**40), ValueError, f"got {2**40}"),
        ("labels", changed(ZEROS.astype(np.uint64), 2**64 - 1), ValueError, f"got {2**64 - 1}"),
    ],
)
def test_parameters_that_are_rejected(name: str, value: Any, kind: type[Exception], text: str) -> None:
    rejected(kind, text, IMAGE, **{"n_segments": 10, name: value})


def test_starts_that_exclude_each_other_or_the_mask() -> None:
    rejected(ValueError, "give one of them", IMAGE, seeds=[[1, 1]], labels=ZEROS)
    rejected(ValueError, "in its mask, got (0, 0)", IMAGE, seeds=[[5, 5], [0, 0]], mask=INSIDE)


@pytest.mark.parametrize("method", METHODS)
def test_arrays_of_any_layout(method: str) -> None:
    image = IMAGE[::2, ::-1]
    first = ic.superpixels(image.copy(), 12, method=method, mask=INSIDE[::2, ::-1]).labels
    frozen = image.copy()
    frozen.setflags(write=False)
    mask = INSIDE[::2, ::-1].copy()
    mask.setflags(write=False)
    for other in (image, frozen, np.asfortranarray(image)):
        np.testing.assert_array_equal(ic.superpixels(other, 12, method=method, mask=mask).labels, first)


@pytest.mark.parametrize("method", METHODS)
def test_starts_of_any_layout(method: str) -> None:
    labels = (np.indices((20, 30))[1] // 5).astype(np.int32)
    first = ic.superpixels(IMAGE, 6, method=method, labels=labels).labels
    for other in (np.asfortranarray(labels), labels.astype(">i4"), labels.astype(np.uint8), labels.tolist()):
        np.testing.assert_array_equal(ic.superpixels(IMAGE, 6, method=method, labels=other).labels, first)
    seeds = np.array([[3, 4], [10, 20], [17, 8]])
    first = ic.superpixels(IMAGE, method=method, seeds=seeds).labels
    for other in (np.asfortranarray(seeds), seeds + 0.3, seeds.astype(">i2"), seeds.tolist()):
        np.testing.assert_array_equal(ic.superpixels(IMAGE, method=method, seeds=other).labels, first)


@pytest.mark.parametrize("n", [np.int8(7), np.uint64(7), np.int64(7)])
def test_whole_numbers_of_numpy(n: int) -> None:
    assert ic.superpixels(IMAGE, n).n_segments == 7


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("compactness", [0, 1e-300, np.float32(3), 1e6, 1e160, 1.7e308])
def test_compactness_of_any_size(method: str, compactness: float) -> None:
    result = ic.superpixels(IMAGE, 10, method=method, compactness=compactness)
    assert 1 <= result.n_segments <= 10


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 97), (97, 1), (2, 2)])
def test_narrow_images(method: str, shape: tuple[int, int]) -> None:
    for n in (1, 2, 10, 96):
        n = min(n, shape[0] * shape[1])
        for image in (np.full(shape, 0.5), np.random.default_rng(n).random((*shape, 3))):
            found = ic.superpixels(image, n, method=method).n_segments
            assert found == n or (method != "boundary" and found <= n)


def test_a_single_color_gives_exactly_n() -> None:
    for effort in ("fast", "default", "best"):
        assert ic.superpixels(np.full((40, 50, 3), 9, np.uint8), 37, effort=effort).n_segments == 37


@pytest.mark.parametrize("factor", [1e-320, 1e-310, 1e-200, 1e200, 1e307])
def test_values_near_the_limits_of_floats(factor: float) -> None:
    for image in (GRAY * factor, np.stack([GRAY, GRAY * factor], axis=2)):
        assert ic.superpixels(image, 10, channels="raw").n_segments == 10


def test_rounding_above_one_is_not_an_error() -> None:
    assert ic.superpixels(FLOAT / FLOAT.max() * (1 + 1e-9), 10).n_segments == 10


def test_labels_that_are_all_outside() -> None:
    with pytest.warns(ConversionWarning, match="nothing is inside the mask"):
        assert ic.superpixels(IMAGE, 5, labels=ZEROS - 1).n_segments == 0


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "F", "I;16"])
def test_pictures_of_every_mode(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(IMAGE[..., 0].astype(np.uint16) * 256)
    elif mode == "F":
        picture = Image.fromarray(GRAY.astype(np.float32))
    else:
        picture = Image.fromarray(IMAGE).convert(mode)
    assert ic.superpixels(picture, 10).n_segments == 10


def test_a_transparent_picture_is_reported(tmp_path: Path) -> None:
    picture = Image.fromarray(IMAGE)
    picture.putalpha(100)
    picture.save(tmp_path / "clear.png")
    with pytest.warns(ConversionWarning, match=r"not kept: transparency \(put on a background\)"):
        assert ic.superpixels(tmp_path / "clear.png", 10).n_segments == 10


def test_two_channels_beyond_gray_and_alpha_are_bands() -> None:
    bands = np.random.default_rng(0).normal(3, 40, (20, 30, 2))
    with pytest.warns(ConversionWarning, match="taken for bands and not for gray and alpha; pass channels="):
        result = ic.superpixels(bands, 9)
    np.testing.assert_array_equal(result.labels, ic.superpixels(bands, 9, channels="raw").labels)
    assert result.mean_colors.shape == (9, 2)
