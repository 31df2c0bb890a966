"""Pictures that are too large are rejected from their headers, with the parameter that allows more."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _encoded import assert_one_line, encoded, png
from PIL import Image

import imgcluster as ic
from imgcluster.batch import build_palette
from imgcluster.errors import ImageReadError
from imgcluster.picture import current_limits, limits, open_source, read_image
from imgcluster.quantization import quantize_file
from imgcluster.tasks import Task

SIDE = 60
READERS: dict[str, Callable[..., Any]] = {
    "quantize": ic.quantize,
    "apply_palette": lambda path, **allowed: ic.apply_palette(path, "#fff,#000", **allowed),
    "quantize_file": lambda path, **allowed: quantize_file(path, io.BytesIO(), 4, **allowed),
    "quantize_animation": lambda path, **allowed: ic.quantize_animation(path, io.BytesIO(), 4, **allowed),
    "quantize_large": lambda path, **allowed: ic.quantize_large(path, io.BytesIO(), 4, **allowed),
    "extract_palette": ic.extract_palette,
    "superpixels": ic.superpixels,
    "segment": lambda path, **allowed: ic.segment(path, 2, **allowed),
    "choose_k": lambda path, **allowed: ic.choose_k(path, (2, 3, 4), **allowed),
    "compare": lambda path, **allowed: ic.compare(path, path, **allowed),
}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    path = tmp_path / "noise.png"
    Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)).save(path)
    return path


@pytest.mark.parametrize("name", READERS)
def test_every_function_heeds_a_limit_of_pixels(name: str, picture: Path) -> None:
    READERS[name](picture, max_pixels=SIDE * SIDE)
    with pytest.raises(ImageReadError) as error:
        READERS[name](picture, max_pixels=SIDE * SIDE - 1)
    said = "it has 60 x 60 pixels, 3,600, more than the limit of 3,599"
    assert_one_line(error, picture, said, "allow more with max_pixels (--max-pixels)")


@pytest.mark.parametrize("name", READERS)
def test_limits_are_whole_numbers_from_1(name: str, picture: Path) -> None:
    with pytest.raises(ValueError, match="max_pixels must be at least 1, got 0"):
        READERS[name](picture, max_pixels=0)
    with pytest.raises(TypeError, match="max_memory must be a whole number, got '1G'"):
        READERS[name](picture, max_memory="1G")


def test_a_limit_of_pixels_holds_for_files_in_bands_arrays_and_images(tmp_path: Path) -> None:
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    np.save(tmp_path / "a.npy", pixels)
    for image in (tmp_path / "a.tif", tmp_path / "a.npy", pixels, Image.fromarray(pixels)):
        with limits(max_pixels=SIDE), pytest.raises(ImageReadError, match="more than the limit of 60; allow more"):
            open_source(image)
        with limits(max_pixels=SIDE), pytest.raises(ImageReadError, match="more than the limit of 60; allow more"):
            open_source(image, raw=True)


def test_limits_nest_and_end() -> None:
    before = current_limits()
    with limits(max_pixels=5), limits(max_memory=7) as inner:
        assert (inner.max_pixels, inner.max_memory) == (5, 7)
        with limits(max_pixels=6):
            assert current_limits().max_pixels == 6
        assert current_limits() == inner
    assert current_limits() == before


def test_more_than_2_to_30_pixels_are_a_matter_of_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(40000, 40000, 1, 0, []))
    with pytest.raises(ImageReadError, match="more than the limit of 1,073,741,824"):
        read_image(path)
    with limits(max_pixels=1 << 31), pytest.raises(ImageReadError, match=r"need about .* MB of memory, more than"):
        read_image(path)


def test_memory_is_limited_from_the_header(picture: Path) -> None:
    with pytest.raises(ImageReadError) as error:
        ic.quantize(picture, 4, max_memory=1_000_000)
    assert_one_line(error, picture, "its 60 x 60 pixels need about 45 MB of memory, more than the limit of 1 MB")
    assert_one_line(error, "allow more with max_memory (--max-memory 0.1G)")
    assert len(ic.quantize(picture, 4, max_memory=10**9).palette) == 4


def test_folders_take_limits_to_their_workers(picture: Path, tmp_path: Path) -> None:
    for n_jobs, timeout in ((1, None), (2, 60.0)):
        with ic.process_folder(
            picture,
            "quantize",
            tmp_path / "out",
            n_jobs=n_jobs,
            max_pixels=100,
            timeout=timeout,
            parameters={"n_colors": 4},
        ) as run:
            (result,) = run
        assert result.status == "failed"
        assert "it has 60 x 60 pixels, 3,600, more than the limit of 100" in result.text
    with limits(max_pixels=100), pytest.raises(ImageReadError, match="more than the limit of 100"):
        build_palette(picture, 4)
    with pytest.raises(ImageReadError, match="more than the limit of 100"):
        build_palette(picture, 4, max_pixels=100)


def test_limits_change_no_bytes() -> None:
    task = Task("quantize", {"n_colors": 4})
    with limits(max_pixels=10**6, max_memory=10**9) as allowed:
        limited = Task("quantize", {"n_colors": 4}, limits=allowed)
    assert task.fingerprint() == limited.fingerprint()
    assert pickle.loads(pickle.dumps(limited)) == limited


def test_limits_are_of_the_run_and_not_of_the_task(picture: Path) -> None:
    with pytest.raises(ValueError, match=r"parameters must not hold .* max_pixels"):
        ic.process_folder(picture, parameters={"max_pixels": 5})


def test_a_mask_and_a_palette_are_pictures_too(picture: Path) -> None:
    small = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(ImageReadError, match="more than the limit of 64"):
        ic.superpixels(small, 2, mask=picture, max_pixels=64)
    data = io.BytesIO(encoded(Image.fromarray(small), "PNG"))
    with limits(max_pixels=64):
        assert read_image(data).shape == (8, 8, 3)
