"""The superpixel methods that are compared, each as a function from RGB pixels and a number of segments to labels.

Run as a program, it segments one picture after a warm-up, so that its memory can be measured from outside:

    python _superpixel_peers.py PICTURE.npy METHOD N_SEGMENTS

With 0 segments it stops before the work: the difference of two peaks is what the method takes.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import slic

import imgcluster as ic

Pixels = NDArray[np.uint8]
Labels = NDArray[Any]
Segmenter = Callable[[Pixels, int], Labels]

SCIKIT_IMAGE = "scikit-image slic"
ITERATIONS = 10  # of every method of OpenCV: its default of SLIC and LSC
SEEDS_LEVELS = 3  # with the 4 of OpenCV's sample there is nothing between 260 and 600 segments at 481 x 321


def ours(pixels: Pixels, n_segments: int, *, method: str, effort: str = "default", n_threads: int = 1) -> Labels:
    """Segment with this package."""
    return ic.superpixels(pixels, n_segments, method=method, effort=effort, n_threads=n_threads).labels


def scikit_image(pixels: Pixels, n_segments: int) -> Labels:
    """Segment with scikit-image's SLIC, its defaults but for the compactness and the smoothing."""
    return slic(pixels, n_segments, compactness=12, sigma=1, start_label=0)


def blurred_lab(pixels: Pixels) -> Pixels:
    """Prepare pixels as OpenCV recommends: a small Gaussian blur, then CIELAB."""
    return cv2.cvtColor(cv2.GaussianBlur(pixels, (3, 3), 0), cv2.COLOR_RGB2Lab)  # type: ignore[return-value]


def region_size(pixels: Pixels, n_segments: int) -> int:
    """Return the side of a square segment in pixels, as OpenCV wants it."""
    return max(round((pixels.shape[0] * pixels.shape[1] / n_segments) ** 0.5), 1)


def opencv_slic(pixels: Pixels, n_segments: int, *, algorithm: int) -> Labels:
    """Segment with OpenCV's SLIC (ruler 10, its default) or SLICO."""
    size = region_size(pixels, n_segments)
    superpixels = cv2.ximgproc.createSuperpixelSLIC(blurred_lab(pixels), algorithm, size, 10.0)
    superpixels.iterate(ITERATIONS)
    superpixels.enforceLabelConnectivity()
    return superpixels.getLabels()


def opencv_lsc(pixels: Pixels, n_segments: int) -> Labels:
    """Segment with OpenCV's LSC (ratio 0.075, its default)."""
    superpixels = cv2.ximgproc.createSuperpixelLSC(blurred_lab(pixels), region_size(pixels, n_segments), 0.075)
    superpixels.iterate(ITERATIONS)
    superpixels.enforceLabelConnectivity()
    return superpixels.getLabels()


def opencv_seeds(pixels: Pixels, n_segments: int) -> Labels:
    """Segment with OpenCV's SEEDS (prior 2, 5 bins, its defaults)."""
    height, width = pixels.shape[:2]
    superpixels = cv2.ximgproc.createSuperpixelSEEDS(width, height, 3, n_segments, SEEDS_LEVELS, 2, 5)
    superpixels.iterate(blurred_lab(pixels), ITERATIONS)
    return superpixels.getLabels()


def own_segmenters(n_threads: int = 1) -> dict[str, Segmenter]:
    """Return the methods of this package by the name that the tables show."""
    found: dict[str, Segmenter] = {
        f"imgcluster boundary {effort}": partial(ours, method="boundary", effort=effort, n_threads=n_threads)
        for effort in ("fast", "default", "best")
    }
    for method in ("slic", "gmm"):
        found[f"imgcluster {method}"] = partial(ours, method=method, n_threads=n_threads)
    return found


def segmenters() -> dict[str, Segmenter]:
    """Return every method on one thread, by the name that the tables show."""
    cv2.setNumThreads(1)
    return {
        **own_segmenters(),
        SCIKIT_IMAGE: scikit_image,
        "OpenCV SLIC": partial(opencv_slic, algorithm=cv2.ximgproc.SLIC),
        "OpenCV SLICO": partial(opencv_slic, algorithm=cv2.ximgproc.SLICO),
        "OpenCV LSC": opencv_lsc,
        "OpenCV SEEDS": opencv_seeds,
    }


def segment_once(picture: str, name: str, n_segments: int) -> None:
    """Load a picture, warm up on a corner of it, and segment it."""
    pixels = np.load(picture)
    segmenter = segmenters()[name]
    segmenter(np.ascontiguousarray(pixels[:128, :128]), 16)
    if n_segments:
        segmenter(pixels, n_segments)


if __name__ == "__main__":
    segment_once(sys.argv[1], sys.argv[2], int(sys.argv[3]))
