"""The palettes that are known by name, color by color, as hex, names, columns and what a device is sent."""

import hashlib

import pytest

from imgcluster.palette import PRESETS, as_palette

# of hex, names, columns and native colors: whoever changes a known palette changes what users get
KNOWN = {
    "web-safe": "55662b5eadc378c1",
    "game-boy": "cce72dbc620b6e71",
    "cga": "056621bcb98077c9",
    "ega": "55e4db6baccbb5b9",
    "c64": "8a0328c4e2335da3",
    "pico-8": "58cb72d1d4fe6439",
    "grey-16": "fbc964b3b3fa13e6",
    "spectra-6": "da21830316345686",
    "acep-7": "6c316454c0f809c2",
}


def described(name: str) -> str:
    palette = as_palette(name)
    native = None if palette.native is None else palette.native.tolist()
    return f"{palette.name} {' '.join(palette.hex)} {' '.join(palette.names)} {palette.columns} {native}"


def test_these_are_known() -> None:
    assert set(PRESETS) == set(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_palette_stays_as_it_is(name: str) -> None:
    assert hashlib.sha256(described(name).encode()).hexdigest()[:16] == KNOWN[name], described(name)
