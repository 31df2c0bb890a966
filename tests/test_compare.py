"""Two pictures compared: the figures, on any ground, and the drawing of them."""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import chelsea, coffee, noise, saved
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import imgcluster as ic
from imgcluster import metrics
from imgcluster.cli import app


def changed(pixels: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    return np.where(pixels > 255 - by, pixels - by, pixels + by).astype(np.uint8)


def with_alpha(pixels: NDArray[np.uint8], alpha: Any) -> NDArray[np.uint8]:
    return np.dstack([pixels, np.broadcast_to(np.asarray(alpha, np.uint8), pixels.shape[:2])])


def test_the_figures_are_those_of_the_field() -> None:
    photo = coffee()
    other = ic.quantize(photo, 16).to_array()
    found = ic.compare(photo, other)
    assert found.psnr == pytest.approx(peak_signal_noise_ratio(photo, other))
    gray = [pixels @ np.array([0.299, 0.587, 0.114]) for pixels in (photo, other)]
    expected = structural_similarity(*gray, data_range=255, gaussian_weights=True, use_sample_covariance=False)  # type: ignore[no-untyped-call]
    assert found.ssim == pytest.approx(expected, abs=1e-4)
    assert found.n_colors == (len(np.unique(photo.reshape(-1, 3), axis=0)), 16)
    assert 0 < found.delta_e_mean < found.delta_e_95 < found.delta_e.max()
    assert found.n_bytes == (None, None)
    assert found.mse == pytest.approx(ic.quantize(photo, 16).mse)


def test_equal_pictures_are_identical() -> None:
    found = ic.compare(chelsea(4), chelsea(4))
    assert (found.identical, found.psnr, found.ssim, found.delta_e_mean) == (True, math.inf, 1.0, 0.0)
    assert found.to_dict()["psnr"] is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 5), (11, 11), (200, 3)])
def test_pictures_of_any_size_have_every_figure(shape: tuple[int, int]) -> None:
    pixels = noise(*shape)
    found = ic.compare(pixels, changed(pixels, 4))
    assert found.mse == 48
    assert 0.8 < found.ssim <= 1
    assert found.to_array().shape == (shape[0], 3 * shape[1] + 16, 3)


def test_what_is_clear_does_not_count_and_what_shows_on_one_ground_does() -> None:
    pixels, other = noise(16, 16), noise(16, 16, 1)
    assert ic.compare(with_alpha(pixels, 0), with_alpha(other, 0)).identical
    assert ic.compare(with_alpha(pixels, 0), with_alpha(other, 0)).n_colors == (1, 1)
    white = np.full((16, 16, 3), 255, np.uint8)
    found = ic.compare(with_alpha(white, 0), white)
    assert found.grounds == ("black", "white")
    assert found.mse == 3 * 255**2 / 2
    assert found.delta_e_mean == pytest.approx(50, abs=0.1)
    assert ic.compare(with_alpha(white, 255), white).grounds == ()


def test_the_map_is_dark_where_colors_are_equal_and_the_same_for_all_pictures() -> None:
    pixels = np.full((20, 20, 3), 100, np.uint8)
    other = pixels.copy()
    other[5:10, 5:10] = 255
    drawn = ic.compare(pixels, other).to_array()
    heat = drawn[:, 2 * 28 :]
    assert heat.shape == (20, 20, 3)
    assert (heat[0, 0] == 0).all()
    assert (heat[7, 7] == (252, 253, 191)).all()
    np.testing.assert_array_equal(drawn[:, :20], pixels)
    np.testing.assert_array_equal(drawn[:, 28:48], other)


def test_pictures_of_different_sizes_are_rejected() -> None:
    with pytest.raises(ValueError, match="both pictures must have one size, got 5 x 4 and 4 x 5; scale one first"):
        ic.compare(noise(4, 5), noise(5, 4))
    with pytest.raises(ValueError, match=r"a must be uint8 of shape \(H, W, 3\), got float64 \(2, 2, 3\)"):
        metrics.ssim(np.zeros((2, 2, 3)), np.zeros((2, 2, 3), np.uint8))  # type: ignore[arg-type]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "a.png", noise(16, 24))
    saved(tmp_path / "b.png", changed(noise(16, 24), 2))
    return lambda *args, **extra: CliRunner().invoke(app, ["compare", *args], **extra)


def test_of_an_animation_the_first_frame_is_compared_and_that_is_said(invoke: Callable[..., Result]) -> None:
    frames = [Image.fromarray(noise(16, 24)), Image.fromarray(changed(noise(16, 24), 2))]
    frames[0].save("moving.png", save_all=True, append_images=frames[1:], duration=40)
    result = invoke("a.png", "moving.png")
    assert result.exit_code == 0
    assert result.stderr == "imgcluster: warning: moving.png: only the first of 2 frames is compared\n"
    assert "identical" in result.stdout


def test_the_command_prints_the_figures(invoke: Callable[..., Result]) -> None:
    result = invoke("a.png", "b.png")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "pictures",
        "bytes",
        "colors",
        "PSNR",
        "SSIM",
        "delta",
    ]
    row = json.loads(invoke("a.png", "b.png", "--json").stdout)
    assert (row["a"], row["b"], row["mse"]) == ("a.png", "b.png", 12)
    assert row["n_bytes"] == [Path(name).stat().st_size for name in ("a.png", "b.png")]
    same = invoke("-", "a.png", input=io.BytesIO(Path("a.png").read_bytes()))
    assert "identical" in same.stdout


def test_the_command_draws(invoke: Callable[..., Result]) -> None:
    assert invoke("a.png", "b.png", "-o", "d.png").exit_code == 0
    with Image.open("d.png") as image:
        assert image.size == (3 * 24 + 16, 16)
    assert invoke("a.png", "b.png", "-o", "d.png", "-f").exit_code == 0


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["a.png"], 2, "Missing argument 'B'"),
        (["-", "-"], 2, "standard input is a single picture"),
        (["a.png", "b.png", "-o", "d.gif"], 2, "a GIF holds too few colors"),
        (["a.png", "b.png", "-o", "d.jpg"], 2, "JPEG is lossy"),
        (["a.png", "b.png", "-o", "a.png", "-f"], 2, "is one of the pictures; choose another name"),
        (["a.png", "none.png"], 1, "cannot read none.png: no such file"),
        (["a.png", "small.png"], 1, "both pictures must have one size, got 24 x 16 and 4 x 4"),
    ],
)
def test_bad_input_is_one_line(invoke: Callable[..., Result], args: list[str], code: int, message: str) -> None:
    saved(Path.cwd() / "small.png", noise(4, 4))
    Path("there.png").write_bytes(b"x")
    result = invoke(*args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_names_cannot_steer_the_terminal(invoke: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred\n.png"
    other = tmp_path / "b\r.png"
    for each in (path, other):
        Image.new("RGB", (4, 4)).save(each)
    run = invoke(str(path), str(other))
    assert run.exit_code == 0, run.output
    assert "\x1b" not in run.output
    assert run.stdout.splitlines()[0].startswith("pictures")
    assert "4x4" in run.stdout.split("\n")[0]


def test_figures_are_printed_where_the_drawing_exists(invoke: Callable[..., Result]) -> None:
    Path("there.png").write_bytes(b"x")
    result = invoke("a.png", "b.png", "-o", "there.png")
    assert result.exit_code == 98
    assert "there.png: skipped, it exists; -f overwrites it" in result.stderr
    assert "PSNR" in result.stdout
    assert Path("there.png").read_bytes() == b"x"
