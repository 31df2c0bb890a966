"""Superpixels: pictures cut into small, compact, connected segments that follow their edges."""

from imgcluster.superpixel._gmm import LocalMixture, Responsibilities
from imgcluster.superpixel._mask_files import read_mask
from imgcluster.superpixel._superpixels import METHODS, superpixels

__all__ = ["METHODS", "LocalMixture", "Responsibilities", "read_mask", "superpixels"]
