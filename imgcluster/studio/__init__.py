"""The studio: a page on this machine to try palettes and superpixels by hand; see README.md beside this file."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.studio._server import Studio

__all__ = ["Studio"]

if not TYPE_CHECKING:
    __getattr__ = door(__name__, {"_server": ("Studio",)})
