"""``imgcluster superpixels`` on pictures whose arrays lie in scratch files: the same files, or one line."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import Result
from numpy.typing import NDArray
from skimage import data

from imgcluster.files import Scratch, _scratch

Invoke = Callable[..., Result]

OUTPUTS = {"--labels": "l.npy", "--table": "t.csv", "--edges": "e.csv", "--geojson": "g.json"}


@pytest.fixture
def image(folder: Path) -> NDArray[np.uint8]:
    """A picture as image.npy, image.png and image.tif, and a mask."""
    values = np.ascontiguousarray(data.coffee()[100:220, 150:310])
    np.save("image.npy", values)
    tifffile.imwrite("image.tif", values, photometric="rgb", tile=(32, 32), compression="zlib")
    np.save("mask.npy", np.hypot(*np.indices(values.shape[:2])) < 150)
    return values


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Scratch]:
    """The scratches that were made; arrays of all sizes lie in them."""
    found: list[Scratch] = []
    init = Scratch.__init__

    def watched(self: Scratch, *args: Any) -> None:
        init(self, *args)
        found.append(self)

    monkeypatch.setattr(Scratch, "__init__", watched)
    monkeypatch.setattr(_scratch, "_SMALL", 0)
    return found


def _outputs(invoke: Invoke, source: str, *options: str) -> dict[str, bytes]:
    flags = [word for pair in OUTPUTS.items() for word in pair]
    result = invoke("superpixels", source, "-n", "40", "--style", "none", *flags, *options)
    assert result.exit_code == 0, result.stderr
    found = {name: Path(name).read_bytes() for name in OUTPUTS.values()}
    for name in found:
        Path(name).unlink()
    return found


@pytest.mark.parametrize("source", ["image.npy", "image.tif"])
@pytest.mark.parametrize("options", [[], ["--mask", "mask.npy"], ["--channels", "raw", "--percentiles", "5,50"]])
def test_files_are_the_same(
    invoke: Invoke, image: NDArray[Any], made: list[Scratch], source: str, options: list[str]
) -> None:
    expected = _outputs(invoke, source, *options)
    assert not made
    Path("scratch").mkdir()
    assert _outputs(invoke, source, *options, "--scratch", "scratch") == expected
    assert made[0].most > 10 * image[..., 0].size
    assert not os.listdir("scratch")  # noqa: PTH208 (names alone)


def test_large_pictures_need_no_option(
    invoke: Invoke, image: NDArray[Any], made: list[Scratch], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _outputs(invoke, "image.npy")
    monkeypatch.setattr("imgcluster.tasks._scratch.LARGE_PIXELS", 10_000)
    assert _outputs(invoke, "image.npy") == expected
    assert len(made) == 1
    _outputs(invoke, "image.npy", "--method", "slic")
    assert len(made) == 1


def test_folders_have_scratch_files_too(invoke: Invoke, image: NDArray[Any]) -> None:
    Path("in").mkdir()
    Path("image.tif").rename("in/one.tif")
    tifffile.imwrite("in/two.tif", image[::-1], photometric="rgb")
    for name, options in (("plain", []), ("scratched", ["--scratch", "."])):
        result = invoke("superpixels", "in", "-r", "-j", "1", "-d", name, "--labels", ".tif", *options)
        assert result.exit_code == 0, result.stderr
    files = sorted(path.name for path in Path("plain").iterdir() if not path.name.startswith("."))
    assert len(files) == 4
    assert all(Path("plain", name).read_bytes() == Path("scratched", name).read_bytes() for name in files)


def test_a_missing_folder_and_a_full_disk_are_one_line(
    invoke: Invoke, image: NDArray[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = invoke("superpixels", "image.npy", "--style", "none", "--labels", "l.npy", "--scratch", "nowhere")
    assert result.exit_code == 1
    assert "nowhere: No such file or directory; name a folder that exists with scratch (--scratch)" in result.stderr
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    result = invoke("superpixels", "image.npy", "--style", "none", "--labels", "l.npy", "--scratch", ".")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "scratch files need " in result.stderr
    assert not Path("l.npy").exists()
