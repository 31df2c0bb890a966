"""Compare what the package makes today with golden.json, and write that file anew when that is a decision.

    python tests/golden/update.py                          # shows what differs, changes nothing
    python tests/golden/update.py --because "the reason"   # accepts what differs

The same picture and parameters give the same bytes on every machine, in every version: whoever changes that tells the
users (CHANGELOG.md) and gives the reason here. What is hashed is what the package decides: palettes, label maps, and of
a PNG its chunks and the stream of filtered rows. How zlib deflates that stream is not ours: zlib-ng, which some builds
of Python bring, makes other bytes of it.
"""

import argparse
import hashlib
import io
import json
import platform
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import data

import imgcluster as ic
from imgcluster import kernels

FILE = Path(__file__).with_name("golden.json")
METHODS = ("boundary", "slic", "gmm")
N_COLORS = 16
LOCKED = np.array([[0, 0, 0], [200, 30, 20]], np.uint8)
N_SEGMENTS = 150


def picture() -> NDArray[np.uint8]:
    """Return the picture that everything is made of: a part of a photo, small enough for the NumPy kernels."""
    return np.ascontiguousarray(data.coffee()[100:300, 150:450])


def sticker() -> NDArray[np.uint8]:
    """Return a disk cut out of a photo, on clear ground; its right half is a glass that becomes thinner downward."""
    photo = data.astronaut()[20:100, 170:250]
    rows, columns = np.mgrid[:80, :80]
    alpha = np.clip((36 - np.sqrt((rows - 40) ** 2 + (columns - 40) ** 2)) * 40, 0, 255)
    alpha[:, 45:] *= np.linspace(0.9, 0.3, 80)[:, None]
    return np.dstack([photo, alpha.astype(np.uint8)])


# what is searched for, each in a picture: few and many colors, each effort, locked ones, dithered, chosen of others
SEARCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "fast": ("photo", {"n_colors": 8, "effort": "fast"}),
    "default": ("photo", {"n_colors": 8}),
    "best": ("photo", {"n_colors": 24, "effort": "best"}),
    "two": ("photo", {"n_colors": 2}),
    "many": ("photo", {"n_colors": 700}),
    "very-many": ("photo", {"n_colors": 4500, "effort": "fast"}),
    "locked": ("photo", {"n_colors": 8, "lock": LOCKED}),
    "locked-many": ("photo", {"n_colors": 600, "lock": LOCKED, "effort": "fast"}),
    "dithered": ("photo", {"n_colors": 8, "effort": "fast", "dither": "floyd-steinberg"}),
    "lossy": ("photo", {"n_colors": 8, "effort": "fast", "lossy": 10.0}),
    "given": ("photo", {"palette": "pico-8"}),
    "best-of": ("photo", {"palette": "pico-8", "n_colors": 5}),
    "gray": ("gray", {"n_colors": 7}),
    "alpha-fast": ("sticker", {"n_colors": 12, "effort": "fast"}),
    "alpha": ("sticker", {"n_colors": 12}),
    "alpha-best": ("sticker", {"n_colors": 12, "effort": "best"}),
    "alpha-many": ("sticker", {"n_colors": 300, "effort": "fast"}),
    "alpha-one": ("sticker", {"n_colors": 1}),
    "alpha-locked": ("sticker", {"n_colors": 12, "effort": "fast", "lock": LOCKED}),
    "alpha-given": ("sticker", {"palette": "pico-8"}),
    "alpha-dithered": ("sticker", {"n_colors": 12, "effort": "fast", "dither": "floyd-steinberg"}),
}


@cache
def searched(name: str) -> str:
    """Return the hash of the palette and the pixels that one search gives."""
    kind, options = SEARCHES[name]
    photo = np.ascontiguousarray(picture()[40:120, 60:180])
    pixels = {"photo": photo, "gray": photo[..., :1].repeat(3, 2), "sticker": sticker()}[kind]
    found = ic.quantize(pixels, **options)
    return hashed(found.palette, "u1")[:16] + hashed(found.indices, "<u2")[:16]


def hashed(array: NDArray[Any], kind: str) -> str:
    """Return the SHA-256 of an array in C order and little endian, as a type that is the same on all platforms."""
    return hashlib.sha256(np.ascontiguousarray(array, dtype=kind).tobytes()).hexdigest()


def chunks(png: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the chunks of a PNG file by type, with their data."""
    place = 8
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        yield png[place + 4 : place + 8].decode("ascii"), png[place + 8 : place + 8 + length]
        place += length + 12


def layout(png: bytes) -> dict[str, str]:
    """Return the types of the chunks in order, the hash of all but the pixels, and that of the inflated pixels."""
    parts = list(chunks(png))
    kinds = [kind for kind, _ in parts]
    # into how many chunks the pixels go depends on how well zlib deflates them
    order = [kind for i, kind in enumerate(kinds) if kind != "IDAT" or kinds[i - 1] != "IDAT"]
    rest = b"".join(kind.encode() + content for kind, content in parts if kind != "IDAT")
    rows = zlib.decompress(b"".join(content for kind, content in parts if kind == "IDAT"))
    return {
        "chunks": " ".join(order),
        "rest": hashlib.sha256(rest).hexdigest(),
        "rows": hashlib.sha256(rows).hexdigest(),
    }


def made() -> dict[str, Any]:
    """Return the hashes of what the package makes of the picture."""
    pixels = picture()
    quantized = ic.quantize(pixels, N_COLORS)
    stream = io.BytesIO()
    quantized.save(stream, format="png", optimize=0)
    return {
        "picture": hashed(pixels, "u1"),
        "palette": hashed(quantized.palette, "u1"),
        "searches": {name: searched(name) for name in SEARCHES},
        "labels": {
            method: hashed(ic.superpixels(pixels, N_SEGMENTS, method=method).labels, "<i4") for method in METHODS
        },
        "png": layout(stream.getvalue()),
    }


def versions() -> dict[str, str]:
    """Return the versions of what the hashes were made with."""
    names = ("numpy", "pillow", "scikit-image")
    return {
        "imgcluster": ic.__version__,
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in names},
    }


def flat(tree: dict[str, Any], before: str = "") -> dict[str, str]:
    """Return the leaves of a tree by their paths."""
    leaves: dict[str, str] = {}
    for name, value in tree.items():
        leaves |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
    return leaves


def main() -> int:
    """Show what differs, and accept it if a reason is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--because", metavar="REASON", help="accept what differs, for this reason")
    reason = parser.parse_args().because
    if kernels.backend() != "native":
        raise SystemExit("golden hashes come from the native kernels: install a C compiler, then the package again")
    found = made()
    old, new = flat(json.loads(FILE.read_text())["hashes"]) if FILE.exists() else {}, flat(found)
    differing = sorted(name for name in old | new if old.get(name) != new.get(name))
    for name in differing:
        print(f"{name}: {old.get(name)} -> {new.get(name)}")
    if not differing:
        print("nothing differs")
        return 0
    if not reason:
        print("nothing is written; to accept this say why: --because REASON")
        return 1
    content = {"because": reason, "versions": versions(), "hashes": found}
    FILE.write_text(json.dumps(content, indent=2) + "\n")
    print(f"wrote {FILE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
