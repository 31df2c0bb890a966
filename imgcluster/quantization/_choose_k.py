"""How many clusters, for an array or for the colors of a picture."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from imgcluster.cluster import CRITERIA as ARRAY_CRITERIA
from imgcluster.cluster import (
    ROUNDING_VARIANCE,
    Choice,
    DensePoints,
    OctreePoints,
    check_array,
    check_moderate,
    check_not_tiny,
    check_weights,
    select_k,
)
from imgcluster.colors import RGB, Histogram, bits_for, weighted_points
from imgcluster.errors import ConversionWarning
from imgcluster.parameters import check_choice, check_int, check_number, check_random_state, given_text, items_of
from imgcluster.picture import limits, read_image
from imgcluster.quantization._quantize import quantize
from imgcluster.threads import check_threads
from imgcluster.types import ImageSource, RandomState, UInt8Array
from imgcluster.warning import warn

CRITERIA: tuple[str, ...] = (*ARRAY_CRITERIA, "psnr")
KINDS = ("image", "samples")

_DEFAULT_KS = {
    # the ends of a curve are never its elbow, so this one begins where the answer cannot be
    "elbow": range(1, 17),
    "silhouette": range(2, 17),
    "bic": range(1, 17),
    "gap": range(1, 17),
    "psnr": (1, 2, 4, 8, 16, 32, 64, 128, 256),
}
_MOST_COLORS = 100_000  # more colors are binned: what a bin hides is the same for every k
_PIXEL_DTYPES = (np.uint8, np.uint16, np.bool_)


def choose_k(
    X: ArrayLike | ImageSource,
    ks: Iterable[int] | None = None,
    *,
    criterion: str = "elbow",
    sample_weight: ArrayLike | None = None,
    psnr: float = 30.0,
    kind: str | None = None,
    random_state: RandomState = 0,
    n_threads: int | None = None,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> Choice:
    """Choose the number of clusters of an array, or of the colors of an image.

    "elbow" takes the k whose distortion J lies farthest below the chord of the curve [1]_, "silhouette" the largest
    mean silhouette [2]_, "bic" the lowest BIC of Gaussian mixtures with full covariances [3]_, "gap" the smallest k
    whose gap to uniform references is within one standard error of the next [4]_, and "psnr", for images, the
    smallest palette that comes as close to the original as `psnr` requires. All but "bic" fit k-means.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), or image
        An image is a path, a binary file object, a PIL image or an array (H, W) or (H, W, C) with C = 2, 3, 4;
        see `kind`.
    ks : iterable of int, optional
        Numbers of clusters to try, each at most the number of distinct samples (fewer for "gap"); those above the
        number of distinct colors of an image are left out. By
        default 1 to 16 (2 to 16 for "silhouette"), as far as there are distinct ones; for "psnr" 1, 2, 4, 8 ... 256 and
        then bisection down to the one palette size that decides.
    criterion : {"elbow", "silhouette", "bic", "gap", "psnr"}
    sample_weight : array-like of shape (n_samples,), optional
        Non-negative numbers of copies; weights with a mean below 1 are scaled up to it. Not for images, where colors
        weigh as many as they have pixels.
    psnr : float
        The PSNR that "psnr" has to reach, in dB.
    kind : {"image", "samples"}, optional
        What X is. By default an array of uint8, uint16 or bool with two axes and any array with three axes are images;
        any other array holds samples.
    random_state : int, numpy Generator or None
        Seed; the result for a k depends only on it and that k.
    n_threads : int or None
        Threads; None uses all processors. The result does not depend on it.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    Choice
        The table, the k chosen and the reason in words.

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    ValueError
        If a parameter is out of its range, or X or its weights are malformed.

    Warns
    -----
    ConversionWarning
        If an image has fewer colors than the largest of ks.

    Notes
    -----
    Silhouettes and gaps are exact on up to 4096 samples; of more, that many are drawn by weight. Images of more than
    100,000 colors are grouped to 7, 6 or 5 bits a channel, except for "psnr", whose values are those of `quantize`.
    Mixtures of images add 1/12 to the variances, that of rounding to 8 bits. With as many samples as an image has
    pixels BIC falls for a long time: its penalty is for small data.

    References
    ----------
    .. [1] V. Satopaa, J. Albrecht, D. Irwin, B. Raghavan, "Finding a 'Kneedle' in a Haystack: Detecting Knee Points in
       System Behavior", ICDCS Workshops 2011, doi:10.1109/ICDCSW.2011.20.
    .. [2] P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
       Journal of Computational and Applied Mathematics 20, 1987, doi:10.1016/0377-0427(87)90125-7.
    .. [3] G. Schwarz, "Estimating the Dimension of a Model", Annals of Statistics 6, 1978, doi:10.1214/aos/1176344136.
    .. [4] R. Tibshirani, G. Walther, T. Hastie, "Estimating the number of clusters in a data set via the gap
       statistic", Journal of the Royal Statistical Society B 63, 2001, doi:10.1111/1467-9868.00293.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(center, 0.5, (50, 2)) for center in [(0, 0), (9, 0), (0, 9)]])
    >>> choice = ic.choose_k(X, range(2, 7), criterion="silhouette")
    >>> choice.k, choice.values.round(2).tolist()[1]
    (3, 0.9)
    >>> ic.choose_k("examples/coffee.jpg", [8, 16, 32], criterion="psnr", psnr=31).k
    32
    """
    with limits(max_pixels, max_memory):
        check_choice("criterion", criterion, CRITERIA)
        psnr, n_threads = check_number("psnr", psnr, 0.0), check_threads(n_threads)
        rng = check_random_state(random_state)
        seed = int(random_state) if isinstance(random_state, int | np.integer) else int(rng.integers(1 << 63))
        if kind is not None:
            check_choice("kind", kind, KINDS)
        if kind == "samples" or (kind is None and not _is_image(X)):
            return _choose_for_array(cast(ArrayLike, X), ks, criterion, sample_weight, seed, n_threads)
        if sample_weight is not None:
            raise ValueError(
                "sample_weight is for samples, got it with an image, whose colors weigh as many as they have pixels; "
                'leave it out, or pass kind="samples"'
            )
        return _choose_for_image(read_image(cast(ImageSource, X)), ks, criterion, psnr, seed, n_threads)


def _is_image(X: object) -> bool:
    """Return whether X is an image if the caller did not say."""
    if isinstance(X, str | bytes | os.PathLike | Image.Image) or hasattr(X, "read"):
        return True
    if not isinstance(X, np.ndarray):
        return False
    return X.ndim == 3 or (X.ndim == 2 and X.dtype.newbyteorder("=") in _PIXEL_DTYPES)


def _choose_for_array(
    X: ArrayLike,
    ks: Iterable[int] | None,
    criterion: str,
    sample_weight: ArrayLike | None,
    seed: int,
    n_threads: int,
) -> Choice:
    """Choose for samples; those with weight 0 are left out."""
    if criterion == "psnr":
        raise ValueError('criterion "psnr" is for images, got an array of samples; use "elbow", or pass kind="image"')
    X = check_moderate(check_array(X))
    check_not_tiny(X)
    weights = check_weights(sample_weight, len(X))
    X, weights = X[weights > 0], weights[weights > 0]
    weights *= max(1.0, len(weights) / weights.sum())  # normalized weights cannot be copies
    ks = _check_ks(ks, criterion, len(np.unique(X, axis=0)), "samples")
    return select_k(DensePoints(X, weights, n_threads), ks, criterion, seed, n_threads=n_threads)


def _choose_for_image(
    pixels: UInt8Array, ks: Iterable[int] | None, criterion: str, psnr: float, seed: int, n_threads: int
) -> Choice:
    """Choose for the distinct colors, weighted by their pixels."""
    histogram = Histogram.from_pixels(pixels, n_threads)
    if ks is not None and not isinstance(ks, int):
        ks = _within(tuple(ks), len(histogram))
    tried = _check_ks(ks, criterion, len(histogram), "colors")
    if criterion == "psnr":
        measured = {k: quantize(pixels, k, random_state=seed, n_threads=n_threads).psnr for k in tried}
        while ks is None and (middle := _next_to_try(measured, psnr)):
            measured[middle] = quantize(pixels, middle, random_state=seed, n_threads=n_threads).psnr
        return _first_to_reach(dict(sorted(measured.items())), psnr)
    features = weighted_points(histogram, RGB, bits_for(histogram, _MOST_COLORS))
    points = OctreePoints(features.X, features.weights, features.keys, features.bits, n_threads)
    return select_k(points, tried, criterion, seed, reg_covar=ROUNDING_VARIANCE, n_threads=n_threads)


def _within(ks: tuple[int, ...], n_colors: int) -> tuple[int, ...] | None:
    """Leave out numbers above that of the colors of a picture, with a warning; None, the default, if few are left."""
    kept = tuple(k for k in ks if not isinstance(k, int) or k <= n_colors)
    if len(kept) == len(ks):
        return ks
    colors = f"{n_colors} distinct color{'s' if n_colors > 1 else ''}"
    warn(f"the image has only {colors}, so larger ks are left out", ConversionWarning)
    return kept if len(kept) >= 3 else None  # an elbow takes three


def _check_ks(ks: Iterable[int] | None, criterion: str, n_distinct: int, what: str) -> tuple[int, ...]:
    """Return the numbers to try, ascending and once each."""
    if criterion in ("silhouette", "gap") and n_distinct < 2:
        raise ValueError(f"the {criterion} needs at least 2 distinct {what}, got {n_distinct}: nothing to split")
    least = 2 if criterion == "silhouette" else 1
    most = n_distinct - 1 if criterion == "gap" else n_distinct  # the gap takes the logarithm of the distortion
    if ks is None:
        return tuple(sorted({min(k, most) for k in _DEFAULT_KS[criterion]}))
    if isinstance(ks, int):
        raise TypeError(f"ks must be several numbers of clusters, got {ks}; try range(2, {max(ks, 2) + 1})")
    numbers = items_of(ks)
    if numbers is None:
        raise TypeError(f"ks must be several numbers of clusters, got {given_text(ks)}; try range(2, 17)")
    tried = tuple(sorted({check_int("ks", k, least) for k in numbers}))
    if not tried:
        raise ValueError("ks must hold at least one number of clusters, got none; try range(2, 17)")
    if tried[-1] > most:
        limit = f"{most} for {n_distinct} distinct {what} and criterion {criterion!r}"
        raise ValueError(f"ks must be at most {limit}, got {tried[-1]}; leave the larger ones out")
    if criterion == "elbow" and len(tried) < 3:
        raise ValueError(f"ks must hold at least 3 numbers for an elbow, got {list(tried)}; try range(1, 17)")
    return tried


def _next_to_try(measured: dict[int, float], psnr: float) -> int:
    """Return the middle between the largest k short of the target and the smallest that reaches it; 0 to stop."""
    high = min((k for k, value in measured.items() if value >= psnr), default=0)
    low = max((k for k in measured if k < high), default=0)
    return (low + high) // 2 if low and high - low > 1 else 0


def _first_to_reach(measured: dict[int, float], psnr: float) -> Choice:
    """Choose the smallest k that reaches a PSNR, or the largest k."""
    ks, values = tuple(measured), np.array(list(measured.values()))
    reaches = values >= psnr
    i = int(reaches.argmax()) if reaches.any() else len(ks) - 1
    value = "is without loss" if np.isinf(values[i]) else f"has {_decibels(values[i], psnr)}"
    if not reaches.any():
        reason = f"No k reaches {psnr:g} dB: the largest tried, k = {ks[i]}, {value}. Try larger ones."
    else:
        before = f"k = {ks[i - 1]} has {_decibels(values[i - 1], psnr)}" if i else "none smaller was tried"
        reason = f"k = {ks[i]} is the smallest tried that reaches {psnr:g} dB: it {value}, {before}."
    return Choice(ks, values, "psnr", ks[i], reason)


def _decibels(value: float, psnr: float) -> str:
    """Write a PSNR with two digits, or with as many as show on which side of the target it lies."""
    texts = (f"{value:.{digits}f}" for digits in range(2, 17))
    return f"{next((text for text in texts if (float(text) >= psnr) == (value >= psnr)), repr(float(value)))} dB"
