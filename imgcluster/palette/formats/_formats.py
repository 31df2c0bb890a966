"""The table of palette file formats, by ending."""

from __future__ import annotations

from imgcluster.palette.formats._aco import ACO
from imgcluster.palette.formats._act import ACT
from imgcluster.palette.formats._ase import ASE
from imgcluster.palette.formats._css import CSS
from imgcluster.palette.formats._format import PaletteFormat
from imgcluster.palette.formats._gpl import GPL
from imgcluster.palette.formats._hex import HEX
from imgcluster.palette.formats._json import JSON
from imgcluster.palette.formats._pal import JASC, RIFF
from imgcluster.palette.formats._png import PNG

FORMATS: dict[str, PaletteFormat] = {found.ending: found for found in (GPL, HEX, JSON, CSS, ACO, ASE, ACT, JASC, PNG)}
_BY_CONTENT = (GPL, JASC, ASE, PNG, JSON, CSS, HEX, ACO, ACT)  # the surest first
VARIANTS = {"riff": RIFF}
"""Formats that share their ending with another."""

ENDINGS = tuple(FORMATS)


def sniff(data: bytes) -> PaletteFormat | None:
    """Return the format that bytes of an unknown kind are of."""
    return next((found for found in _BY_CONTENT if found.matches(data)), None)
