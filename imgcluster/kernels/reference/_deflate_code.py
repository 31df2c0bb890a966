"""NumPy twin of ``src/deflate_code.c``: the codes of deflate, and blocks written in them (RFC 1951)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

N_LITERALS, N_DISTANCES, BLOCK_END, FIRST_LENGTH = 286, 30, 256, 257
SHORTEST_MATCH, LONGEST_MATCH = 3, 258
_N_WORDS, _N_CODE_LENGTHS = 288, 19
_LONGEST_CODE, _LONGEST_LENGTH_CODE, _MOST_STORED = 15, 7, 65535
_COPY_LENGTH, _FEW_ZEROS, _MANY_ZEROS = 16, 17, 18
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_EXTRA_OF_LENGTHS = {_COPY_LENGTH: 2, _FEW_ZEROS: 3, _MANY_ZEROS: 7}


class Step(NamedTuple):
    """A literal, of length 1 without a distance, or a match."""

    length: int
    distance: int = 0


LITERAL = Step(1)


@dataclass
class Block:
    """Steps that have one code, and how often their symbols occur."""

    n_steps: int = 0
    n_bytes: int = 0
    literals: list[int] = field(default_factory=lambda: [int(i == BLOCK_END) for i in range(N_LITERALS)])
    distances: list[int] = field(default_factory=lambda: [0] * N_DISTANCES)


def length_extra(symbol: int) -> int:
    """Return the extra bits behind the symbol of a length."""
    at = symbol - FIRST_LENGTH
    return 0 if at < 8 or at == 28 else at // 4 - 1


def length_base(symbol: int) -> int:
    """Return the shortest length of a symbol."""
    at = symbol - FIRST_LENGTH
    if at == 28:
        return LONGEST_MATCH
    return SHORTEST_MATCH + (at if at < 8 else (4 + at % 4) << length_extra(symbol))


LENGTH_SYMBOLS = [0] * (LONGEST_MATCH + 1)
for _symbol in range(FIRST_LENGTH, N_LITERALS):
    for _length in range(length_base(_symbol), LONGEST_MATCH + 1):
        LENGTH_SYMBOLS[_length] = _symbol


def distance_symbol(distance: int) -> int:
    """Return the symbol of a distance."""
    rest = distance - 1
    bits = max(rest.bit_length() - 2, 0)
    return rest if rest < 4 else 2 * bits + (rest >> bits)


def distance_extra(symbol: int) -> int:
    """Return the extra bits behind the symbol of a distance."""
    return 0 if symbol < 4 else symbol // 2 - 1


def _distance_base(symbol: int) -> int:
    return symbol + 1 if symbol < 4 else ((2 + symbol % 2) << distance_extra(symbol)) + 1


class BitWriter:
    """A stream, lowest bit first."""

    def __init__(self) -> None:
        self.bytes, self._bits, self._n_bits = bytearray(), 0, 0

    def put(self, value: int, n: int) -> None:
        """Write n bits."""
        self._bits |= value << self._n_bits
        self._n_bits += n
        while self._n_bits >= 8:
            self.bytes.append(self._bits & 0xFF)
            self._bits >>= 8
            self._n_bits -= 8

    def fill_byte(self) -> None:
        """Go on at a whole byte."""
        if self._n_bits:
            self.put(0, 8 - self._n_bits)


def _depths(weights: list[int]) -> list[int]:
    """Return the depths of the leaves of Huffman's tree over weights in ascending order."""
    n, sums = len(weights), list[int]()
    parents, leaf, node = [0] * (2 * n), 0, 0
    for made in range(n - 1):
        total = 0
        for _ in range(2):
            if leaf < n and (node == made or weights[leaf] <= sums[node]):
                total, parents[leaf], leaf = total + weights[leaf], made, leaf + 1
            else:
                total, parents[n + node], node = total + sums[node], made, node + 1
        sums.append(total)
    inner = [0] * (n - 1)
    for i in reversed(range(n - 2)):
        inner[i] = inner[parents[n + i]] + 1
    return [inner[parents[i]] + 1 for i in range(n)]


