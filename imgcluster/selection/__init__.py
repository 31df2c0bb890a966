"""How many clusters: for the colors of a picture, or for the rows of a table."""

from imgcluster.selection._choose_k import choose_k
from imgcluster.selection._tables import ENDINGS, read_table

__all__ = ["ENDINGS", "choose_k", "read_table"]
