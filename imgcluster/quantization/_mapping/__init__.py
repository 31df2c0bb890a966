"""From colors to palette indices: one module per mapping (a dithering would be one) and one line in `MAPPINGS`."""

from imgcluster.quantization._mapping._mapping import Mapping, index_type
from imgcluster.quantization._mapping._mappings import MAPPINGS
from imgcluster.quantization._mapping._nearest import NearestMapping, palette_mse
from imgcluster.quantization._mapping._rate_aware import RateAwareMapping

__all__ = ["MAPPINGS", "Mapping", "NearestMapping", "RateAwareMapping", "index_type", "palette_mse"]
