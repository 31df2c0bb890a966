"""Superpixels: pictures cut into small, compact, connected segments that follow their edges."""

from imgcluster.superpixel._gmm import LocalMixture
from imgcluster.superpixel._mask_files import read_mask
from imgcluster.superpixel._superpixels import METHODS, superpixels

__all__ = ["METHODS", "LocalMixture", "read_mask", "superpixels"]
