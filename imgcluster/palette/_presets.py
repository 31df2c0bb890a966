"""Palettes that are known by name: of the web, of old computers and games, and of panels of electronic paper.

Panels show other colors than those they are sent: a white of paper, a dark blue. The palettes of panels have the colors
that were measured, with which pixels are compared, and the native ones, which their controllers understand and
which are written. Another panel of the kind, or other light, differs; the measured colors can be given in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from imgcluster.palette._palette import Palette

# Nintendo's four shades as emulators have drawn them since the 1990s
# (https://en.wikipedia.org/wiki/List_of_video_game_console_palettes#Game_Boy)
_GAME_BOY = "0f380f 306230 8bac0f 9bbc0f"
# RGBI with the brown of IBM's 5153 display in place of dark yellow (https://en.wikipedia.org/wiki/Color_Graphics_Adapter)
_CGA = "000000 0000aa 00aa00 00aaaa aa0000 aa00aa aa5500 aaaaaa 555555 5555ff 55ff55 55ffff ff5555 ff55ff ffff55 ffffff"
# "Pepto": calculated from the voltages of the VIC-II (https://www.pepto.de/projects/colorvic/2001/)
_C64 = "000000 ffffff 68372b 70a4b2 6f3d86 588d43 352879 b8c76f 6f4f25 433900 9a6759 444444 6c6c6c 9ad284 6c5eb5 959595"
_C64_NAMES = (
    "black white red cyan purple green blue yellow "
    "orange brown light-red dark-gray gray light-green light-blue light-gray"
)
# https://www.lexaloffle.com/dl/docs/pico-8_manual.html
_PICO_8 = (
    "000000 1d2b53 7e2553 008751 ab5236 5f574f c2c3c7 fff1e8 ff004d ffa300 ffec27 00e436 29adff 83769c ff77a8 ffccaa"
)
_PICO_8_NAMES = (
    "black dark-blue dark-purple dark-green brown dark-gray light-gray white "
    "red orange yellow green blue indigo pink peach"
)
# Measured by the author of epaper-image-convert (https://github.com/aitjcize/epaper-image-convert), published with the
# native ones in epdoptimize (https://github.com/paperlesspaper/epdoptimize, default-palettes.json, Apache-2.0). The
# order is that of the controller's codes (Waveshare, epd7in3e.py), whose code 4 is not used.
_SPECTRA_6 = "020202 bec8c8 cdca00 871300 05409e 27663c"
_SPECTRA_6_NATIVE = "000000 ffffff ffff00 ff0000 0000ff 00ff00"
# epdoptimize's "acep", in the order of the codes of Waveshare's epd5in65f.py and epd7in3f.py
_ACEP_7 = "191e21 f1f1f1 53a428 31318f d20e13 f3cf11 b85e1c"
_ACEP_7_NATIVE = "000000 ffffff 00ff00 0000ff ff0000 ffff00 ff8000"


def _rows(colors: str) -> list[list[int]]:
    return [list(bytes.fromhex(color)) for color in colors.split()]


def _palette(name: str, colors: str, names: str = "", native: str = "", columns: int | None = None) -> Palette:
    """Return the palette of a text of colors."""
    sent = _rows(native) if native else None
    return Palette.of(_rows(colors), name, names=names.split(), columns=columns, native=sent)


def _web_safe() -> Palette:
    """Return the 216 colors of six equal steps a channel."""
    return Palette.of(list(product(range(0, 256, 51), repeat=3)), "web-safe", columns=6)


def _ega() -> Palette:
    """Return the 64 colors of two bits a channel that EGA chooses its 16 from."""
    return Palette.of(list(product(range(0, 256, 85), repeat=3)), "ega", columns=8)


def _grey_16() -> Palette:
    return Palette.of([[17 * i] * 3 for i in range(16)], "grey-16")


_MAKERS: dict[str, Callable[[], Palette]] = {
    "web-safe": _web_safe,
    "game-boy": lambda: _palette("game-boy", _GAME_BOY),
    "cga": lambda: _palette("cga", _CGA, columns=8),
    "ega": _ega,
    "c64": lambda: _palette("c64", _C64, _C64_NAMES),
    "pico-8": lambda: _palette("pico-8", _PICO_8, _PICO_8_NAMES),
    "grey-16": _grey_16,
    "spectra-6": lambda: _palette("spectra-6", _SPECTRA_6, "black white yellow red blue green", _SPECTRA_6_NATIVE),
    "acep-7": lambda: _palette("acep-7", _ACEP_7, "black white green blue red yellow orange", _ACEP_7_NATIVE),
}
PRESETS = tuple(_MAKERS)
"""The names of the palettes that need no file."""


def preset(name: str) -> Palette:
    """Return the palette of a name in `PRESETS`."""
    return _MAKERS[name]()
