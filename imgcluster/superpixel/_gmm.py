"""Superpixels by EM: a mixture of Gaussians in color and position, where a pixel knows only the segments near it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.cluster import ROUNDING_VARIANCE, History, Trace
from imgcluster.kernels import LocalImage, LocalModel
from imgcluster.segmentation import Responsibilities, connect_pieces
from imgcluster.types import Float64Array, Int16Array, Int32Array

COMPACTNESS = 0.1
_STEPS = {"fast": 1, "default": 3, "best": 8}
_COLOR_WEIGHT = 1.0  # of the prior, in segments of average size
_COLOR_SPREAD = 10.0  # variance of each channel that the prior expects
_POSITION_SPREAD = 0.1  # times the variance of a square of average size: tighter than any segment, so that it pulls
_COLOR_FLOOR = 1.0  # variances; the floors are below what blocks of a photo show
_POSITION_FLOOR = ROUNDING_VARIANCE  # that of a single pixel
_MIN_SIZE = 0.03  # of the average segment; smaller ones join a neighbor
_MARGIN = 0.4  # of a segment's side, around each block


class _Prior(NamedTuple):
    """What segments look like before a pixel is seen: inverse Wishart, as its weight and covariance."""

    color_weight: float  # pixels
    color: Float64Array  # (C,)
    position_weight: float  # pixels
    position: float  # variance of row and column


class _Covariances(NamedTuple):
    """Independent channels, and a covariance of the position."""

    color: Float64Array  # (k, C)
    rr: Float64Array  # (k,), row and row
    rc: Float64Array
    cc: Float64Array


@dataclass(frozen=True, eq=False)
class LocalMixture:
    """Segments found by local EM, and the mixture behind them.

    Attributes
    ----------
    labels : ndarray of shape (H, W), int32
        Connected segments, 0..n-1 without holes; -1 outside the mask.
    means : ndarray of shape (n, C + 2), float64
        Features in CIELAB units, row, column.
    covariances : ndarray of shape (n, C + 2, C + 2), float64
        Diagonal in the features; full in row and column.
    history : History
        The penalized log-likelihood at each E-step; it never falls.
    """

    labels: Int32Array
    means: Float64Array
    covariances: Float64Array
    history: History
    _model: LocalModel
    _features: Int16Array
    _n_threads: int
    _prior: _Prior
    _scale: Float64Array  # from features to CIELAB, and positions

    def renumbered(self, numbers: Int32Array, labels: Int32Array) -> LocalMixture:
        """Return the mixture with new numbers (n,) of its components, of which labels are told."""
        order = np.argsort(numbers)
        model = LocalModel(*(rows[order] for rows in self._model))
        means, covariances = self.means[order], self.covariances[order]
        return replace(self, labels=labels, means=means, covariances=covariances, _model=model)

    def refitted(self, labels: Int32Array) -> LocalMixture:
        """Return the mixture that fits other labels best: an M-step of the hard assignment."""
        k, n_channels = int(labels.max(initial=-1)) + 1, self.means.shape[1] - 2
        size = np.count_nonzero(labels >= 0) / max(k, 1)
        image = _look_around(self._features, labels, n_channels, size, self._n_threads)
        model, covariances = _start(image, k, self._prior, self._n_threads)
        full = _full(covariances) * (self._scale[:, None] * self._scale)
        means = model.means * self._scale
        return replace(self, labels=labels, means=means, covariances=full, _model=model)

    @property
    def responsibilities(self) -> Responsibilities:
        """The shares of the segments near each pixel, computed when asked for: 8 m bytes a pixel, m at most 16."""
        n_channels, n_pixels = self.means.shape[1] - 2, np.count_nonzero(self.labels >= 0)
        image = _look_around(
            self._features, self.labels, n_channels, n_pixels / max(len(self.means), 1), self._n_threads
        )
        shares = kernels.local_em_shares(image, self._model, self._n_threads)
        m = max(1, int((image.candidates >= 0).sum(axis=2).max()))
        rows, columns = (np.arange(length) // image.side for length in self.labels.shape)
        return Responsibilities(image.candidates[rows[:, None], columns, :m], shares[..., :m].copy())


def local_mixture(
    features: Int16Array,
    start_labels: Int32Array,
    *,
    n_channels: int = 3,
    chroma: float = 1.0,
    compactness: float | None = None,
    size: float | None = None,
    effort: str = "default",
    n_threads: int = 1,
) -> LocalMixture:
    """Refine segments by EM of a mixture of Gaussians in color and position.

    Each segment is a component of the same weight. A pixel knows only the segments in and around its block of pixels,
    at most 16; the E-step shares it among them, the M-step refits means and covariances. Inverse Wishart priors
    expect a segment of average color spread, round and tight; floors keep every covariance regular. Labels are the
    components of the largest share, connected at the end: a component whose pixels all went elsewhere is left out.

    Parameters
    ----------
    features : ndarray of shape (H, W, D), int16
        As features.grid_features makes them, FEATURE_UNIT for a unit of CIELAB.
    start_labels : ndarray of shape (H, W), int32
        0..k-1; negative outside the mask.
    n_channels : int
        Of the features, without padding, 1 to 16; three are CIELAB.
    chroma : float
        Weight that a and b were given in the features; means and covariances are free of it.
    compactness : float, optional
        How many pixels, in segments of average size, the prior of a round and tight shape counts for; 0.1 by default.
        With 0 segments take any shape, with 10 they are almost a honeycomb.
    size : float, optional
        Pixels of an average segment, by default those of start_labels: for a start with specks beside its segments.
    effort : {"default", "fast", "best"}
        How many steps of EM: 3, 1, 8.
    n_threads : int

    Returns
    -------
    LocalMixture

    Notes
    -----
    A relative of GMMSP [1]_ with priors, any start, and candidates by blocks of pixels, which vectorizes. Memory is 12
    bytes a pixel beside the arguments. The start matters more than the number of steps: give it the segments of
    boundary k-means. A handful of segments may vanish.

    References
    ----------
    .. [1] Z. Ban, J. Liu, L. Cao, "Superpixel Segmentation Using Gaussian Mixture Model", IEEE Transactions on Image
       Processing 27(8), 2018. doi:10.1109/TIP.2018.2836306

    Examples
    --------
    >>> import numpy as np
    >>> features = np.zeros((8, 12, 4), np.int16)
    >>> features[:, 6:, 0] = 50 * 64
    >>> start = np.repeat([[0] * 4 + [1] * 8], 8, axis=0).astype(np.int32)
    >>> local_mixture(features, start).labels[0].tolist()
    [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    """
    n_pixels, k = int(np.count_nonzero(start_labels >= 0)), int(start_labels.max(initial=-1)) + 1
    size = n_pixels / max(k, 1) if size is None else size
    image = _look_around(features, start_labels, n_channels, size, n_threads)
    prior = _expected(n_channels, size, COMPACTNESS if compactness is None else compactness)
    model, covariances = _start(image, k, prior, n_threads)
    trace = Trace()
    for _ in range(_STEPS[effort]):
        log_likelihood, sums = kernels.local_em_step(image, model, n_threads)
        trace.add("expect", log_likelihood + _log_prior(covariances, prior))
        model, covariances = _maximize(sums, model, prior)
    labels, components = _label(image, model, size, n_threads)
    model = LocalModel(*(rows[components] for rows in model))
    scale = np.ones(n_channels + 2)
    if n_channels == 3:
        scale[1:3] = 1 / chroma
    full = _full(_Covariances(*(rows[components] for rows in covariances))) * (scale[:, None] * scale)
    return LocalMixture(labels, model.means * scale, full, trace.history(), model, features, n_threads, prior, scale)


def _look_around(features: Int16Array, labels: Int32Array, n_channels: int, size: float, n_threads: int) -> LocalImage:
    """Find the candidates of each pixel among segments of `size` pixels on average."""
    length = math.sqrt(size)
    side = 16 if length >= 12 else 8 if length >= 6 else 4
    margin = min(max(2, round(_MARGIN * length)), 256)
    labels = np.ascontiguousarray(labels)
    candidates = kernels.local_candidates(labels, side, margin, n_threads)
    return LocalImage(np.ascontiguousarray(features), labels, candidates, side, n_channels)


def _expected(n_channels: int, size: float, compactness: float) -> _Prior:
    """Expect segments of `size` pixels."""
    color = np.full(n_channels, _COLOR_SPREAD)
    return _Prior(_COLOR_WEIGHT * size, color, compactness * size, _POSITION_SPREAD * size / 12)


def _start(image: LocalImage, k: int, prior: _Prior, n_threads: int) -> tuple[LocalModel, _Covariances]:
    """Make an M-step of the hard assignment: one pass for the means, one for the spread about them."""
    n_channels = image.n_channels
    factors = np.ones((k, n_channels + 3))
    factors[:, n_channels + 1] = 0
    model = LocalModel(np.zeros((k, n_channels + 2)), factors, np.zeros(k))
    sums = kernels.local_em_step(image, model, n_threads, hard=True)[1]
    means = sums[:, [*range(1, 1 + n_channels), 1 + 2 * n_channels, 2 + 2 * n_channels]] / np.maximum(sums[:, :1], 1)
    model = model._replace(means=means)
    return _maximize(kernels.local_em_step(image, model, n_threads, hard=True)[1], model, prior)


def _maximize(sums: Float64Array, model: LocalModel, prior: _Prior) -> tuple[LocalModel, _Covariances]:
    """M-step: the posterior mode of means and covariances, given sums of whitened differences."""
    c = len(prior.color)
    counts = sums[:, 0]
    moments = sums[:, 1:] / np.maximum(counts, 1e-9)[:, None]
    first, second, position = moments[:, :c], moments[:, c : 2 * c], moments[:, 2 * c :]
    factors, (f_rr, f_rc, f_cc) = model.factors[:, :c], model.factors[:, c:].T
    row = position[:, 0] / f_rr
    column = (position[:, 1] - f_rc * row) / f_cc
    means = model.means + np.column_stack([first / factors, row, column])
    variances = np.maximum(second - first**2, 0) / factors**2
    share = (counts / np.maximum(counts + prior.color_weight, 1e-9))[:, None]
    color = np.maximum(share * variances + (1 - share) * prior.color, _COLOR_FLOOR)
    # undo u = f_rr row, v = f_rc row + f_cc column
    rr = (position[:, 2] - position[:, 0] ** 2) / f_rr**2
    rc = ((position[:, 3] - position[:, 0] * position[:, 1]) / f_rr - f_rc * rr) / f_cc
    cc = (position[:, 4] - position[:, 1] ** 2 - 2 * f_rc * f_cc * rc - f_rc**2 * rr) / f_cc**2
    share = counts / np.maximum(counts + prior.position_weight, 1e-9)
    expected = (1 - share) * prior.position
    covariances = _Covariances(color, *_raise_to_floor(share * rr + expected, share * rc, share * cc + expected))
    return _model(np.ascontiguousarray(means), covariances), covariances


def _raise_to_floor(
    rr: Float64Array, rc: Float64Array, cc: Float64Array
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Raise the eigenvalues of 2 x 2 covariances to the floor; of all with such eigenvalues that is the likeliest."""
    middle, half = (rr + cc) / 2, np.hypot((rr - cc) / 2, rc)
    low = np.maximum(middle - half, _POSITION_FLOOR)
    high = np.maximum(middle + half, _POSITION_FLOOR)
    stretch = np.divide(high - low, 2 * half, out=np.zeros_like(half), where=half > 1e-12)
    shift = low - stretch * (middle - half)
    return stretch * rr + shift, stretch * rc, stretch * cc + shift


def _model(means: Float64Array, covariances: _Covariances) -> LocalModel:
    """Factor the inverse covariances."""
    color, rr, rc, cc = covariances
    rest = cc - rc**2 / rr  # variance of the column, given the row
    f_cc = 1 / np.sqrt(rest)
    factors = np.column_stack([1 / np.sqrt(color), 1 / np.sqrt(rr), -rc / rr * f_cc, f_cc])
    dimensions = means.shape[1]
    log_determinants = np.log(color).sum(axis=1) + np.log(rr * rest)
    coefficients = -0.5 * (dimensions * math.log(2 * math.pi) + log_determinants) - math.log(max(len(means), 1))
    return LocalModel(means, np.ascontiguousarray(factors), coefficients)


def _log_prior(covariances: _Covariances, prior: _Prior) -> float:
    """Log density of the inverse Wishart priors, up to a constant."""
    color, rr, rc, cc = covariances
    determinant = rr * cc - rc**2
    of_color = (np.log(color) + prior.color / color).sum()
    of_position = (np.log(determinant) + prior.position * (rr + cc) / determinant).sum()
    return float(-0.5 * (prior.color_weight * of_color + prior.position_weight * of_position))


def _label(image: LocalImage, model: LocalModel, size: float, n_threads: int) -> tuple[Int32Array, Int32Array]:
    """Give every pixel its best segment, and connect them: labels, and the component behind each segment."""
    labels = kernels.local_em_labels(image, model, n_threads)
    return connect_pieces(labels, max(1, round(_MIN_SIZE * size)))


def _full(covariances: _Covariances) -> Float64Array:
    """Write covariances as (k, C + 2, C + 2)."""
    color, rr, rc, cc = covariances
    k, c = color.shape
    full = np.zeros((k, c + 2, c + 2))
    full[:, range(c), range(c)] = color
    full[:, c, c], full[:, c + 1, c + 1] = rr, cc
    full[:, c, c + 1] = full[:, c + 1, c] = rc
    return full
