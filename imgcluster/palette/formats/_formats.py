"""The table of palette file formats, by ending."""

from __future__ import annotations

from imgcluster.palette.formats._format import PaletteFormat
from imgcluster.palette.formats._gpl import GPL
from imgcluster.palette.formats._hex import HEX
from imgcluster.palette.formats._json import JSON

FORMATS: dict[str, PaletteFormat] = {found.ending: found for found in (GPL, HEX, JSON)}
ENDINGS = tuple(FORMATS)
