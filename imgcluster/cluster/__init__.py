"""The clustering engine: arrays in, clusters out. It knows nothing of images, files or color."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.cluster._base import check_array, check_moderate, check_not_tiny, check_weights
    from imgcluster.cluster._covariance import as_matrices
    from imgcluster.cluster._gaussian_mixture import GaussianMixture
    from imgcluster.cluster._init import initial_centers
    from imgcluster.cluster._kmeans import KMeans
    from imgcluster.cluster._line import best_intervals, order_on_line
    from imgcluster.cluster._lloyd import Lloyd, lloyd
    from imgcluster.cluster._medoids import best_candidates
    from imgcluster.cluster._methods import (
        METHODS,
        ROUNDING_VARIANCE,
        Model,
        centers_of,
        fit_model,
        make_model,
        n_clusters_of,
    )
    from imgcluster.cluster._metric_choice import METRIC_CRITERIA, MetricChoice, choose_metric
    from imgcluster.cluster._points import Assignment, DensePoints, Nearer, OctreePoints, Points
    from imgcluster.cluster._recombination import recombined
    from imgcluster.cluster._selection import CRITERIA, Choice, select_k
    from imgcluster.cluster._settling import Settled, settle
    from imgcluster.cluster._silhouette import silhouette
    from imgcluster.cluster._slabs import OctreeSlabs
    from imgcluster.cluster._soft_kmeans import SoftKMeans
    from imgcluster.cluster._swaps import random_swaps
    from imgcluster.cluster._trace import HalfStep, History, Trace
    from imgcluster.cluster._ward import ward_centers

__all__ = [
    "CRITERIA",
    "METHODS",
    "METRIC_CRITERIA",
    "ROUNDING_VARIANCE",
    "Assignment",
    "Choice",
    "DensePoints",
    "GaussianMixture",
    "HalfStep",
    "History",
    "KMeans",
    "Lloyd",
    "MetricChoice",
    "Model",
    "Nearer",
    "OctreePoints",
    "OctreeSlabs",
    "Points",
    "Settled",
    "SoftKMeans",
    "Trace",
    "as_matrices",
    "best_candidates",
    "best_intervals",
    "centers_of",
    "check_array",
    "check_moderate",
    "check_not_tiny",
    "check_weights",
    "choose_metric",
    "fit_model",
    "initial_centers",
    "lloyd",
    "make_model",
    "n_clusters_of",
    "order_on_line",
    "random_swaps",
    "recombined",
    "select_k",
    "settle",
    "silhouette",
    "ward_centers",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_base": ("check_array", "check_moderate", "check_not_tiny", "check_weights"),
            "_covariance": ("as_matrices",),
            "_gaussian_mixture": ("GaussianMixture",),
            "_init": ("initial_centers",),
            "_kmeans": ("KMeans",),
            "_line": ("best_intervals", "order_on_line"),
            "_lloyd": ("Lloyd", "lloyd"),
            "_medoids": ("best_candidates",),
            "_methods": (
                "METHODS",
                "ROUNDING_VARIANCE",
                "Model",
                "centers_of",
                "fit_model",
                "make_model",
                "n_clusters_of",
            ),
            "_metric_choice": ("METRIC_CRITERIA", "MetricChoice", "choose_metric"),
            "_points": ("Assignment", "DensePoints", "Nearer", "OctreePoints", "Points"),
            "_recombination": ("recombined",),
            "_selection": ("CRITERIA", "Choice", "select_k"),
            "_settling": ("Settled", "settle"),
            "_silhouette": ("silhouette",),
            "_slabs": ("OctreeSlabs",),
            "_soft_kmeans": ("SoftKMeans",),
            "_swaps": ("random_swaps",),
            "_trace": ("HalfStep", "History", "Trace"),
            "_ward": ("ward_centers",),
        },
    )
