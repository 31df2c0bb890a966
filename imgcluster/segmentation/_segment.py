"""Plain segmentation: the segments of an image are the clusters of its pixels."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster import (
    METHODS,
    ROUNDING_VARIANCE,
    KMeans,
    Model,
    fit_model,
    n_clusters_of,
)
from imgcluster.errors import ConversionWarning
from imgcluster.parameters import check_choice, check_int, check_number, check_random_state
from imgcluster.picture import limits, read_image
from imgcluster.segmentation._segmentation import Segmentation
from imgcluster.segmentation._vectors import Colors, ColorsAndPositions, Vectors
from imgcluster.threads import check_threads
from imgcluster.types import (
    Float32Array,
    Float64Array,
    FloatArray,
    ImageSource,
    Int32Array,
    IntpArray,
    RandomState,
    UInt8Array,
)
from imgcluster.warning import warn

MAX_CLUSTERS = 256
MAX_POSITION_WEIGHT = 1000.0  # where a channel counts a thousandth of the longer side, colors decide nothing
FEATURES = ("rgb", "rgbxy")

_N_SWAPS = 60
_SOFT_ITER = 500  # a soft fit creeps: the default ends it early
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Segmented(Segmentation):
    """A segmentation that knows the clusters that it was made of; `segment` returns it.

    Attributes
    ----------
    model : KMeans, SoftKMeans or GaussianMixture
        The fit, whose clusters keep the order of the start.
    clusters : ndarray of shape (n_segments,), intp
        The cluster of the model that each segment is.
    """

    def __init__(
        self, labels: Int32Array, image: UInt8Array, *, model: Model, clusters: IntpArray, vectors: Vectors
    ) -> None:
        super().__init__(labels, image)
        self.model, self.clusters, self._vectors = model, clusters, vectors

    def membership(self, label: int) -> Float32Array:
        """Return how far each pixel belongs to a segment.

        Parameters
        ----------
        label : int
            The segment, 0 to n_segments - 1, or from 1 on with `start_label` 1.

        Returns
        -------
        ndarray of shape (H, W), float32
            In 0..1: the responsibility of its cluster. With k-means each is 0 or 1.

        Raises
        ------
        ValueError
            If label is out of its range.
        """
        first = self.start_label
        label = check_int("label", label, first, first + self.n_segments - 1) - first
        model, cluster = self.model, self.clusters[label]
        if isinstance(model, KMeans):
            hard: Float32Array = (self.indices == label).astype(np.float32)
            return hard

        def shares(X: FloatArray) -> FloatArray:
            return model.predict_proba(X)[:, cluster]

        return self._vectors.picture(shares, np.float32, n_clusters_of(model))


def segment(
    image: ImageSource,
    n_clusters: int,
    *,
    features: str = "rgb",
    position_weight: float = 1.0,
    method: str = "kmeans",
    start_label: int = 0,
    random_state: RandomState = 0,
    n_threads: int | None = None,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> Segmented:
    """Segment an image by clustering its pixels, with no regard to which of them touch.

    Each pixel is a vector, (red, green, blue) or (red, green, blue, w x, w y); k-means or a mixture of Gaussians
    clusters them [1]_, and the pixels of a cluster are a segment. So a segment need not be connected: this is the
    segmentation that a lecture on clustering shows. `superpixels` makes connected ones.

    Parameters
    ----------
    image : path, binary file object, PIL image or ndarray
        Arrays are (H, W), (H, W, 3) or (H, W, 4): uint8, uint16, or floating point in 0..1.
    n_clusters : int
        Number of clusters, 1 to 256; at most as many segments come out.
    features : {"rgb", "rgbxy"}
        What a pixel is: its color in 0..255, or its color and its position x = 255 (column + 1/2) / L,
        y = 255 (row + 1/2) / L, where L is the longer side in pixels, times the weight w.
    position_weight : float
        The weight w of positions, 0 to 1000. With 1 the longer side of the image counts as much as the full range of
        a channel, with 0 positions count nothing. Only for features="rgbxy".
    method : {"kmeans", "soft-kmeans", "gmm"}
        Each pixel belongs to the nearest mean; the same, after a fit with responsibilities; or to the component of
        highest responsibility in a mixture of Gaussians with full covariances (1/12, the variance of rounding to whole
        shades, is added to variances).
    start_label : {0, 1}
        The label of the first segment.
    random_state : int, numpy Generator or None
        Seed; the same seed gives the same labels for any number of threads and any processor.
    n_threads : int or None
        Threads; None uses all processors.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    Segmented
        A `Segmentation` whose labels go from the darkest segment (by the luma of its mean color) to the lightest, with
        the fit as `model`, and `membership(label)`: how far each pixel belongs to a segment.

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind.

    Warns
    -----
    ConversionWarning
        If reading the image lost something, or it has fewer colors (pixels) than n_clusters.
    ConvergenceWarning
        If the fit of a soft method stopped before it converged.

    Notes
    -----
    Colors are clustered as weighted distinct colors: the objective is that of all pixels. With positions the fit of
    an image of more than a megapixel looks at every second, third ... pixel of as many rows; labels are for all pixels.
    The start is k-means++ with random swaps on a sample. Clusters without pixels are left out.

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 9.1.1.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from skimage import data
    >>> segmentation = ic.segment(data.coffee(), 6, features="rgbxy", position_weight=0.5)
    >>> segmentation.n_segments, segmentation.labels.shape
    (6, (400, 600))
    """
    n_clusters = check_int("n_clusters", n_clusters, 1, MAX_CLUSTERS)
    check_choice("features", features, FEATURES)
    check_choice("method", method, METHODS)
    position_weight = check_number("position_weight", position_weight, 0.0)
    if position_weight > MAX_POSITION_WEIGHT:
        allowed = f"at most {MAX_POSITION_WEIGHT:g}, where colors hardly count any more"
        raise ValueError(f"position_weight must be {allowed}, got {position_weight:g}")
    start_label = check_int("start_label", start_label, 0, 1)
    rng, n_threads = check_random_state(random_state), check_threads(n_threads)
    with limits(max_pixels, max_memory):
        pixels = read_image(image)
    vectors: Vectors
    if features == "rgb" or position_weight == 0:
        vectors = Colors(pixels, n_threads)
    else:
        vectors = ColorsAndPositions(pixels, position_weight, n_threads)
    if n_clusters > vectors.n_distinct:
        n, noun = vectors.n_distinct, vectors.noun + ("" if vectors.n_distinct == 1 else "s")
        text = f"the image has only {n} {noun}, so n_clusters is {n} instead of {n_clusters}"
        warn(text, ConversionWarning)
        n_clusters = n
    model = _fit(vectors, n_clusters, method, rng, n_threads)
    labels = vectors.picture(model.predict, np.int32, n_clusters)
    clusters = _sort_labels(labels, pixels, n_clusters)
    found = Segmented(labels, pixels, model=model, clusters=clusters, vectors=vectors)
    return found.numbered_from(start_label)


def _fit(vectors: Vectors, n_clusters: int, method: str, rng: np.random.Generator, n_threads: int) -> Model:
    """Find good means by k-means on a sample, and fit the model from there."""
    search = KMeans(n_clusters, n_swaps=_N_SWAPS, random_state=rng, n_threads=n_threads)
    centers: Float64Array = search.fit_points(vectors.coarse()).cluster_centers_.astype(np.float64)
    return fit_model(
        method,
        vectors.points(),
        centers,
        max_iter=None if method == "kmeans" else _SOFT_ITER,
        reg_covar=ROUNDING_VARIANCE,
        random_state=rng,
        n_threads=n_threads,
    )


def _sort_labels(labels: Int32Array, pixels: UInt8Array, n_clusters: int) -> IntpArray:
    """Renumber the clusters that have pixels from dark to light, in place; return the cluster of each label."""
    counts, totals = np.zeros(n_clusters), np.zeros(n_clusters)
    for row, colors in zip(labels, pixels, strict=True):
        counts += np.bincount(row, minlength=n_clusters)
        totals += np.bincount(row, colors @ _LUMA, minlength=n_clusters)
    used = np.flatnonzero(counts)
    clusters: IntpArray = used[np.argsort(totals[used] / counts[used], kind="stable")]
    numbers = np.zeros(n_clusters, np.int32)
    numbers[clusters] = np.arange(len(clusters))
    np.take(numbers, labels, out=labels)
    return clusters
