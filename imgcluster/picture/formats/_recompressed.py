"""A PNG made smaller by oxipng, an extra: by libdeflate's near-optimal parsing, and zopfli if it is not too large."""

from __future__ import annotations

from importlib.util import find_spec

_ZOPFLI_PIXELS = 1 << 19  # 2 to 4 microseconds a pixel and round
_ZOPFLI_ROUNDS = 5


def check_optimizer() -> None:
    """Reject an effort that needs oxipng if that is not installed."""
    if find_spec("oxipng") is None:
        raise ValueError(
            "optimize=3 needs oxipng, which is not installed; pip install 'imgcluster[optimize]', or use optimize=2"
        )


def recompressed(png: bytes, n_pixels: int, *, keep_order: bool) -> bytes:
    """Return the same picture in fewer bytes, or as it is."""
    import oxipng

    coders = [oxipng.Deflaters.libdeflater(12)]
    if n_pixels <= _ZOPFLI_PIXELS:
        coders.append(oxipng.Deflaters.zopfli(_ZOPFLI_ROUNDS))
    found = [png]
    for coder in coders:
        found.append(
            oxipng.optimize_from_memory(
                min(found, key=len),
                level=4,
                deflate=coder,
                strip=oxipng.StripChunks.none(),
                bit_depth_reduction=not keep_order,
                color_type_reduction=not keep_order,
                palette_reduction=not keep_order,
                grayscale_reduction=not keep_order,
            )
        )
    return min(found, key=len)
