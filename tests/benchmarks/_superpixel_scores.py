"""Photos with the contours that people drew, and the scores of label maps on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from _superpixel_peers import Labels, Pixels
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import label as connected_components

from imgcluster import metrics

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}


@dataclass(frozen=True)
class Photo:
    """A photo and what its annotators drew; nothing where there is no NAME.npz beside it."""

    pixels: Pixels
    truths: list[NDArray[np.integer]]


def photo_files(folder: Path) -> list[Path]:
    """Return the photos of a folder by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def photos(paths: list[Path]) -> Iterator[Photo]:
    """Read photos one by one."""
    for path in paths:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        drawn = path.with_suffix(".npz")
        if drawn.exists():
            with np.load(drawn) as arrays:
                truths = list(arrays["segmentations"])
        else:
            truths = []
        yield Photo(pixels, truths)


def scores(labels: Labels, photo: Photo) -> dict[str, float]:
    """Score one label map, every connected piece of a label as a segment of its own; means over the annotators.

    Splitting first is what the benchmark of Stutz et al. does: no method can hide its fragments.
    """
    pieces = connected_components(labels, background=-1, connectivity=1)
    n_labels, n_pieces = len(np.unique(labels)), int(pieces.max())
    found = {
        "segments": float(n_labels),
        "pieces": float(n_pieces),
        "connected": float(n_pieces == n_labels),
        "EV": metrics.explained_variation(pieces, photo.pixels),
        "CO": metrics.compactness(pieces),
    }
    if photo.truths:
        found["Rec"] = fmean(metrics.boundary_recall(pieces, truth) for truth in photo.truths)
        found["UE"] = fmean(metrics.undersegmentation_error(pieces, truth) for truth in photo.truths)
        found["ASA"] = fmean(metrics.achievable_segmentation_accuracy(pieces, truth) for truth in photo.truths)
    return found
