"""From colors to palette indices: one module per mapping, chosen in `make_mapping`."""

from imgcluster.quantization._mapping._mapping import Mapping, index_type
from imgcluster.quantization._mapping._mappings import DITHERS, MappingRequest, make_mapping
from imgcluster.quantization._mapping._nearest import NearestMapping, mean_squared_error, palette_mse
from imgcluster.quantization._mapping._rate_aware import RateAwareMapping

__all__ = [
    "DITHERS",
    "Mapping",
    "MappingRequest",
    "NearestMapping",
    "RateAwareMapping",
    "index_type",
    "make_mapping",
    "mean_squared_error",
    "palette_mse",
]
