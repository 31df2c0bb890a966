"""Palette quantization: a picture goes in, a picture of few colors comes out, whole or band by band."""

from imgcluster.quantization._quantize import Quantized, apply_palette, quantize
from imgcluster.quantization._quantize_large import QuantizedFile, quantize_large, wants_bands

__all__ = ["Quantized", "QuantizedFile", "apply_palette", "quantize", "quantize_large", "wants_bands"]
