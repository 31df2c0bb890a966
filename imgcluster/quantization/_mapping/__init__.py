"""From colors to palette indices: one module per mapping (a dithering would be one) and one line in `MAPPINGS`."""

from imgcluster.quantization._mapping._mapping import Mapping, index_type
from imgcluster.quantization._mapping._mappings import MAPPINGS
from imgcluster.quantization._mapping._nearest import NearestMapping, palette_mse

__all__ = ["MAPPINGS", "Mapping", "NearestMapping", "index_type", "palette_mse"]
