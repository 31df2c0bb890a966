"""Superpixels: an image in small, compact, connected regions that follow its edges."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster import kernels
from imgcluster.errors import ConversionWarning
from imgcluster.files import shown
from imgcluster.parameters import check_choice, check_int, check_number, check_random_state
from imgcluster.picture import check_same_place, limits, read_georeference, read_volume
from imgcluster.segmentation import CHANNELS, Segmentation
from imgcluster.superpixel._efforts import EFFORTS
from imgcluster.superpixel._grid import Grid, make_grid
from imgcluster.superpixel._inputs import check_nodata
from imgcluster.superpixel._mask_files import read_mask
from imgcluster.superpixel._numbers import keep_numbers
from imgcluster.superpixel._search import SEARCHES, Search
from imgcluster.superpixel._start import Start, check_start
from imgcluster.superpixel._taken import take_image
from imgcluster.superpixel._volumes import check_dimensions, cut_volume
from imgcluster.threads import check_threads
from imgcluster.types import ImageSource, Int32Array, PathLike, RandomState
from imgcluster.warning import warn

if TYPE_CHECKING:
    from imgcluster.superpixel._gmm import LocalMixture

METHODS = tuple(SEARCHES)
_ROUNDEST = 1e6  # compactness: color plays no part any more, and squares stay finite


def superpixels(
    image: ImageSource,
    n_segments: int | None = None,
    *,
    method: str = "boundary",
    effort: str = "default",
    compactness: float | None = None,
    mask: NDArray[Any] | PathLike | None = None,
    seeds: NDArray[Any] | None = None,
    labels: NDArray[Any] | Segmentation | None = None,
    nodata: float | None = None,
    level: int = 0,
    channels: str = "srgb",
    value_range: ArrayLike | None = None,
    ndim: int = 2,
    spacing: Sequence[float] | None = None,
    start_label: int = 0,
    random_state: RandomState = 0,
    n_threads: int | None = None,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> Segmentation:
    """Cut an image into connected segments of similar color.

    Parameters
    ----------
    image : path, binary file object, PIL image or array
        Colors in sRGB, compared in CIELAB: gray (H, W), RGB (H, W, 3) or RGBA (H, W, 4), which is put on white, of
        uint8, uint16, or floating point in 0..1. RGB may be floating point in 0..255 or -1..1, too, and colors other
        integers in 0..255 or 0..65535. Files are read at their full depth, and TIFFs of any number of bands, which are
        compared as raw channels unless they are gray or RGB. Gray of any other real type, and deep gray whose values
        fill less than a quarter of its range, is scaled by quantiles as raw channels are. For bands see `channels`; two
        channels of floats beyond 0..1 are bands, too, with a warning. Anything with `__array__`, such as an xarray or a
        Dask array, is an array; a masked pixel of a numpy.ma array is outside.
    n_segments : int, optional
        How many segments: 400, or as many as seeds or labels have. "boundary" makes exactly so many, unless the mask
        has more pieces than that; "slic" and "gmm" make about so many. A piece of the mask with less than a quarter of
        the mean area of a segment is too small for one of the n_segments: it is a segment of its own on top of them.
    method : {"boundary", "slic", "gmm"}
        Boundary k-means, from coarse blocks to pixels; SLIC, k-means in windows; or EM of a mixture of Gaussians in
        color and position, started from boundary k-means.
    effort : {"default", "fast", "best"}
        How long to search.
    compactness : float, optional
        Weight of position beside color: a distance of sqrt(H W / n_segments) pixels weighs as much as a difference of
        this size in CIELAB. Larger values make rounder segments. About 10 by default ("slic": 6); it means the same
        for colors and for raw channels of any range.
    mask : ndarray of shape (H, W) or path, optional
        Pixels to segment: True, or not 0 (of integers with negative values, such as labels, not below 0). The others
        get label -1, and change nothing inside. Of a file what is not transparent, or else not black; of a raster where
        any band is neither 0 nor NaN nor its "no data". JPEG and WebP are cut at half the brightness of white. Files
        that both say where they are on the map must agree.
    seeds : ndarray of shape (n, 2) or (H, W), optional
        Where segments begin: row and column of each, or a map that is not 0 at each of them (for an image of two
        columns a map is not possible). They replace n_segments: seed i lies in segment i, and no other seed does.
        Islands of a mask without a seed are segments, too.
    labels : ndarray of shape (H, W), optional
        Segments to begin with, such as those of the frame before: 0..n_segments-1, -1 outside. The largest are divided
        if there are fewer than n_segments, and those that differ least joined if connecting them makes more. Segments
        keep their numbers; that of one that is gone goes to a new one, or else to the last: see `origins`.
    nodata : float, optional
        The value that means "no data", which may be NaN; by default that of a GeoTIFF's tag. A pixel is outside where
        any raw channel has this value, or all channels of a color.
    level : int
        Which resolution of a pyramid in a TIFF or SVS file, the largest 0.
    channels : {"srgb", "raw"}
        With "raw" the image is of shape (H, W) or (H, W, C) of any real type, and its channels are not colors. Each is
        scaled so that its 0.2 % and 99.8 % quantiles inside the mask (if these agree, its lowest and highest value) are
        0 and 100, and values beyond keep their place up to one more such range away. More than 16 channels are
        compared by their first 16 principal components.
    value_range : array-like of shape (2,) or (C, 2), optional
        The values to take for these quantiles, the same for all channels or one pair a channel; of sRGB the values of
        black and white, such as (0, 4095).
    ndim : {2, 3}
        3 for a volume: an array of shape (D, H, W), whose values are intensities, or (D, H, W, C), or the path of a
        .npy or of a TIFF with a page a slice. Segments are 6-connected, and masks of shape (D, H, W); the method is
        "boundary", and there are neither seeds nor labels to begin with.
    spacing : sequence of three float, optional
        Distances of slices, rows and columns of a volume: (1, 1, 1).
    start_label : {0, 1}
        The label of the first segment; what lies outside the mask has one less: 0 for napari and for scikit-image's
        regionprops with 1.
    random_state : int, numpy Generator or None
        Without effect, as nothing here is random; accepted so that all tasks are called alike.
    n_threads : int or None
        Threads; None uses all processors. The result does not depend on it.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    Segmentation
        Every segment is 4-connected, and labels are 0..n-1 without holes, or 1..n with start_label=1. With "gmm" it has
        `means` (n, C + 2) in CIELAB or scaled channels, row and column, `covariances`, `history`, and
        `responsibilities`. Of a volume, a VolumeSegmentation.

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind, the image holds values inside that are not finite, or
        no data at all.

    Warns
    -----
    ConversionWarning
        If there are fewer pixels than segments were asked for (each pixel is a segment then), if the mask is empty, has
        small pieces or more pieces than segments were asked for, if deep colors are so dark that they may not be sRGB,
        if the bands of a TIFF are not colors, or if reading the image lost something.

    Notes
    -----
    About 35 ns a pixel and thread ("boundary", default), 20 bytes a pixel beside the image. In pictures of up to 16
    megapixels hard edges between areas of a single color are exact, as far as there are segments enough; where such
    areas make up most of a picture that takes three times as long.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from skimage import data
    >>> result = ic.superpixels(data.coffee(), 300)
    >>> result.labels.shape, result.n_segments
    ((400, 600), 300)
    """
    with limits(max_pixels, max_memory):
        check_choice("method", method, METHODS)
        check_choice("effort", effort, tuple(EFFORTS))
        check_choice("channels", channels, CHANNELS)
        if type(random_state) is not int or random_state < 0:  # a generator takes longer to make than all else to check
            check_random_state(random_state)
        if n_segments is not None:
            n_segments = check_int("n_segments", n_segments, 1)
        if compactness is not None:
            compactness = min(check_number("compactness", compactness, 0), _ROUNDEST)
        n_threads = check_threads(n_threads)
        mask, mask_file = _mask_of(mask, ndim), mask
        nodata, start_label = check_nodata(nodata), check_int("start_label", start_label, 0, 1)
        if check_dimensions(image, ndim, spacing):
            if level:
                raise ValueError(f"level is for pictures, got {level} for a volume; leave it out")
            return cut_volume(
                image,
                n_segments,
                method=method,
                effort=effort,
                compactness=compactness,
                spacing=spacing,
                mask=mask,
                start={"seeds": seeds, "labels": labels},
                nodata=nodata,
                channels=channels,
                value_range=value_range,
                n_threads=n_threads,
            ).numbered_from(start_label)
        taken = take_image(image, channels, nodata, check_int("level", level, 0))
        channels = taken.channels
        if isinstance(mask_file, str | bytes | os.PathLike) and taken.georeference is not None:
            place, shape = read_georeference(mask_file), taken.values.shape
            check_same_place(f"the mask {shown(mask_file)}", place, taken.name, taken.georeference, shape)
        start = check_start(taken.values.shape[:2], n_segments, mask, seeds, labels, taken.valid)
        grid = make_grid(taken, start.everything, channels, value_range)
        found = _cut_picture(grid, start, method, channels, (effort, compactness, n_threads))
        return found.placed(taken.georeference, taken.band_names).numbered_from(start_label)


def _mask_of(mask: NDArray[Any] | PathLike | None, ndim: object) -> NDArray[Any] | None:
    """Return a mask, which is read if it is a file."""
    if not isinstance(mask, str | bytes | os.PathLike):
        return mask
    return read_volume(mask) if ndim == 3 else read_mask(mask)


def _cut_picture(
    grid: Grid, start: Start, method: str, channels: str, how: tuple[str, float | None, int]
) -> Segmentation:
    """Search segments in what is inside; `how` are effort, compactness and threads."""
    if start.n_inside == 0:
        _warn("nothing is inside the mask, so there are no segments")
        found, mixture, origins = np.full(grid.pixels.shape[:2], -1, np.int32), None, None
    else:
        n_wanted = _at_most_pixels(start)
        found, mixture = SEARCHES[method](Search(grid, start, n_wanted, *how))
        _warn_of_pieces(start, n_wanted, method, int(found.max()) + 1)
        found, mixture, origins = _numbered(found, mixture, start)
    return Segmentation.trusted(
        found, grid.pixels, channels=channels, mixture=mixture, origins=origins, value_range=grid.shown
    )


def _numbered(
    found: Int32Array, mixture: LocalMixture | None, start: Start
) -> tuple[Int32Array, LocalMixture | None, Int32Array | None]:
    """Let segments, and the components behind them, keep the numbers of given ones."""
    if start.labels is None:
        return found, mixture, None
    numbers, origins = keep_numbers(found, start.labels)
    origins[origins >= start.n_given] = -1  # of pixels that had no segment
    found = kernels.map_labels(found, numbers)
    return found, None if mixture is None else mixture.renumbered(numbers, found), origins


def _at_most_pixels(start: Start) -> int:
    """Return the number of segments wanted, or that of pixels where there are fewer, with a warning."""
    if start.n_segments > start.n_inside:
        _warn(f"n_segments is {start.n_segments}, but the pixels are {start.n_inside}: each is a segment")
    n_specks = 0 if start.specks is None else len(start.specks.pixels)
    return min(start.n_segments, start.n_inside - n_specks)


def _warn_of_pieces(start: Start, n_wanted: int, method: str, n_found: int) -> None:
    """Warn where a mask makes more segments than were asked for."""
    if start.specks is not None:
        specks = f"{start.specks.n} pieces too small for" if start.specks.n > 1 else "a piece too small for"
        which = "segments of their own, which come" if start.specks.n > 1 else "a segment of its own, which comes"
        _warn(f"mask has {specks} {which} on top of n_segments = {n_wanted}")
        n_found -= start.specks.n
    if method == "boundary" and start.inside is not None and n_found > n_wanted:
        _warn(f"mask has {n_found} pieces, and each is a segment, though n_segments is {n_wanted}")


def _warn(what: str) -> None:
    """Warn the caller of superpixels()."""
    warn(what, ConversionWarning)
