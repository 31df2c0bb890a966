"""The palette of a picture, or of any number of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from imgcluster.colors import AlphaHistogram, Histogram, count_pixels
from imgcluster.facts import Loss
from imgcluster.palette._alpha_search import find_alpha_colors
from imgcluster.palette._palette import MAX_COLORS, Palette
from imgcluster.palette._search import EFFORTS, find_colors
from imgcluster.parameters import check_choice, check_int, check_random_state
from imgcluster.picture import BAND_PIXELS, Source, is_large, limits, open_source, warn_lost
from imgcluster.threads import check_threads
from imgcluster.types import ImageSource, PathLike, RandomState, UInt8Array


def extract_palette(
    image: ImageSource | Histogram | AlphaHistogram,
    n_colors: int = 256,
    *,
    effort: str = "default",
    random_state: RandomState = 0,
    n_threads: int | None = None,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> Palette:
    """Find the best n_colors colors of an image, or of all the images in a histogram.

    The k-means is that of `quantize`, and so are the colors. It uses only the distinct colors and their counts:
    histograms of many images, merged (`Histogram.merge`), give the one palette that is best for all their pixels.

    Parameters
    ----------
    image : path, binary file object, PIL image, ndarray, Histogram or AlphaHistogram
        Arrays are (H, W), (H, W, 3), or with alpha (H, W, 2) or (H, W, 4): uint8, uint16, or floating point in 0..1.
    n_colors : int
        Palette size, 1 to 65536; at most as many as there are distinct colors are returned.
    effort : {"default", "fast", "best"}
        How long to search for a better local minimum.
    random_state : int, numpy Generator or None
        Seed; the same seed gives the same colors for any order of the images, number of threads and processor.
    n_threads : int or None
        Threads; None uses all processors.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    Palette
        Dark to light.

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind, or the histogram is empty.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from skimage import data
    >>> pictures = [data.astronaut(), data.coffee()]
    >>> histogram = ic.Histogram.merge(ic.Histogram.from_pixels(picture) for picture in pictures)
    >>> palette = ic.extract_palette(histogram, 16)
    >>> [round(ic.apply_palette(picture, palette).psnr) for picture in pictures]
    [26, 27]
    """
    with limits(max_pixels, max_memory):
        n_colors = check_int("n_colors", n_colors, 1, MAX_COLORS)
        check_choice("effort", effort, EFFORTS)
        rng, n_threads = check_random_state(random_state), check_threads(n_threads)
        histogram = image if isinstance(image, Histogram | AlphaHistogram) else _counted(image, n_threads)
        if not len(histogram):
            raise ValueError("the histogram must hold at least one color, got none; add a picture to it")
        if isinstance(histogram, AlphaHistogram):
            return Palette(find_alpha_colors(histogram, n_colors, effort, rng, n_threads).palette)
        return Palette(find_colors(histogram, n_colors, "kmeans", effort, rng, n_threads).palette)


def _counted(image: ImageSource, n_threads: int) -> Histogram | AlphaHistogram:
    with open_source(image, n_threads=n_threads) as source:
        in_bands = isinstance(image, str | bytes | os.PathLike) and is_large(image)
        histogram, lost = _count(source, n_threads, in_bands=in_bands)
        warn_lost(source.name, lost)
    return histogram


def count_picture(path: PathLike, n_threads: int = 1) -> tuple[Histogram | AlphaHistogram, frozenset[Loss]]:
    """Read a picture and count its colors, band by band if it is large.

    Parameters
    ----------
    path : path
    n_threads : int

    Returns
    -------
    histogram : Histogram or AlphaHistogram
        With alpha where something is not opaque.
    lost : frozenset of Loss
        What reading lost. It is not issued as a warning, because warnings are not thread-safe.

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    """
    with open_source(path, n_threads=n_threads) as source:
        histogram, lost = _count(source, n_threads, in_bands=is_large(path))
    return histogram, lost - {Loss.DEPTH}


def _count(source: Source, n_threads: int, *, in_bands: bool) -> tuple[Histogram | AlphaHistogram, frozenset[Loss]]:
    """Count the colors of an open picture; return what reading it lost, too."""
    if not in_bands:
        picture = source.read()
        return count_pixels([picture.to_array()], n_threads), picture.lost
    lost: set[Loss] = set()

    def bands() -> Iterator[UInt8Array]:
        for band in source.bands(BAND_PIXELS):
            lost.update(band.lost)
            yield band.to_array()

    return count_pixels(bands(), n_threads), frozenset(lost)
