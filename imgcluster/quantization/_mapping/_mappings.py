"""The table of mappings, by name."""

from __future__ import annotations

from collections.abc import Callable

from imgcluster.colors import Histogram
from imgcluster.palette import Fit
from imgcluster.quantization._mapping._diffusion import FloydSteinbergMapping
from imgcluster.quantization._mapping._mapping import Mapping
from imgcluster.quantization._mapping._nearest import NearestMapping

MAPPINGS: dict[str, Callable[[Histogram, Fit, int], Mapping]] = {
    "nearest": NearestMapping,
    "floyd-steinberg": FloydSteinbergMapping,
}
