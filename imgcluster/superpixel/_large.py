"""Superpixels from file to file, for pictures of any size: the same search, on arrays that lie in scratch files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.colors import MAX_FEATURES
from imgcluster.errors import ImageWriteError
from imgcluster.files import Scratch
from imgcluster.kernels import made_by
from imgcluster.picture import limits, open_source
from imgcluster.segmentation import Segmentation
from imgcluster.superpixel._superpixels import superpixels
from imgcluster.threads import reporting
from imgcluster.types import BoolArray, PathLike

_ENDINGS = (".npy", ".tif", ".tiff")
_LABELS, _MASKED = 10, 20  # bytes a pixel: labels of two levels and what is active, weights and pieces of a mask
_TAKEN = (np.uint8, np.uint16, np.float32, np.float64)  # values of other types are converted


def superpixels_large(
    source: PathLike,
    target: PathLike,
    n_segments: int | None = None,
    *,
    effort: str = "default",
    compactness: float | None = None,
    mask: PathLike | BoolArray | None = None,
    nodata: float | None = None,
    level: int = 0,
    channels: str = "srgb",
    value_range: ArrayLike | None = None,
    start_label: int = 0,
    n_threads: int | None = None,
    scratch: PathLike | None = None,
    progress: bool = False,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> Segmentation:
    """Cut a picture of any size into superpixels, from file to file: the labels are those that `superpixels` finds.

    Memory is needed for segments and some rows of pixels; what is as large as the picture lies in scratch files.

    Parameters
    ----------
    source : path
        A .npy file, which is mapped, or any other that `superpixels` takes.
    target : path
        Where the labels go: a .npy file, or a TIFF. It is replaced as a whole or left as it was.
    n_segments, effort, compactness : see `superpixels`
        The method is "boundary".
    mask : path or ndarray of shape (H, W), optional
        As for `superpixels`, or a file of it: best a .npy file, which is mapped.
    nodata, level, channels, value_range, start_label, n_threads : see `superpixels`
    scratch : path, optional
        A folder for scratch files, on a disk: by default that of the target. They need about 20 bytes a pixel for up to
        four channels, 20 more with a mask or nodata, and the values of a TIFF; they have no names, and vanish when this
        function ends, or its process is killed.
    progress : bool
        Whether to show a bar.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    Segmentation
        Its labels lie in a scratch file until it is gone, 4 bytes a pixel.

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    ImageWriteError
        If the target has another ending or cannot be written, or the disk has not enough space for scratch files, which
        is checked before they are made.
    ValueError, TypeError
        As for `superpixels`.

    Warns
    -----
    ConversionWarning
        As for `superpixels`.

    Notes
    -----
    A thousand segments take about .7 MB, in which the number of threads has a part; a thousand megapixels about a
    minute and a half on one thread, if the disk keeps up.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> import imgcluster as ic
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     scene, labels = Path(folder) / "scene.npy", Path(folder) / "labels.npy"
    ...     np.save(scene, np.tile(np.arange(90, dtype=np.uint8), (60, 1)))
    ...     result = ic.superpixels_large(scene, labels, 20)
    ...     np.load(labels).shape, result.n_segments
    ((60, 90), 20)
    """
    path = Path(os.fsdecode(target))
    if path.suffix.lower() not in _ENDINGS:
        raise ImageWriteError(os.fsdecode(target), "use the ending .npy or .tif")
    place = path.absolute().parent if scratch is None else scratch
    with (
        limits(max_pixels, max_memory),
        make_scratch(source, place, has_mask=mask is not None or nodata is not None, level=level) as space,
        made_by(space.empty),
        _bar(shown=progress),
    ):
        found = superpixels(
            source,
            n_segments,
            effort=effort,
            compactness=compactness,
            mask=mask,
            nodata=nodata,
            level=level,
            channels=channels,
            value_range=value_range,
            start_label=start_label,
            n_threads=n_threads,
        )
        found.save_labels(target)
        _ = found.n_segments  # a pass over the labels, while little of them is kept in memory
    return found


@contextmanager
def _bar(*, shown: bool) -> Iterator[None]:
    """Show how far the work within the block has come."""
    if not shown:
        yield
        return
    from tqdm import tqdm

    with tqdm(total=100, bar_format="|{bar}| {percentage:.0f}%, {remaining} left", leave=False) as bar:

        def advance(share: float) -> None:
            bar.update(100 * share - bar.n)

        with reporting(advance):
            yield
            advance(1.0)


def make_scratch(source: PathLike, folder: PathLike, *, has_mask: bool, level: int = 0) -> Scratch:
    """Return where the arrays of a picture will lie, if there is space enough."""
    with open_source(source, raw=True, level=level, n_threads=1) as opened:
        height, width = opened.shape
        kind = opened.format
        if kind is not None and kind.name != "TIFF":  # it is decoded as a whole, in memory
            return Scratch(folder, height * width * _bytes_per_pixel(3, 0, has_mask=has_mask))
        first = next(iter(opened.value_bands(1, raw=True)))
        n_channels, dtype = first.pixels[:1, :1].size, first.pixels.dtype
    n_stored = 0 if kind is None else n_channels * dtype.itemsize
    if dtype.newbyteorder("=") not in _TAKEN:
        n_stored += 8 * n_channels
    elif n_channels in (2, 4):
        n_stored += 4 * n_channels  # colors on white
    per_pixel = _bytes_per_pixel(n_channels, n_stored, has_mask=has_mask or first.nodata is not None)
    return Scratch(folder, height * width * per_pixel)


def _bytes_per_pixel(n_channels: int, n_stored: int, *, has_mask: bool) -> int:
    """Estimate how much scratch files take at most, beside what holds the values."""
    features = 8 * -(-min(n_channels, MAX_FEATURES) // 4)
    return n_stored + features + -(-features // 3) + _LABELS + (_MASKED if has_mask else 0)
