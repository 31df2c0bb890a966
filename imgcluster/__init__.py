"""Palette-quantized images and superpixels by k-means and Gaussian mixtures, from its own fast engine.

Every name below is imported when it is first used, so that ``import imgcluster`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from imgcluster import errors as errors

__version__ = "0.1.0"

if TYPE_CHECKING:
    from imgcluster import metrics as metrics
    from imgcluster import plotting as plotting
    from imgcluster.batch import build_palette, plan_folder, process_folder
    from imgcluster.cluster import (
        Choice,
        GaussianMixture,
        KMeans,
        MetricChoice,
        SoftKMeans,
        choose_metric,
        silhouette,
    )
    from imgcluster.colors import Histogram
    from imgcluster.palette import Palette, extract_palette
    from imgcluster.picture import Georeference, read_image, write_image
    from imgcluster.quantization import (
        Comparison,
        Quantized,
        QuantizedFile,
        apply_palette,
        choose_k,
        compare,
        quantize,
        quantize_animation,
        quantize_large,
    )
    from imgcluster.segmentation import Segmentation, segment
    from imgcluster.superpixel import superpixels, superpixels_large

__all__ = [
    "Choice",
    "Comparison",
    "GaussianMixture",
    "Georeference",
    "Histogram",
    "KMeans",
    "MetricChoice",
    "Palette",
    "Quantized",
    "QuantizedFile",
    "Segmentation",
    "SoftKMeans",
    "apply_palette",
    "build_palette",
    "choose_k",
    "choose_metric",
    "compare",
    "extract_palette",
    "plan_folder",
    "process_folder",
    "quantize",
    "quantize_animation",
    "quantize_large",
    "read_image",
    "segment",
    "silhouette",
    "superpixels",
    "superpixels_large",
    "write_image",
]

_HOME = {
    "Choice": "imgcluster.cluster",
    "Comparison": "imgcluster.quantization",
    "GaussianMixture": "imgcluster.cluster",
    "Georeference": "imgcluster.picture",
    "Histogram": "imgcluster.colors",
    "KMeans": "imgcluster.cluster",
    "MetricChoice": "imgcluster.cluster",
    "Palette": "imgcluster.palette",
    "Quantized": "imgcluster.quantization",
    "QuantizedFile": "imgcluster.quantization",
    "Segmentation": "imgcluster.segmentation",
    "SoftKMeans": "imgcluster.cluster",
    "apply_palette": "imgcluster.quantization",
    "build_palette": "imgcluster.batch",
    "choose_k": "imgcluster.quantization",
    "choose_metric": "imgcluster.cluster",
    "compare": "imgcluster.quantization",
    "extract_palette": "imgcluster.palette",
    "plan_folder": "imgcluster.batch",
    "process_folder": "imgcluster.batch",
    "quantize": "imgcluster.quantization",
    "quantize_animation": "imgcluster.quantization",
    "quantize_large": "imgcluster.quantization",
    "read_image": "imgcluster.picture",
    "segment": "imgcluster.segmentation",
    "silhouette": "imgcluster.cluster",
    "superpixels": "imgcluster.superpixel",
    "superpixels_large": "imgcluster.superpixel",
    "write_image": "imgcluster.picture",
}

_MODULES = ("metrics", "plotting")


def __getattr__(name: str) -> object:
    """Import a public name from its module at first use."""
    if name in _MODULES:
        return import_module(f"imgcluster.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'imgcluster' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not, and nothing else."""
    return sorted({*__all__, *_MODULES, "errors", "__version__", "__doc__", "__file__", "__name__", "__path__"})
