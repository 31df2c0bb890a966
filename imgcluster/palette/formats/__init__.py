"""Palette file formats: one module per format, and one line in `FORMATS`.

| Ending | Read | Written | Colors | Alpha | Kept beside colors and their order |
| --- | --- | --- | --- | --- | --- |
| .gpl | GIMP, Krita, Inkscape, Aseprite | the same | 65536 | any | name, names of colors, columns |
| .json | "#rrggbb[aa]" or [r, g, b(, a)] | "#rrggbb[aa]" | 65536 | any | name, names, columns, native colors |
| .css | variables of CSS, SCSS and Less | custom properties | 65536 | any | name, names |
| .hex | RRGGBB or RRGGBBAA a line | the same | 65536 | any | |
| .ase | Adobe: RGB, CMYK, Lab, gray; groups as one list | RGB, one group | 65536 | no | name, names |
| .aco | Adobe: RGB, HSB, CMYK, Lab, gray; with names or without | RGB, both parts | 65535 | no | names |
| .act | Adobe: 768 or 772 bytes | 772 bytes | 256 | one clear color | |
| .pal | JASC's text, Microsoft's RIFF | JASC, RIFF if asked for | 65536, RIFF 65535 | no | |
| .png | an indexed PNG's table, else distinct colors | swatches, indexed up to 256 colors | 65536 | any | name |

Text is UTF-8 or UTF-16 with any line ends. What a format cannot hold of the colors is an error when it is written.
"""

from imgcluster.palette.formats._format import BadPaletteError, Color, Listing, PaletteFormat, hex_of
from imgcluster.palette.formats._formats import ENDINGS, FORMATS, VARIANTS, sniff
from imgcluster.palette.formats._words import color_of_word

__all__ = [
    "ENDINGS",
    "FORMATS",
    "VARIANTS",
    "BadPaletteError",
    "Color",
    "Listing",
    "PaletteFormat",
    "color_of_word",
    "hex_of",
    "sniff",
]
