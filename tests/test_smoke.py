"""The main job from end to end on the sample photo, on whichever kernels are there; quick on the fallback, too."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imgcluster as ic
from imgcluster import kernels
from imgcluster.threads import default_threads

PHOTO = Path(__file__).resolve().parents[1] / "examples" / "coffee.jpg"
SIZE = (600, 400)


def imgcluster(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # -P: the installed package, not what stands in the folder
    command = [sys.executable, "-P", "-m", "imgcluster", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def lines_about_kernels(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if "NumPy" in line and "compiler" in line]


def test_the_command_line_makes_a_palette_picture(tmp_path: Path) -> None:
    done = imgcluster("quantize", str(PHOTO), "-k", "16", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    with Image.open(tmp_path / "outputs" / "coffee-quantized.png") as picture:
        assert (picture.mode, picture.size) == ("P", SIZE)
        assert len(picture.getcolors() or []) == 16
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["coffee-quantized.png"]


def test_the_fallback_says_so_once_and_the_native_kernels_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMGCLUSTER_KERNELS", raising=False)
    info = imgcluster("info", "--json", folder=tmp_path)
    facts = json.loads(info.stdout)
    assert facts["version"] == ic.__version__
    done = imgcluster("quantize", str(PHOTO), "-k", "4", folder=tmp_path)
    assert len(lines_about_kernels(done.stderr)) == (1 if facts["kernels"] == "reference" else 0)


def test_python_makes_the_same_picture(tmp_path: Path) -> None:
    result = ic.quantize(PHOTO, 16)
    assert result.palette.shape == (16, 3)
    assert result.palette.dtype == np.uint8
    assert result.indices.shape == SIZE[::-1]
    assert set(np.unique(result.indices)) == set(range(16))
    assert not result.lossless

    pixels = ic.read_image(PHOTO).astype(int)
    error = ((pixels - result.to_array()) ** 2).sum(axis=2)
    assert result.mse == pytest.approx(error.mean())
    distances = ((pixels[::8, ::8, None] - result.palette.astype(int)) ** 2).sum(axis=3)
    assert np.array_equal(distances.min(axis=2), error[::8, ::8]), "every pixel has its nearest color"

    result.save(tmp_path / "python.png")
    assert imgcluster("quantize", str(PHOTO), "-k", "16", "-o", "cli.png", folder=tmp_path).returncode == 0
    assert (tmp_path / "python.png").read_bytes() == (tmp_path / "cli.png").read_bytes()


def test_the_palette_is_a_good_one() -> None:
    # median cut is what a picture library does without clustering; k-means halves its error on this photo
    pixels = ic.read_image(PHOTO)
    median_cut = np.asarray(Image.fromarray(pixels).quantize(16, dither=Image.Dither.NONE).convert("RGB")).astype(int)
    assert ic.quantize(pixels, 16).mse < 0.7 * ((pixels - median_cut) ** 2).sum(axis=2).mean()


def test_kmeans_fits_any_array() -> None:
    data = np.random.default_rng(0).normal(size=(300, 5))
    model = ic.KMeans(4, random_state=0).fit(data)
    assert model.cluster_centers_.shape == (4, 5)
    assert np.all(np.diff(model.history_.objective) <= 1e-9 * model.history_.objective[0])


def test_the_backend_has_a_name() -> None:
    assert kernels.backend() in {"native", "reference"}
    assert default_threads() >= 1
