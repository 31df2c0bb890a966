"""Superpixels: an image in small, compact, connected regions."""
