"""Volumes from files: NumPy's own, or a TIFF with a page a slice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageReadError
from imgcluster.types import PathLike
from imgcluster.wording import system_text


def read_volume(path: PathLike) -> NDArray[Any]:
    """Read a stack of slices from .npy or from a TIFF with several pages.

    Parameters
    ----------
    path : path

    Returns
    -------
    ndarray of shape (D, H, W) or (D, H, W, C)

    Raises
    ------
    ImageReadError
        If the file is not there, is of another kind, or holds no volume.
    """
    name = os.fsdecode(path)
    ending = Path(name).suffix.lower()
    if ending not in (".npy", ".tif", ".tiff"):
        raise ImageReadError(name, "it is not a volume", "use .npy, or .tif with a page a slice")
    try:
        volume: NDArray[Any] = np.load(name, allow_pickle=False) if ending == ".npy" else _read_pages(name)
    except ImageReadError:
        raise
    except OSError as error:
        raise ImageReadError(name, system_text(error), "check the name and the device") from error
    except Exception as error:  # of tifffile, of many kinds; of NumPy for what is no array
        raise ImageReadError(name, f"it is broken ({error})", "get a fresh copy") from error
    if volume.ndim not in (3, 4):
        raise ImageReadError(name, f"it holds an array of shape {volume.shape}, and no volume", "leave --ndim 3 out")
    return volume


def _read_pages(path: str) -> NDArray[Any]:
    """Read the first series of a TIFF, with channels last."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        pages: NDArray[Any] = series.asarray()
        axes = series.axes
    if pages.ndim == 3 and "S" in axes:  # samples of pixels: a single page
        raise ImageReadError(path, "it holds a picture of a single page, and no volume", "leave --ndim 3 out")
    if pages.ndim == 4 and "C" in axes[:2]:  # ImageJ and OME write channels before rows
        pages = np.moveaxis(pages, axes.index("C"), -1)
    return pages
