"""The flat picture of a PSD, with more channels than its colors have (Adobe Photoshop File Formats Specification)."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from PIL import Image

from imgcluster.facts import Loss
from imgcluster.picture._arrays import DepthError
from imgcluster.picture._png_chunks import LOST
from imgcluster.picture._profiles import plainly, profile_conversion

_CHANNELS, _BITMAP, _MULTICHANNEL = 12, 0, 7
_FLAT = 1  # the frame, as Pillow counts: layers come behind it
_CLEAR_INDEX = 1047  # a resource: of a palette the color that is clear
_ALPHA = 3  # of red, green, blue and alpha


def mend_psd(image: Any, stream: BinaryIO) -> None:
    """Let Pillow decode the right bytes of an image that it opened and has not loaded.

    It looks for packed rows behind the table of those channels that it knows, and the table has all. Bits of a bitmap
    are ink. A further channel is the transparency of the picture if the number of layers is negative, and what was
    selected once if it is positive; without layers that cannot be told, and it is taken for transparency.

    Raises
    ------
    DepthError
        When channels are inks of any color.
    """
    place = stream.tell()
    stream.seek(_CHANNELS)
    n_channels, height, _, _, mode = struct.unpack(">HIIHH", stream.read(14))
    n_layers = _count_layers(image, stream)
    stream.seek(place)
    if mode == _MULTICHANNEL and n_channels > 1:
        raise DepthError(f"it has {n_channels} channels of inks of its own (multichannel)", "save it as RGB first")
    tiles = image.tile
    if tiles and tiles[0].codec_name == "packbits":
        missed = 2 * height * (n_channels - len(tiles))
        tiles = [tile._replace(offset=tile.offset + missed) for tile in tiles]
    if mode == _BITMAP:
        tiles = [tile._replace(args="1;I") for tile in tiles]
    clear = next((data for at, _, data in image.resources if at == _CLEAR_INDEX), b"")
    if image.mode == "P" and len(clear) == 2 and clear[0] == 0:  # of 16 bits: more than 255 is none of the colors
        image.info["transparency"] = clear[1]
    if image.mode == "RGBA" and n_layers > 0:
        image._mode, tiles = "RGB", tiles[:_ALPHA]
    elif image.mode != "RGBA" and n_layers < 0 and len(tiles) < n_channels:
        image.transparency = tiles[-1]._replace(offset=_behind(tiles, n_channels, image.size, stream), args="L")
    image.tile = tiles
    stream.seek(place)


def with_transparency(image: Any, stream: BinaryIO) -> Any:
    """Return a loaded image with the transparency that Pillow leaves out: as LA of gray, else as RGBA."""
    tile = getattr(image, "transparency", None)
    if tile is None or image.tell() != _FLAT:
        return image
    stream.seek(0)
    alpha: Any = Image.OPEN["PSD"][0](stream, "")
    alpha._mode, alpha.tile = "L", [tile]
    alpha.load()
    info = dict(image.info)
    if image.mode != "L":
        to_rgb = profile_conversion(image, "CMYK" if image.mode == "CMYK" else "RGB")
        if to_rgb is None:
            info[LOST] = frozenset({Loss.PROFILE})
        image = (to_rgb or plainly)(image)
        info.pop("icc_profile", None)
    whole = Image.merge(image.mode + "A", (*image.split(), alpha))
    whole.info, whole.format = info, "PSD"
    return whole


def _behind(tiles: list[Any], n_channels: int, size: tuple[int, int], stream: BinaryIO) -> int:
    """Return where the channel behind the last one of some tiles begins."""
    (width, height), last, n_before = size, tiles[-1].offset, len(tiles) - 1
    if tiles[-1].codec_name != "packbits":
        return int(last + width * height)
    stream.seek(tiles[0].offset - 2 * height * (n_channels - n_before))
    return int(last + sum(struct.unpack(f">{height}H", stream.read(2 * height))))


def _count_layers(image: Any, stream: BinaryIO) -> int:
    """Return the number of layers, as it is stored; 0 if there are none."""
    if image._layers_position is None:
        return 0
    stream.seek(image._layers_position)
    (n_layers,) = struct.unpack(">h", stream.read(2))
    return int(n_layers)
