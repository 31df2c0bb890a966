"""WebP, written lossless."""

from __future__ import annotations

from collections.abc import Iterable

from imgcluster.facts import Loss
from imgcluster.picture.formats._format import AnimatedRaster, Effort, Format, Piece, Raster


def _write(raster: Raster, effort: Effort) -> Iterable[Piece]:
    blocks = {"exif": raster.metadata.exif, "xmp": raster.metadata.xmp}
    # 12 megapixels, 256 colors: method 2 1.6 s, 5.9 MB; 4 3.0 s, 5.3 MB; 6 minutes for 1 % less
    options = {"lossless": True, "exact": True, "method": 4, "quality": 50}
    return FORMAT.encode(raster.rgb_image(), **options, **{key: block for key, block in blocks.items() if block})


def _write_frames(raster: AnimatedRaster, effort: Effort) -> Iterable[Piece]:
    from imgcluster.picture.formats._webp_frames import write_webp_frames

    return write_webp_frames(raster, effort)


FORMAT = Format(
    name="WEBP",
    title="WebP",
    endings=(".webp",),
    signatures=({0: b"RIFF", 8: b"WEBP"},),
    plugin="WebP",
    for_web=True,
    max_side=16383,
    lossy=True,
    alpha="full",
    keeps=frozenset({Loss.EXIF, Loss.XMP}),
    write=_write,
    write_frames=_write_frames,
)
