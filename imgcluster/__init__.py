"""Palette-quantized images and superpixels by k-means and Gaussian mixtures, from its own fast engine.

Every name below is imported when it is first used, so that ``import imgcluster`` costs next to nothing.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from imgcluster import errors as errors

__version__ = "0.1.0"

if TYPE_CHECKING:
    from imgcluster import metrics as metrics
    from imgcluster import plotting as plotting
    from imgcluster.batch import build_palette, plan_folder, process_folder
    from imgcluster.choose_k import choose_k
    from imgcluster.cluster import Choice, GaussianMixture, KMeans, SoftKMeans, silhouette
    from imgcluster.histogram import Histogram
    from imgcluster.imageio import read_image, write_image
    from imgcluster.palette import Palette, extract_palette
    from imgcluster.quantize import Quantized, apply_palette, quantize
    from imgcluster.quantize_large import QuantizedFile, quantize_large
    from imgcluster.segment import segment
    from imgcluster.segmentation import Segmentation
    from imgcluster.superpixels import superpixels

__all__ = [
    "Choice",
    "GaussianMixture",
    "Histogram",
    "KMeans",
    "Palette",
    "Quantized",
    "QuantizedFile",
    "Segmentation",
    "SoftKMeans",
    "apply_palette",
    "build_palette",
    "choose_k",
    "extract_palette",
    "plan_folder",
    "process_folder",
    "quantize",
    "quantize_large",
    "read_image",
    "segment",
    "silhouette",
    "superpixels",
    "write_image",
]

_HOME = {
    "Choice": "imgcluster.cluster",
    "GaussianMixture": "imgcluster.cluster",
    "Histogram": "imgcluster.histogram",
    "KMeans": "imgcluster.cluster",
    "Palette": "imgcluster.palette",
    "Quantized": "imgcluster.quantize",
    "QuantizedFile": "imgcluster.quantize_large",
    "Segmentation": "imgcluster.segmentation",
    "SoftKMeans": "imgcluster.cluster",
    "apply_palette": "imgcluster.quantize",
    "build_palette": "imgcluster.batch",
    "choose_k": "imgcluster.choose_k",
    "extract_palette": "imgcluster.palette",
    "plan_folder": "imgcluster.batch",
    "process_folder": "imgcluster.batch",
    "quantize": "imgcluster.quantize",
    "quantize_large": "imgcluster.quantize_large",
    "read_image": "imgcluster.imageio",
    "segment": "imgcluster.segment",
    "silhouette": "imgcluster.cluster",
    "superpixels": "imgcluster.superpixels",
    "write_image": "imgcluster.imageio",
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
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__, *_MODULES})


class _Package(ModuleType):
    """The package with its functions kept: ``quantize.py`` holds ``quantize``, and the name means the function."""

    def __setattr__(self, name: str, value: object) -> None:
        # the import system binds a submodule to its package after running it, over a function of the same name
        if isinstance(value, ModuleType) and name in _HOME:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
