"""Histograms of pixels of any kind: with alpha where something is not opaque."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from imgcluster.colors._alpha_histogram import AlphaHistogram
from imgcluster.colors._histogram import Histogram
from imgcluster.types import UInt8Array


def count_pixels(bands: Iterable[UInt8Array], n_threads: int = 1) -> Histogram | AlphaHistogram:
    """Count the colors of a picture that arrives in bands.

    Parameters
    ----------
    bands : iterable of ndarray of shape (h, W, 3) or (h, W, 4), uint8
        At least one.
    n_threads : int

    Returns
    -------
    Histogram or AlphaHistogram
        A Histogram if all pixels are opaque.
    """
    return merge_histograms(_counted(band, n_threads) for band in bands)


def merge_histograms(histograms: Iterable[Histogram | AlphaHistogram]) -> Histogram | AlphaHistogram:
    """Add up histograms of both kinds, as if all their pixels had been one image.

    Parameters
    ----------
    histograms : iterable of Histogram or AlphaHistogram
        Taken one by one. Their order does not matter.

    Returns
    -------
    Histogram or AlphaHistogram
        A Histogram if all pixels are opaque.
    """
    rest: Iterator[Histogram | AlphaHistogram] = iter(histograms)
    first, second = next(rest, None), next(rest, None)
    # the table for merging is avoided if there is only one
    some = [histogram for histogram in (first, second) if histogram is not None]
    merged = some[0] if len(some) == 1 else AlphaHistogram.merge(map(AlphaHistogram.of, chain(some, rest)))
    return merged.opaque if isinstance(merged, AlphaHistogram) and merged.is_opaque else merged


def _counted(band: UInt8Array, n_threads: int) -> Histogram | AlphaHistogram:
    return (Histogram if band.shape[2] == 3 else AlphaHistogram).from_pixels(band, n_threads)
