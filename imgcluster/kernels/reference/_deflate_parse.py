"""NumPy twin of ``src/deflate_parse.c``: the way to write bytes as literals and matches whose codes are shortest."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from imgcluster.kernels.reference._deflate_code import (
    BLOCK_END,
    FIRST_LENGTH,
    LENGTH_SYMBOLS,
    LITERAL,
    LONGEST_MATCH,
    N_DISTANCES,
    N_LITERALS,
    SHORTEST_MATCH,
    BitWriter,
    Block,
    Step,
    distance_extra,
    distance_symbol,
    length_extra,
    put_block,
    put_end,
)
from imgcluster.types import Int32Array, UInt8Array, UInt32Array

_CHAIN_BITS, _SECTION, _MOST_MATCHES = 15, 1 << 18, 12
_WINDOW, _LONG, _CHAIN_BYTES = 1 << 15, 6, 16
_MOST_UNITS, _LEAST_UNIT = 64, 512
_BIT, _TABLE_BITS, _SYMBOL_TABLE_BITS = 256, 80, 3
_WORD = 0xFFFFFFFF


def _chain_of(data: bytes, at: int, kind: int) -> int:
    """Return the chain of a place in the shorter or in the longer kind."""
    value = int.from_bytes(data[at : at + 3], "big")
    if kind:
        value = (value * 0x85EBCA6B & _WORD) ^ int.from_bytes(data[at + 3 : at + 6], "big")
    return (value * 0x9E3779B1 & _WORD) >> (32 - _CHAIN_BITS)


@dataclass
class _Section:
    data: bytes
    depth: int
    begin: int = 0
    end: int = 0
    known: int = 0
    repeated: int = 0
    chains: tuple[dict[int, list[int]], dict[int, list[int]]] = field(default_factory=lambda: ({}, {}))
    matches: list[list[Step]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def _learn(self, until: int) -> None:
        for at in range(self.known, until):
            for kind, shortest in enumerate((SHORTEST_MATCH, _LONG)):
                if at + shortest <= len(self.data):
                    self.chains[kind].setdefault(_chain_of(self.data, at, kind), []).append(at)
        self.known = max(self.known, until)

    def _follow_chain(self, kind: int, at: int, most: int, found: list[Step]) -> None:
        """Follow one chain; longer matches are put down."""
        data, left = self.data, self.depth if kind else self.depth // 4
        for candidate in reversed(self.chains[kind].get(_chain_of(data, at, kind), [])):
            if left <= 0 or at - candidate > _WINDOW:
                return
            longest = found[-1].length if found else SHORTEST_MATCH - 1
            if data[candidate + longest] == data[at + longest]:
                length = next((i for i in range(most) if data[candidate + i] != data[at + i]), most)
                left -= length // _CHAIN_BYTES
                if length > longest:
                    found[_MOST_MATCHES - 1 :] = []
                    found.append(Step(length, at - candidate))
                    if length == most:
                        return
            left -= 1

    def _matches_at(self, at: int) -> list[Step]:
        """Return the matches of one position, each longer than the one before."""
        found, most = list[Step](), min(self.end - at, LONGEST_MATCH)
        if most >= SHORTEST_MATCH:
            self._follow_chain(0, at, most, found)
        if most >= _LONG and (not found or found[-1].length < most):
            self._follow_chain(1, at, most, found)
        if found and found[-1].length == LONGEST_MATCH:
            self.repeated = at + LONGEST_MATCH
        return found

    def find_matches(self) -> None:
        self.matches = []
        for at in range(self.begin, self.end):
            self._learn(at)
            self.matches.append(self._matches_at(at) if at >= self.repeated else [])

    def begin_codes(self) -> None:
        """Begin with codes as they would be if every byte were a literal, and matches somewhat rarer."""
        n = self.end - self.begin
        block = Block(n_bytes=n, distances=[1] * N_DISTANCES)
        block.literals[BLOCK_END] = 0
        for byte in self.data[self.begin : self.end]:
            block.literals[byte] += 1
        for i in range(29):
            block.literals[FIRST_LENGTH + i] = n >> (3 + (i // 2 if i < 8 else 4))
        self.blocks = [block]

    def find_steps(self) -> None:
        """Find the cheapest way from each position to the end of the section, from there on backwards."""
        n, before = self.end - self.begin, len(self.blocks)
        costs, steps, start = [0] * (n + 1), [LITERAL] * n, n
        prices = _Prices(self.blocks[0])
        for i in reversed(range(n)):
            if i < start:
                before -= 1
                prices = _Prices(self.blocks[before])
                start -= self.blocks[before].n_bytes
            best, length = costs[i + 1] + prices.literals[self.data[self.begin + i]], SHORTEST_MATCH
            for match in self.matches[i]:
                price = prices.distances[distance_symbol(match.distance)]
                while length <= match.length:
                    cost = costs[i + length] + price + prices.lengths[length]
                    if cost < best:
                        best, steps[i] = cost, Step(length, match.distance)
                    length += 1
            costs[i] = best
        self.steps, at = [], 0
        while at < n:
            self.steps.append(steps[at])
            at += steps[at].length

    def cut_blocks(self) -> None:
        """Cut steps into blocks: small ones of the same size, which are then joined."""
        unit = max(_LEAST_UNIT, -(-len(self.steps) // _MOST_UNITS))
        self.blocks, at = [], self.begin
        for i, step in enumerate(self.steps):
            if i % unit == 0:
                self.blocks.append(Block())
            block = self.blocks[-1]
            block.n_steps += 1
            block.n_bytes += step.length
            block.literals[self.data[at] if step == LITERAL else LENGTH_SYMBOLS[step.length]] += 1
            if step != LITERAL:
                block.distances[distance_symbol(step.distance)] += 1
            at += step.length
        self._join_blocks()

    def _join_blocks(self) -> None:
        """Join neighboring blocks while that saves bits."""
        blocks = self.blocks
        while len(blocks) > 1:
            joined = [_joined(*pair) for pair in pairwise(blocks)]
            saved = [_estimate(blocks[i]) + _estimate(blocks[i + 1]) - _estimate(both) for i, both in enumerate(joined)]
            best = saved.index(max(saved))
            if saved[best] <= 0:
                return
            blocks[best : best + 2] = [joined[best]]

    def put(self, writer: BitWriter, last: bool) -> None:
        """Write the blocks."""
        at, first = self.begin, 0
        for i, block in enumerate(self.blocks):
            steps = self.steps[first : first + block.n_steps]
            put_block(writer, block, self.data[at : at + block.n_bytes], steps, last and i == len(self.blocks) - 1)
            at, first = at + block.n_bytes, first + block.n_steps


def _joined(a: Block, b: Block) -> Block:
    literals = [x + y for x, y in zip(a.literals, b.literals, strict=True)]
    literals[BLOCK_END] = 1
    distances = [x + y for x, y in zip(a.distances, b.distances, strict=True)]
    return Block(a.n_steps + b.n_steps, a.n_bytes + b.n_bytes, literals, distances)


def _log(n: int) -> int:
    """Return _BIT * log2(n) of n > 0: squares of the mantissa tell one bit after the other."""
    log, n = n.bit_length() - 1, n << (32 - n.bit_length())
    for _ in range(8):
        n = n * n >> 31
        carry = n >> 32
        log, n = 2 * log + carry, n >> carry
    return log


def _estimate(block: Block) -> int:
    """Return what a block takes, about, but for extra bits, which do not depend on blocks."""
    used = sum(count > 0 for count in (*block.literals, *block.distances))
    total = _BIT * (_TABLE_BITS + _SYMBOL_TABLE_BITS * used)
    for counts in (block.literals, block.distances):
        if n := sum(counts):
            total += n * _log(n) - sum(count * _log(count) for count in counts if count)
    return total


class _Prices:
    """What symbols cost, by how often they occur; one that does not occur is taken for half of one that does once."""

    def __init__(self, block: Block) -> None:
        literals, distances = _log(sum(block.literals)), _log(1 + sum(block.distances))
        self.literals = [_price(count, literals) for count in block.literals[:256]]
        symbols = [
            _price(block.literals[i], literals) + length_extra(i) * _BIT for i in range(FIRST_LENGTH, N_LITERALS)
        ]
        self.lengths = [0] * SHORTEST_MATCH + [symbols[i - FIRST_LENGTH] for i in LENGTH_SYMBOLS[SHORTEST_MATCH:]]
        self.distances = [
            _price(count, distances) + distance_extra(i) * _BIT for i, count in enumerate(block.distances)
        ]


def _price(count: int, log_total: int) -> int:
    return max(log_total - _log(count) if count else log_total + _BIT, _BIT // 2)


def deflate_best(
    start: int,
    last: int,
    depth: int,
    rounds: int,
    data: UInt8Array,
    chains: Int32Array,
    scratch: UInt32Array,
    out: UInt8Array,
) -> int:
    """Write a raw deflate stream of data[start:], which may refer to what is before it; return its bytes."""
    writer, section = BitWriter(), _Section(data.tobytes(), depth)
    for section.begin in range(start, len(data), _SECTION):
        section.end = min(section.begin + _SECTION, len(data))
        section.find_matches()
        section.begin_codes()
        for _ in range(rounds):
            section.find_steps()
            section.cut_blocks()
        section.put(writer, bool(last) and section.end == len(data))
    put_end(writer, last=bool(last), has_blocks=start < len(data))
    out[: len(writer.bytes)] = list(writer.bytes)
    return len(writer.bytes)
