"""Palette quantization: a picture goes in, a picture of few colors comes out, whole or band by band."""

from imgcluster.quantization._mapping import palette_mse
from imgcluster.quantization._quantize import apply_palette, quantize
from imgcluster.quantization._quantize_file import quantize_file, quantize_large, wants_bands
from imgcluster.quantization._results import Quantized, QuantizedFile

__all__ = [
    "Quantized",
    "QuantizedFile",
    "apply_palette",
    "palette_mse",
    "quantize",
    "quantize_file",
    "quantize_large",
    "wants_bands",
]
