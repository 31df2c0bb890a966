"""Names of bands, as GDAL and OME write them into a TIFF."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

GDAL_METADATA = 42112
_MOST_XML = 1 << 24  # characters


def band_names_of(page: TiffPage) -> tuple[str, ...] | None:
    """Return the names of the bands of a page in GDAL's metadata; None if it has no names."""
    text = page.tags.valueof(GDAL_METADATA)
    root = _parsed(text) if isinstance(text, str) else None
    if root is None:
        return None
    names = {
        item.get("sample"): (item.text or "").strip() for item in root.iter("Item") if item.get("role") == "description"
    }
    return distinct(names.get(str(band), "") for band in range(int(page.samplesperpixel)))


def distinct(names: Iterable[str]) -> tuple[str, ...] | None:
    """Return the names that only one band has, and the numbers of the other bands; None if there are no such names."""
    given = tuple(names)
    numbers = set(map(str, range(len(given))))
    found = tuple(
        name if name and given.count(name) == 1 and (name not in numbers or name == str(band)) else str(band)
        for band, name in enumerate(given)
    )
    return None if numbers.issuperset(found) else found


def _parsed(text: str) -> ElementTree.Element | None:
    """Return the root of an XML text, or None if it is broken."""
    if len(text) > _MOST_XML:
        return None
    try:
        return ElementTree.fromstring(text.strip("\0 \n"))
    except ElementTree.ParseError:
        return None


def channel_names_of(file: TiffFile, n_bands: int) -> tuple[str, ...] | None:
    """Return the names of channels by OME or ImageJ; None if it has no names."""
    if file.is_ome and (root := _parsed(file.ome_metadata or "")) is not None:
        pixels = next((part for part in root.iter() if part.tag.endswith("}Pixels")), ())
        channels = [part for part in pixels if part.tag.endswith("}Channel")]
        names = distinct((part.get("Name") or "").strip() for part in channels)
    else:
        labels = (file.imagej_metadata or {}).get("Labels", ())
        names = distinct(map(str, labels)) if isinstance(labels, list) else None
    return names if names is not None and len(names) == n_bands else None
