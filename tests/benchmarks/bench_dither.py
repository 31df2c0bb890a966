"""Dithered pictures against pngquant's own, with as many colors: error after a blur, and bytes.

    python tests/benchmarks/bench_dither.py FOLDER [DITHER]

FOLDER holds photos as PNG, such as the Kodak suite; pngquant must be on PATH. Printed are geometric means of ratios to
it: below 1 is better than pngquant. Errors are mean distances in OKLab of the saved pictures after a Gaussian
blur of 1 and 2 pixels in linear light: what is left when the eye averages.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.filters import gaussian

import imgcluster as ic
from imgcluster import kernels
from imgcluster.colors import cube_roots, linear_shades

BLURS = (1, 2)


def seen(picture: NDArray[np.uint8], sigma: float) -> NDArray[np.float32]:
    """Return the colors in OKLab after a blur."""
    light = gaussian(linear_shades()[picture], sigma, channel_axis=2, mode="nearest", truncate=3)
    return kernels.light_to_oklab(cube_roots(), light.reshape(-1, 3).astype(np.float32))


def scores(path: Path, original: NDArray[np.uint8]) -> Iterator[float]:
    """Yield the blurred errors of a file, and its bytes."""
    picture = np.asarray(Image.open(path).convert("RGB"))
    for sigma in BLURS:
        yield float(np.sqrt(((seen(picture, sigma) - seen(original, sigma)) ** 2).sum(axis=1)).mean())
    yield path.stat().st_size


def ratios(path: Path, n_colors: int, dither: str, folder: Path) -> list[float]:
    """Return the scores of one picture over those of pngquant's."""
    original = np.asarray(Image.open(path).convert("RGB"))
    ours, theirs = folder / "ours.png", folder / "theirs.png"
    ic.quantize(original, n_colors, color_space="oklab", dither=dither).save(ours)
    subprocess.run(["pngquant", str(n_colors), "--force", "-o", str(theirs), str(path)], check=True)
    return [own / other for own, other in zip(scores(ours, original), scores(theirs, original), strict=True)]


def main() -> None:
    """Print a line for each number of colors."""
    if kernels.backend() != "native":
        raise SystemExit("the native kernels are not built: these figures would take hours")
    pictures, dither = sorted(Path(sys.argv[1]).glob("*.png")), (sys.argv[2:] or ["auto"])[0]
    print(f"{len(pictures)} pictures, {dither}, x pngquant")
    with tempfile.TemporaryDirectory() as folder:
        for n_colors in (16, 64, 256):
            table = np.log([ratios(path, n_colors, dither, Path(folder)) for path in pictures])
            names = [*(f"blur {sigma} px" for sigma in BLURS), "bytes"]
            means = ", ".join(
                f"{name} {ratio:.3f}" for name, ratio in zip(names, np.exp(table.mean(axis=0)), strict=True)
            )
            print(f"{n_colors:3} colors: {means}", flush=True)


if __name__ == "__main__":
    main()
