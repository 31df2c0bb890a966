"""Compare palettes with alpha with those of pngquant: error over backgrounds, and what stays opaque and clear.

    python tests/benchmarks/bench_alpha.py FOLDER [--colors 16 64 256]

FOLDER holds PNG pictures with alpha; pngquant is run with --nofs. Errors are means over black, white and gray, a
quarter each, and magenta and green, an eighth each: the squared RGB distance summed over channels, and the distance in
OKLab.
Numbers are geometric means of ratios to pngquant over the pictures, and the worst picture. The output is Markdown.
"""

import argparse
import math
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from imgcluster import kernels, quantize
from imgcluster.colors import COLOR_SPACES

GROUNDS = (
    ((0, 0, 0), 0.25),
    ((255, 255, 255), 0.25),
    ((128, 128, 128), 0.25),
    ((255, 0, 255), 0.125),
    ((0, 255, 0), 0.125),
)


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--colors", type=int, nargs="+", default=[16, 64, 256])
    options = parser.parse_args()
    if kernels.backend() != "native":
        raise SystemExit("the native kernels are not there: install a C compiler, then the package again")
    print("| space | colors | MSE | worst | OKLab | worst | opaque lost | clear lost | CPU s |\n|" + "---|" * 9)
    for n_colors in options.colors:
        pictures = [(path, rgba(path)) for path in sorted(options.folder.glob("*.png"))]
        pictures = [(path, pixels) for path, pixels in pictures if n_distinct(pixels) > n_colors]
        peers = [errors(pixels, pngquant(path, n_colors)) for path, pixels in pictures]
        for space in ("rgb", "oklab"):
            print(row(space, n_colors, [pixels for _, pixels in pictures], peers), flush=True)


def row(space: str, n_colors: int, pictures: list[np.ndarray], peers: list[np.ndarray]) -> str:
    """Measure all pictures in one space."""
    start = time.process_time()
    reduced = [quantize(pixels, n_colors, color_space=space, n_threads=1) for pixels in pictures]
    seconds = time.process_time() - start
    outputs = [result.palette[result.indices] for result in reduced]
    ratios = np.array([errors(a, b) / peer for a, b, peer in zip(pictures, outputs, peers, strict=True)])
    opaque = max(lost(a, b, 255) for a, b in zip(pictures, outputs, strict=True))
    clear = max(lost(a, b, 0) for a, b in zip(pictures, outputs, strict=True))
    means, worst = np.exp(np.log(ratios).mean(axis=0)), ratios.max(axis=0)
    errors_of = f"{means[0]:.3f} | {worst[0]:.2f} | {means[1]:.3f} | {worst[1]:.2f}"
    return f"| {space} | {n_colors} | {errors_of} | {opaque:.4f} | {clear:.4f} | {seconds:.1f} |"


def rgba(path: Path) -> np.ndarray:
    """Read a picture; clear pixels are zeros."""
    pixels = np.array(Image.open(path).convert("RGBA"))
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def n_distinct(pixels: np.ndarray) -> int:
    """Count colors."""
    return len(np.unique(pixels.reshape(-1, 4).view("<u4")))


def pngquant(path: Path, n_colors: int) -> np.ndarray:
    """Return what pngquant makes of a picture."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "peer.png"
        subprocess.run(["pngquant", str(n_colors), "--nofs", "-o", target, path], check=True)
        return rgba(target)


def errors(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the mean squared RGB distance and the mean OKLab distance over the grounds; (k, 4) or (k, 3) pixels."""
    encode, total = COLOR_SPACES["oklab"].encode, np.zeros(2)
    for ground, share in GROUNDS:
        p, q = over(a, ground), over(b, ground)
        seen = (encode(np.rint(p).astype(np.uint8)) - encode(np.rint(q).astype(np.uint8))) ** 2
        total += share * np.array([((p - q) ** 2).sum(axis=1).mean(), np.sqrt(seen.sum(axis=1)).mean()])
    return np.maximum(total, math.ulp(1.0))


def over(pixels: np.ndarray, ground: tuple[int, int, int]) -> np.ndarray:
    """Composite pixels on a ground: (n, 3)."""
    flat = pixels.reshape(-1, pixels.shape[-1]).astype(np.float64)
    alpha = flat[:, 3:] / 255 if flat.shape[1] == 4 else 1.0
    return flat[:, :3] * alpha + np.array(ground) * (1 - alpha)


def lost(a: np.ndarray, b: np.ndarray, alpha: int) -> float:
    """Return what share of the pixels of an alpha has another one now."""
    there = a[..., 3] == alpha
    now = b[..., 3] if b.shape[-1] == 4 else np.full(there.shape, 255)
    return float((now[there] != alpha).mean()) if there.any() else 0.0


if __name__ == "__main__":
    main()
