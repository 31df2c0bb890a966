"""Measure ``--lossy``: PNG bytes at the error of pngquant without dithering, and whether it leaves streaks.

    python tests/benchmarks/bench_lossy.py FOLDER [--colors 16 64 256] [--pictures N] [--levels 3 8 14]

FOLDER holds photos. Each is quantized in OKLab once for each number of colors, then mapped at each level; the bytes at
the peer's mean OKLab distance, and at its SSIM of the luma, are interpolated between levels. "along" is the error of
lightness averaged along rows over that along columns, in the smooth half of the picture: horizontal streaks raise it.
Ratios are geometric means over pictures. The output is Markdown.
"""

import argparse
import io
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter1d
from skimage.color import rgb2gray
from skimage.metrics import structural_similarity

import imgcluster as ic
from imgcluster import kernels
from imgcluster.colors import OKLAB

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}
Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


class Scores(NamedTuple):
    """What one picture has: errors, streaks and bytes."""

    distance: float  # mean, in OKLab
    dissimilarity: float  # 1 - SSIM
    along: float
    n_bytes: int


def main() -> None:
    """Print a table of ratios to pngquant."""
    options = parse()
    if kernels.backend() != "native" or shutil.which("pngquant") is None:
        raise SystemExit("the native kernels and pngquant are needed: install a C compiler and pngquant")
    pictures = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in SUFFIXES)[: options.pictures]
    print("| K | bytes at its OKLab error | at its SSIM | along, at the first | pictures |\n|---|---|---|---|---|")
    for n_colors in options.colors:
        ratios = np.array([compare(path, n_colors, options.levels) for path in pictures])
        print(
            "|", " | ".join([str(n_colors), *(f"{x:.3f}" for x in mean(ratios)), str(len(pictures))]), "|", flush=True
        )


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--colors", type=int, nargs="+", default=[16, 64, 256])
    parser.add_argument("--levels", type=float, nargs="+", default=[3, 8, 14])
    parser.add_argument("--pictures", type=int)
    return parser.parse_args()


def mean(ratios: Floats) -> Floats:
    """Return geometric means."""
    means: Floats = np.exp(np.log(ratios).mean(axis=0))
    return means


def compare(path: Path, n_colors: int, levels: list[float]) -> tuple[float, float, float]:
    """Return the ratios of bytes at equal OKLab error and at equal SSIM, and "along" where the first is."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    command = ["pngquant", str(n_colors), "--nofs", "-"]
    output = subprocess.run(command, input=encoded(pixels), capture_output=True, check=True).stdout
    peer = scores(pixels, np.asarray(Image.open(io.BytesIO(output)).convert("RGB")), len(output))
    palette = ic.quantize(pixels, n_colors, color_space="oklab").palette
    found = []
    for lossy in levels:
        result, stream = ic.quantize(pixels, palette=palette, color_space="oklab", lossy=lossy), io.BytesIO()
        result.save(stream, compress_level=9)
        found.append(scores(pixels, result.to_array(), len(stream.getvalue())))
    table = np.log(np.array(found) / np.array(peer))
    at_distance, at_ssim = (float(np.exp(at_zero(table[:, i], table[:, 3]))) for i in (0, 1))
    return at_distance, at_ssim, found[int(np.abs(table[:, 0]).argmin())].along


def at_zero(x: Floats, y: Floats) -> float:
    """Return y where the ascending x is 0, on a line through the nearest two points."""
    i = int(np.clip(np.searchsorted(x, 0), 1, len(x) - 1))
    slope = (y[i] - y[i - 1]) / (x[i] - x[i - 1])
    return float(y[i - 1] - slope * x[i - 1])


def encoded(pixels: Pixels) -> bytes:
    """Return the bytes of a PNG."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def scores(pixels: Pixels, other: Pixels, n_bytes: int) -> Scores:
    """Compare two pictures."""
    a, b = (OKLAB.encode(p.reshape(-1, 3)).astype(np.float64).reshape(p.shape) for p in (pixels, other))
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    ssim = float(structural_similarity(rgb2gray(pixels), rgb2gray(other), **options))
    slope = gaussian_filter(np.hypot(*np.gradient(a[..., 0])), 2)
    smooth, error = slope < np.median(slope), b[..., 0] - a[..., 0]
    row, column = (float(np.abs(uniform_filter1d(error, 15, axis=axis))[smooth].mean()) for axis in (1, 0))
    distance = float(np.sqrt(((a - b) ** 2).sum(axis=2)).mean())
    return Scores(distance, 1 - ssim, (row + 1e-3) / (column + 1e-3), n_bytes)


if __name__ == "__main__":
    main()
