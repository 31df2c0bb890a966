"""Palette quantization, whole or in bands; pixels map in `_mapping`, where a dithering would be one more mapping."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.quantization._choose_k import choose_k
    from imgcluster.quantization._compare import Comparison, compare
    from imgcluster.quantization._mapping import palette_mse
    from imgcluster.quantization._quantize import apply_palette, quantize
    from imgcluster.quantization._quantize_animation import quantize_animation
    from imgcluster.quantization._quantize_file import quantize_file, quantize_large, wants_bands
    from imgcluster.quantization._results import Quantized, QuantizedFile

__all__ = [
    "Comparison",
    "Quantized",
    "QuantizedFile",
    "apply_palette",
    "choose_k",
    "compare",
    "palette_mse",
    "quantize",
    "quantize_animation",
    "quantize_file",
    "quantize_large",
    "wants_bands",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_choose_k": ("choose_k",),
            "_compare": ("Comparison", "compare"),
            "_mapping": ("palette_mse",),
            "_quantize": ("apply_palette", "quantize"),
            "_quantize_animation": ("quantize_animation",),
            "_quantize_file": ("quantize_file", "quantize_large", "wants_bands"),
            "_results": ("Quantized", "QuantizedFile"),
        },
    )