def _code_lengths(counts: list[int], longest: int) -> list[int]:
    """Return the word lengths of a code for symbols of these counts."""
    symbols = sorted((i for i, count in enumerate(counts) if count), key=lambda i: counts[i])
    lengths, weights = [0] * len(counts), [counts[i] for i in symbols]
    if len(symbols) < 2:
        depths = [1] * len(symbols)
    else:
        while max(depths := _depths(weights)) > longest:
            weights = [(weight + 1) // 2 for weight in weights]
    for symbol, depth in zip(symbols, depths, strict=True):
        lengths[symbol] = depth
    return lengths


def _words(lengths: list[int]) -> list[int]:
    """Return canonical words for word lengths, the bit that comes first lowest."""
    words, following = [0] * len(lengths), 0
    for length in range(1, _LONGEST_CODE + 1):
        for i, of in enumerate(lengths):
            if of == length:
                words[i] = int(f"{following:0{length}b}"[::-1], 2)
                following += 1
        following <<= 1
    return words


class _Table:
    """The lengths of both codes as they stand in a block, runs of them in one symbol."""

    def __init__(self, literals: list[int], distances: list[int]) -> None:
        self.n_literals = max(FIRST_LENGTH, max(i + 1 for i, length in enumerate(literals) if length))
        self.n_distances = max((i + 1 for i, length in enumerate(distances) if length), default=1)
        self.symbols = list(_runs(literals[: self.n_literals] + distances[: self.n_distances]))
        counts = [sum(symbol == i for symbol, _ in self.symbols) for i in range(_N_CODE_LENGTHS)]
        self.lengths = _code_lengths(counts, _LONGEST_LENGTH_CODE)
        self.n_listed = max(4, max(i + 1 for i, symbol in enumerate(_ORDER) if self.lengths[symbol]))
        words = sum(count * length for count, length in zip(counts, self.lengths, strict=True))
        extra = sum(_EXTRA_OF_LENGTHS.get(symbol, 0) for symbol, _ in self.symbols)
        self.bits = 14 + 3 * self.n_listed + words + extra

    def put(self, writer: BitWriter) -> None:
        """Write it."""
        writer.put(self.n_literals - FIRST_LENGTH, 5)
        writer.put(self.n_distances - 1, 5)
        writer.put(self.n_listed - 4, 4)
        for symbol in _ORDER[: self.n_listed]:
            writer.put(self.lengths[symbol], 3)
        words = _words(self.lengths)
        for symbol, extra in self.symbols:
            writer.put(words[symbol], self.lengths[symbol])
            writer.put(extra, _EXTRA_OF_LENGTHS.get(symbol, 0))


def _runs(lengths: list[int]) -> list[tuple[int, int]]:
    """Return symbols and extra bits for word lengths."""
    found, i = list[tuple[int, int]](), 0
    while i < len(lengths):
        run = next((j for j in range(i, len(lengths)) if lengths[j] != lengths[i]), len(lengths)) - i
        if not lengths[i] and run >= 3:
            run = min(run, 138)
            found.append((_FEW_ZEROS, run - 3) if run < 11 else (_MANY_ZEROS, run - 11))
        elif i and lengths[i] == lengths[i - 1] and run >= 3:
            run = min(run, 6)
            found.append((_COPY_LENGTH, run - 3))
        else:
            run = 1
            found.append((lengths[i], 0))
        i += run
    return found


def _fixed() -> tuple[list[int], list[int]]:
    """Return the word lengths of the codes that need not be written down."""
    return [8 if i < 144 else 9 if i < 256 else 7 if i < 280 else 8 for i in range(_N_WORDS)], [5] * N_DISTANCES


def _symbol_bits(block: Block, literals: list[int], distances: list[int]) -> int:
    bits = sum(count * length for count, length in zip(block.literals, literals, strict=False))
    return bits + sum(count * length for count, length in zip(block.distances, distances, strict=True))


def _put_stored(writer: BitWriter, data: bytes, last: bool) -> None:
    for at in range(0, len(data), _MOST_STORED):
        part = data[at : at + _MOST_STORED]
        writer.put(int(last and at + len(part) == len(data)), 3)
        writer.fill_byte()
        writer.put(len(part), 16)
        writer.put(len(part) ^ 0xFFFF, 16)
        writer.bytes += part


def put_block(writer: BitWriter, block: Block, data: bytes, steps: list[Step], last: bool) -> None:
    """Write a block: data and steps are its own."""
    literals, distances = (_code_lengths(counts, _LONGEST_CODE) for counts in (block.literals, block.distances))
    table = _Table(literals, distances)
    extra = sum(block.literals[i] * length_extra(i) for i in range(FIRST_LENGTH, N_LITERALS))
    extra += sum(block.distances[i] * distance_extra(i) for i in range(N_DISTANCES))
    stored = 8 * (len(data) + 5 * (len(data) // _MOST_STORED + 1))
    own, fixed = _symbol_bits(block, literals, distances) + table.bits + extra, _symbol_bits(block, *_fixed()) + extra
    if stored < own and stored < fixed:
        _put_stored(writer, data, last)
        return
    writer.put(int(last) | (2 if fixed <= own else 4), 3)
    if fixed <= own:
        literals, distances = _fixed()
    else:
        table.put(writer)
    _put_steps(writer, data, steps, literals, distances)


def _put_steps(writer: BitWriter, data: bytes, steps: list[Step], literals: list[int], distances: list[int]) -> None:
    of_literals, of_distances, at = _words(literals), _words(distances), 0
    for step in steps:
        if step == LITERAL:
            writer.put(of_literals[data[at]], literals[data[at]])
        else:
            symbol, place = LENGTH_SYMBOLS[step.length], distance_symbol(step.distance)
            writer.put(of_literals[symbol], literals[symbol])
            writer.put(step.length - length_base(symbol), length_extra(symbol))
            writer.put(of_distances[place], distances[place])
            writer.put(step.distance - _distance_base(place), distance_extra(place))
        at += step.length
    writer.put(of_literals[BLOCK_END], literals[BLOCK_END])


def put_end(writer: BitWriter, *, last: bool, has_blocks: bool) -> None:
    """End a stream, or go on at a whole byte."""
    if last and not has_blocks:
        writer.put(3, 10)
    if not last:
        writer.put(0, 3)
        writer.fill_byte()
        writer.put(0xFFFF0000, 32)
    writer.fill_byte()
