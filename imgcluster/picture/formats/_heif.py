"""HEIC and HEIF: read with pillow-heif, an extra; never written (ISO/IEC 23008-12)."""

from __future__ import annotations

from typing import Any

from imgcluster.picture.formats._format import Format

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2", b"miaf")


def _opener() -> Any:
    from pillow_heif.as_plugin import HeifImageFile

    return HeifImageFile


FORMAT = Format(
    name="HEIF",
    title="HEIC",
    endings=(".heic", ".heif", ".hif"),
    also_read=(".heics", ".heifs"),
    signatures=tuple({4: b"ftyp" + brand} for brand in _BRANDS),
    plugin="pillow_heif",
    extra="heif",
    opener=_opener,
    lossy=True,
    read_only_because="HEIC holds no palette and would change the colors; write .png or lossless .webp instead",
)
