"""Pictures from files, streams and PIL images, through Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np
from PIL import Image

from imgcluster.facts import Loss
from imgcluster.kernels import in_memory
from imgcluster.parameters import check_int
from imgcluster.picture._animation import Animation
from imgcluster.picture._color_tags import COLOR_TAGS, GRAY_ALPHA
from imgcluster.picture._decoding import decoding
from imgcluster.picture._limits import check_frames, check_memory, check_size
from imgcluster.picture._memory import check_largest, decoding_bytes
from imgcluster.picture._mending import is_wide, loaded
from imgcluster.picture._metadata import metadata_of
from imgcluster.picture._picture import Picture, in_bands
from imgcluster.picture._pillow import open_picture
from imgcluster.picture._pixels import (
    is_deep,
    orientation_of,
    picture_of_image,
    shape_of,
    upright_shape,
    with_alpha_that_is_used,
)
from imgcluster.picture._png_chunks import as_pillow_has_it
from imgcluster.picture._profiles import plainly, profile_conversion
from imgcluster.picture._values import is_deep_gray, nodata_of, stored_values
from imgcluster.picture.formats import Format
from imgcluster.types import Background, UInt8Array

if TYPE_CHECKING:
    from imgcluster.picture.frames import Frames

_MAPPED = 1 << 28  # bytes of scratch files that are in memory at a time
_OF_FRAMES = 16  # bytes a pixel: what is shown, what was before, a part, and what is made of them
# pixels, and from here on pixels of a band beside the decoded picture: counting the colors of more takes 60 MB more
_VERY_LARGE, _MOST_IN_BAND = 1 << 27, 1 << 20
_ANIMATED = ("GIF", "PNG", "WEBP")


class PillowSource:
    """A PIL image, which is not changed: the frame that it shows is read.

    Parameters
    ----------
    image : PIL.Image.Image
    name : str
        For messages.
    """

    format: Format | None = None
    _broken = frozenset[Loss]()  # what is lost of an animation that is broken

    def __init__(self, image: Image.Image, name: str) -> None:
        self.name, self._image = name, image
        self._n_frames: int | None = None
        self._animated: Frames | None = None
        with decoding(name):
            self._look_at(image)

    @property
    def n_frames(self) -> int:
        """Count the frames of an animation, or the pages of a TIFF; a frame that the caller chose counts as one."""
        if self._n_frames is None:
            with decoding(self.name, self.format):
                self._n_frames = self._count(self._opened())
        return self._n_frames

    @property
    def animation(self) -> Animation | None:
        """When its frames are shown; None for a single picture, and for the pages of a TIFF."""
        return self._animated.animation if self.n_frames > 1 and self._animated is not None else None

    def frames(self, *, background: Background | None = None) -> Iterator[Picture]:
        """Yield the frames of an animation as viewers show them, or the one picture; none is held longer than that."""
        if self.animation is None or self._animated is None:
            yield self.read(background=background)
            return
        check_frames(self.name, self.shape, self.n_frames)
        yield from self._shown(self._animated, background)

    def _shown(self, animated: Frames, background: Background | None) -> Iterator[Picture]:
        """Yield the frames of an animation."""
        self._check(_OF_FRAMES, may_be_mapped=False)
        with decoding(self.name, self.format):
            still = self._opened()
            found = {Loss.DEPTH: is_deep(still), Loss.ORIENTATION: self._has_bad_exif}
        lost = {loss for loss, is_so in found.items() if is_so} | self._broken
        shown = animated.shown()
        while True:
            with decoding(self.name, self.format):
                pixels = next(shown, None)
                if pixels is None:
                    return
                picture = self._frame(pixels, still)
                picture = replace(picture, lost=picture.lost | lost)
            yield picture if background is None else picture.on(background)

    def _frame(self, pixels: UInt8Array, still: Image.Image) -> Picture:
        """Return a frame; a profile and an orientation are those of the whole."""
        common: dict[str | tuple[int, int], Any] = {
            key: still.info[key] for key in (*COLOR_TAGS, "exif") if key in still.info
        }
        if not common or (profile_conversion(still, "RGB") is plainly and not still.info.get("exif")):
            alpha = None if pixels[..., 3].min() == 255 else pixels[..., 3].copy()
            rgb = np.empty((*pixels.shape[:2], 3), np.uint8)
            for channel in range(3):
                # an eighth of the time of a copy of all three
                rgb[..., channel] = pixels[..., channel]
            return Picture(rgb, alpha, metadata=self.metadata)
        image = Image.fromarray(pixels)
        image.info.update(common)
        return picture_of_image(image, metadata=self.metadata)

    def read(self, frame: int | None = None, *, background: Background | None = None) -> Picture:
        """Return a frame as a picture, put on a background in the same pass if one is given."""
        self._check()
        is_asked_for, frame = frame is not None, check_int("frame", 0 if frame is None else frame, 0, self.n_frames - 1)
        if self.animation is not None and self._animated is not None:
            picture = next(islice(self._shown(self._animated, background), frame, None))
            return picture if is_asked_for else replace(picture, lost=picture.lost | {Loss.FRAMES})
        (picture,) = self._decoded(frame, background, is_asked_for=is_asked_for)
        return picture

    def _decoded(
        self, frame: int, background: Background | None, *, is_asked_for: bool, n_pixels: int | None = None
    ) -> Iterator[Picture]:
        """Decode a frame, and yield about `n_pixels` of it at a time, by default all."""
        with decoding(self.name, self.format):
            opened = image = self._taken()
            shown = image.tell()
            if frame:
                self._seek(image, frame)
                check_size(self.name, (image.height, image.width))
            is_deep_one = is_deep(image)
            image, low = self._loaded(image)
            image = with_alpha_that_is_used(image)
            height, width = upright_shape(image.size, orientation_of(image))
        found = {
            Loss.FRAMES: not is_asked_for and self.n_frames > 1,
            Loss.DEPTH: is_deep_one,
            Loss.ORIENTATION: self._has_bad_exif,
        }
        lost = {loss for loss, is_so in found.items() if is_so} | self._broken
        n_rows = height if n_pixels is None else max(1, n_pixels // width)
        try:
            for top in range(0, height, n_rows):
                with decoding(self.name, self.format):
                    rows = None if n_rows >= height else slice(top, min(top + n_rows, height))
                    picture = picture_of_image(image, background, low=low, rows=rows)
                yield replace(picture, lost=picture.lost | lost)
        finally:
            if frame:
                opened.seek(shown)

    def values(self, frame: int | None = None, *, raw: bool = False) -> Picture:
        """Return a frame at its full depth: its bands as they are stored, or its 8-bit colors on white unless `raw`."""
        self._check()
        with decoding(self.name, self.format):
            nodata, is_deep_one = nodata_of(self._opened()), is_deep_gray(self._opened())
            keeps_colors = profile_conversion(self._opened(), "L") is plainly
        if not raw and not (is_deep_one and keeps_colors):
            return replace(self.read(frame, background="white"), nodata=nodata)
        check_int("frame", 0 if frame is None else frame, 0, self.n_frames - 1)
        with decoding(self.name, self.format):
            image = self._taken()
            shown = image.tell()
            if frame:
                self._seek(image, frame)
            picture = stored_values(*self._loaded(image))
            if frame:
                image.seek(shown)
        lost = {Loss.FRAMES} if frame is None and self.n_frames > 1 else set[Loss]()
        nodata = picture.nodata if nodata is None else nodata
        return replace(picture, nodata=nodata, metadata=self.metadata, lost=frozenset(lost))

    def value_bands(self, n_rows: int, frame: int | None = None, *, raw: bool = False) -> Iterator[Picture]:
        """Yield the rows of `values`, so many at a time; they are decoded as a whole."""
        yield from in_bands(self.values(frame, raw=raw), n_rows * self.shape[1])

    def bands(
        self, n_pixels: int, frame: int | None = None, *, background: Background | None = None
    ) -> Iterator[Picture]:
        """Yield a frame from top to bottom; it is decoded as a whole, but converted in bands."""
        self._check(made=0)
        is_asked_for, n = frame is not None, check_int("frame", 0 if frame is None else frame, 0, self.n_frames - 1)
        if self.animation is not None:
            yield from in_bands(self.read(frame, background=background), n_pixels)
            return
        if self.shape[0] * self.shape[1] > _VERY_LARGE:
            n_pixels = min(n_pixels, _MOST_IN_BAND)
        yield from self._decoded(n, background, is_asked_for=is_asked_for, n_pixels=n_pixels)

    def close(self) -> None:
        """Do nothing: the image is the caller's."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check(self, made: int = 3, *, may_be_mapped: bool = True) -> None:
        """Reject a picture that is too large, before it is decoded and so many bytes a pixel are made of it."""
        check_size(self.name, self.shape)
        is_mapped = may_be_mapped and not in_memory()  # what is made lies in scratch files
        with decoding(self.name, self.format):
            per_pixel = decoding_bytes(self._opened(), 0 if is_mapped else made)
        check_memory(self.name, self.shape, per_pixel, _MAPPED if is_mapped else 0)

    def _look_at(self, image: Image.Image) -> None:
        """Record what is known before anything is decoded."""
        orientation = orientation_of(image)
        # Pillow complains about broken EXIF when it is first asked for it, and never again
        self._has_bad_exif = orientation is None
        self.shape = shape_of(image, orientation)
        self.metadata = metadata_of(image).upright()

    def _count(self, image: Image.Image) -> int:
        """Count frames or pages, and prepare to read the frames of an animation."""
        from imgcluster.picture.frames import frames_of_image

        if image.tell() or image.format == "MPO" or getattr(image, "n_frames", 1) < 2:
            # a frame that the caller chose counts as one
            return 1
        if image.format == "TIFF":
            return getattr(image, "n_frames", 1)
        self._animated, self._broken = frames_of_image(image)
        n_frames = 1 if self._broken else getattr(image, "n_frames", 1)
        return n_frames if self._animated is None else self._animated.animation.n_frames

    def _opened(self) -> Image.Image:
        """Return the image, to be inspected."""
        return self._image

    def _taken(self) -> Image.Image:
        """Return the image, to be decoded."""
        return self._image

    def _seek(self, image: Image.Image, frame: int) -> None:
        """Go to a frame or page."""
        image.seek(frame)

    def _loaded(self, image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
        """Decode an image; return it, and one of the lower bytes of its 16-bit colors."""
        image.load()
        return image, None


class FileSource(PillowSource):
    """An open, seekable file.

    Parameters
    ----------
    stream : BinaryIO
    name : str
        For messages.
    format : Format
    is_ours : bool
        Whether to close the file at the end.
    """

    def __init__(self, stream: BinaryIO, name: str, format: Format, *, is_ours: bool) -> None:
        self.name, self.format, self._kind = name, format, format.name
        self._stream, self._is_ours = stream, is_ours
        self._n_frames, self._animated = None, None
        self._ready: Image.Image | None = None
        if format.size_of is not None and (shape := format.size_of(stream)) is not None:
            # before it is opened: that decodes it
            check_size(name, shape)
        check_largest(stream, name, format)
        with decoding(name, format):
            self._look_at(self._opened())

    def values(self, frame: int | None = None, *, raw: bool = False) -> Picture:
        """Return a frame at its full depth; 16-bit colors of a PNG, too, unless a profile converts them to 8."""
        if not frame and self._kind == "PNG" and self.n_frames == 1:
            with decoding(self.name, self.format):
                image = self._opened()
                if is_wide(image) and (raw or _is_plain(image)):
                    self._check()
                    picture = stored_values(*self._loaded(self._taken()))
                    return replace(picture, metadata=self.metadata, lost=picture.lost | self._broken)
        return super().values(frame, raw=raw)

    def close(self) -> None:
        """Close the file, if it was opened here."""
        self._ready = None
        if self._is_ours:
            self._stream.close()

    def shows(self, image: Image.Image) -> bool:
        """Check whether an image is the one in this file, not changed since it was opened."""
        with decoding(self.name, self.format):
            here = self._opened()
        return here is not None and (here.size, here.mode, as_pillow_has_it(here)) == (
            image.size,
            image.mode,
            as_pillow_has_it(image),
        )

    def _count(self, image: Image.Image) -> int:
        """Count frames or pages; those of an animation are read from its bytes."""
        if image.format == "MPO" or not getattr(image, "is_animated", False):
            # the additional pictures in a phone's JPEG are previews and depth maps, not a loss
            return 1
        if self._kind not in _ANIMATED:
            return int(getattr(image, "n_frames", 1))
        from imgcluster.picture.frames import frames_of_bytes

        place = self._stream.tell()
        self._stream.seek(0)
        data = self._stream.read()
        self._stream.seek(place)
        self._animated, self._broken = frames_of_bytes(data, self._kind)
        return 1 if self._animated is None else self._animated.animation.n_frames

    def _opened(self) -> Image.Image:
        if self._ready is None:
            self._ready = open_picture(self._stream, self._kind)
        return self._ready

    def _taken(self) -> Image.Image:
        """Return the image and forget it, so that what it decoded is freed once the pixels are copied."""
        image, self._ready = self._opened(), None
        return image

    def _loaded(self, image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
        return loaded(image, self._stream, self._kind)


def _is_plain(image: Image.Image) -> bool:
    """Check whether the colors of an image are opaque sRGB as they are."""
    has_key = "transparency" in image.info
    return not has_key and not image.info.get(GRAY_ALPHA) and profile_conversion(image, "RGB") is plainly
