"""Animations read frame by frame: the parts that files store, and what a viewer shows of them (`_canvas`)."""

from imgcluster.picture.frames._opened import Frames, frames_of_bytes, frames_of_image

__all__ = ["Frames", "frames_of_bytes", "frames_of_image"]
