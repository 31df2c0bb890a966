"""Superpixels: pictures cut into small, compact, connected segments that follow their edges."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.superpixel._gmm import LocalMixture
    from imgcluster.superpixel._large import make_scratch, superpixels_large
    from imgcluster.superpixel._mask_files import read_mask
    from imgcluster.superpixel._superpixels import METHODS, superpixels

__all__ = ["METHODS", "LocalMixture", "make_scratch", "read_mask", "superpixels", "superpixels_large"]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_gmm": ("LocalMixture",),
            "_large": ("make_scratch", "superpixels_large"),
            "_mask_files": ("read_mask",),
            "_superpixels": ("METHODS", "superpixels"),
        },
    )
