"""The quantizers that are compared, each as a function from pixels and a number of colors to the 8-bit picture."""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

import imgcluster as ic

Pixels = NDArray[np.uint8]
Quantizer = Callable[[Pixels, int], Pixels]

PNGQUANT = shutil.which("pngquant")


def ours(pixels: Pixels, n_colors: int, *, effort: str) -> Pixels:
    """Quantize with this package, one thread."""
    return ic.quantize(pixels, n_colors, effort=effort, n_threads=1).to_array()


def scikit_learn(pixels: Pixels, n_colors: int) -> Pixels:
    """Quantize as scikit-learn's own example does: one k-means++ start on all pixels in float32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KMeans(n_colors, n_init=1, random_state=0).fit(pixels.reshape(-1, 3).astype(np.float32))
    palette: Pixels = np.rint(model.cluster_centers_).astype(np.uint8)
    return palette[model.labels_].reshape(pixels.shape)


def pillow(pixels: Pixels, n_colors: int, *, method: Image.Quantize) -> Pixels:
    """Quantize with one of Pillow's methods, no dithering."""
    return np.asarray(
        Image.fromarray(pixels).quantize(n_colors, method=method, dither=Image.Dither.NONE).convert("RGB")
    )


def pngquant(pixels: Pixels, n_colors: int) -> Pixels:
    """Quantize with the program pngquant, one thread; the time includes starting it and both PNG files."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, "out.png")
        Image.fromarray(pixels).save(source, compress_level=0)
        command = [str(PNGQUANT), "--nofs", str(n_colors), "--output", str(target), str(source)]
        subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
        return np.asarray(Image.open(target).convert("RGB"))


def quantizers() -> dict[str, Quantizer]:
    """Return every quantizer that is installed, by the name that the table shows."""
    found: dict[str, Quantizer] = {f"imgcluster {e}": partial(ours, effort=e) for e in ("fast", "default", "best")}
    found["scikit-learn KMeans"] = scikit_learn
    if PNGQUANT:
        found["pngquant"] = pngquant
    for method in (Image.Quantize.MEDIANCUT, Image.Quantize.MAXCOVERAGE, Image.Quantize.FASTOCTREE):
        found[f"Pillow {method.name.lower()}"] = partial(pillow, method=method)
    return found


def best_of_starts(pixels: Pixels, n_colors: int, starts: int) -> float:
    """Return the lowest MSE of converged k-means++ starts on the weighted distinct colors, its palette unrounded."""
    packed = pixels.reshape(-1, 3).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    values, counts = np.unique(packed, return_counts=True)
    colors = np.stack([values >> 16, values >> 8 & 255, values & 255], axis=1).astype(np.float64)
    if len(colors) <= n_colors:
        return 0.0
    model = KMeans(n_colors, n_init=starts, tol=0, max_iter=10_000, random_state=0)
    inertia: float = model.fit(colors, sample_weight=counts).inertia_
    return inertia / float(counts.sum())


def mse(pixels: Pixels, other: Pixels) -> float:
    """Return the mean over pixels of the squared RGB distance, summed over the channels; exact, in bands of rows."""
    total = 0
    for top in range(0, len(pixels), 256):
        difference = pixels[top : top + 256].astype(np.int32) - other[top : top + 256]
        total += int((difference * difference).sum(dtype=np.int64))
    return total / (pixels.shape[0] * pixels.shape[1])
