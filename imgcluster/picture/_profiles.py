"""Colors as a picture stores them -> sRGB, through its ICC profile or one made from its tags."""

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image

from imgcluster.picture._color_tags import profile_of

ToRgb = Callable[[Image.Image], Image.Image]


def profile_conversion(image: Image.Image, mode: str) -> ToRgb | None:
    """Choose how strips in a mode become sRGB, with a profile or the tags of a PNG; None if they cannot be used."""
    # LAB itself defines its colors
    profile = None if image.mode == "LAB" else profile_of(image.info, gray=mode == "L")
    return conversion_of(profile, mode)


def conversion_of(profile: bytes | None, mode: str) -> ToRgb | None:
    """Choose how strips in a mode become sRGB with a profile or without; None if it cannot be used."""
    if profile:
        try:
            return _through_profile(profile, mode)
        except Exception:
            # lcms and its wrapper raise OSError, PyCMSError and more
            return None
    return plainly


def plainly(strip: Image.Image) -> Image.Image:
    """Convert a strip to RGB without a profile."""
    return strip.convert("RGB")


@lru_cache(maxsize=2)
def _through_profile(profile: bytes, mode: str) -> ToRgb:
    """Build the conversion of strips in `mode` from their ICC profile to sRGB, once for all tiles of a picture."""
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    wanted = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space)
    # a gray picture may carry the RGB profile it was made under
    if wanted is None or (wanted != mode and (mode, wanted) != ("L", "RGB")):
        raise ValueError(f"it is for {space}, the picture is {mode}")
    # lcms turns a gray curve into so few points that a linear one is 10 levels off near black
    accuracy = ImageCms.Flags.NOOPTIMIZE if wanted == "L" else ImageCms.Flags.HIGHRESPRECALC
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        wanted,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION | accuracy,
    )
    # sRGB has many profiles and no reliable mark: it is one that changes nothing by more than a rounding
    sample = _sample(wanted)
    moved = np.asarray(transform.apply(sample), np.int16) - np.asarray(sample.convert("RGB"), np.int16)
    if np.abs(moved).max() <= 1:
        return plainly
    if wanted == "L":
        return _through_table(transform.apply(Image.frombytes("L", (256, 1), bytes(range(256)))).tobytes())
    return lambda strip: transform.apply(strip.convert(wanted))


def _through_table(table: bytes) -> ToRgb:
    """Look up the sRGB color of every gray: lcms, made to be exact, takes 130 ms a megapixel."""

    def to_rgb(strip: Image.Image) -> Image.Image:
        colored = strip.copy()
        colored.putpalette(table)
        return colored.convert("RGB")

    return to_rgb


def _sample(mode: str) -> Image.Image:
    """Make a picture of evenly spread colors in mode L, RGB or CMYK."""
    levels = np.arange(0, 256, 17, dtype=np.uint8)
    bands = np.meshgrid(*[levels] * Image.getmodebands(mode), indexing="ij")
    return Image.merge(mode, [Image.fromarray(band.reshape(len(levels), -1)) for band in bands])
