/* The codes of deflate, and blocks written in them (RFC 1951). Huffman, Proc. IRE 40 (1952), 1098-1101, doi:10.1109/JRPROC.1952.273898. */
#include "deflate.h"

#include <string.h>

enum { N_WORDS = 288, N_CODE_LENGTHS = 19, LONGEST_CODE = 15, LONGEST_LENGTH_CODE = 7, MOST_STORED = 65535 };
enum { COPY_LENGTH = 16, FEW_ZEROS = 17, MANY_ZEROS = 18 };

static const uint8_t order[N_CODE_LENGTHS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

/* A code: the lengths of its words, and these with the bit that comes first lowest. The fixed code has two words that nothing uses. */
typedef struct {
    uint8_t lengths[N_WORDS];
    uint16_t words[N_WORDS];
} prefix_code;

/* The lengths of both codes as they stand in a block, runs of them in one symbol. */
typedef struct {
    uint8_t symbols[N_LITERALS + N_DISTANCES], extra[N_LITERALS + N_DISTANCES];
    int n, n_literals, n_distances, n_listed;
    prefix_code code;
    int64_t bits;
} code_table;

int length_extra(int symbol)
{
    int at = symbol - FIRST_LENGTH;
    return at < 8 || at == 28 ? 0 : at / 4 - 1;
}

int length_base(int symbol)
{
    int at = symbol - FIRST_LENGTH, extra = length_extra(symbol);
    return at == 28 ? LONGEST_MATCH : at < 8 ? SHORTEST_MATCH + at : SHORTEST_MATCH + ((4 + at % 4) << extra);
}

int length_symbol(ptrdiff_t length)
{
    int symbol = FIRST_LENGTH;
    if (length == LONGEST_MATCH)
        return FIRST_LENGTH + 28;
    while (symbol < FIRST_LENGTH + 27 && length_base(symbol + 1) <= length)
        symbol++;
    return symbol;
}

int distance_symbol(uint32_t distance)
{
    uint32_t rest = distance - 1;
    int bits = 0;
    while (rest >> bits > 3)
        bits++;
    return rest < 4 ? (int)rest : 2 * bits + (int)(rest >> bits);
}

static uint32_t distance_base(int symbol)
{
    return symbol < 4 ? (uint32_t)symbol + 1 : ((2u + (symbol & 1)) << distance_extra(symbol)) + 1;
}

void put_bits(bit_writer *writer, uint32_t value, int n)
{
    writer->bits |= (uint64_t)value << writer->n_bits;
    writer->n_bits += n;
    while (writer->n_bits >= 8) {
        *writer->to++ = (uint8_t)writer->bits;
        writer->bits >>= 8;
        writer->n_bits -= 8;
    }
}

static void put_whole_byte(bit_writer *writer)
{
    if (writer->n_bits)
        put_bits(writer, 0, 8 - writer->n_bits);
}

/* Depths of the leaves of Huffman's tree over weights in ascending order; returns the largest. */
static int find_depths(const uint32_t *weights, int n, uint8_t *depths)
{
    uint64_t sums[N_LITERALS];
    int parents[2 * N_LITERALS] = {0}, inner[N_LITERALS], deepest = 0;
    for (int leaf = 0, node = 0, made = 0; made < n - 1; made++) {
        sums[made] = 0;
        for (int child = 0; child < 2; child++) {
            int is_leaf = leaf < n && (node == made || weights[leaf] <= sums[node]);
            sums[made] += is_leaf ? weights[leaf] : sums[node];
            parents[is_leaf ? leaf++ : n + node++] = made;
        }
    }
    inner[n - 2] = 0;
    for (int i = n - 3; i >= 0; i--)
        inner[i] = inner[parents[n + i]] + 1;
    for (int i = 0; i < n; i++) {
        depths[i] = (uint8_t)(inner[parents[i]] + 1);
        deepest = depths[i] > deepest ? depths[i] : deepest;
    }
    return deepest;
}

/* Word lengths of a code for symbols of these counts; where words would be too long, counts are brought nearer to each other. */
static void find_lengths(const uint32_t *counts, int n, int longest, uint8_t *lengths)
{
    uint32_t weights[N_LITERALS];
    int symbols[N_LITERALS], used = 0;
    uint8_t depths[N_LITERALS];
    memset(lengths, 0, (size_t)n);
    for (int i = 0; i < n; i++) {
        int at = used;
        if (!counts[i])
            continue;
        for (; at > 0 && weights[at - 1] > counts[i]; at--) {
            weights[at] = weights[at - 1];
            symbols[at] = symbols[at - 1];
        }
        weights[at] = counts[i];
        symbols[at] = i;
        used++;
    }
    if (used < 2) {
        if (used)
            lengths[symbols[0]] = 1;
        return;
    }
    while (find_depths(weights, used, depths) > longest)
        for (int i = 0; i < used; i++)
            weights[i] = (weights[i] + 1) / 2;
    for (int i = 0; i < used; i++)
        lengths[symbols[i]] = depths[i];
}

/* Canonical words for word lengths. */
static void find_words(prefix_code *code, int n)
{
    uint32_t next = 0;
    for (int length = 1; length <= LONGEST_CODE; length++, next <<= 1)
        for (int i = 0; i < n; i++)
            if (code->lengths[i] == length) {
                uint32_t word = 0;
                for (int bit = 0; bit < length; bit++)
                    word |= (next >> bit & 1) << (length - 1 - bit);
                code->words[i] = (uint16_t)word;
                next++;
            }
}

static void list_length(code_table *table, uint32_t *counts, int symbol, int extra)
{
    table->symbols[table->n] = (uint8_t)symbol;
    table->extra[table->n++] = (uint8_t)extra;
    counts[symbol]++;
    table->bits += symbol == COPY_LENGTH ? 2 : symbol == FEW_ZEROS ? 3 : symbol == MANY_ZEROS ? 7 : 0;
}

/* Write the lengths of both codes down, and find the code that this is written in. */
static void make_table(code_table *table, const prefix_code *literals, const prefix_code *distances)
{
    uint8_t all[N_LITERALS + N_DISTANCES];
    uint32_t counts[N_CODE_LENGTHS] = {0};
    table->n_literals = N_LITERALS;
    table->n_distances = N_DISTANCES;
    while (table->n_literals > FIRST_LENGTH && !literals->lengths[table->n_literals - 1])
        table->n_literals--;
    while (table->n_distances > 1 && !distances->lengths[table->n_distances - 1])
        table->n_distances--;
    memcpy(all, literals->lengths, (size_t)table->n_literals);
    memcpy(all + table->n_literals, distances->lengths, (size_t)table->n_distances);
    table->n = 0;
    table->bits = 14;
    for (int i = 0, total = table->n_literals + table->n_distances; i < total;) {
        int run = 1;
        while (i + run < total && all[i + run] == all[i])
            run++;
        if (!all[i] && run >= 3) {
            run = run < 138 ? run : 138;
            list_length(table, counts, run < 11 ? FEW_ZEROS : MANY_ZEROS, run - (run < 11 ? 3 : 11));
        } else if (i && all[i] == all[i - 1] && run >= 3) {
            run = run < 6 ? run : 6;
            list_length(table, counts, COPY_LENGTH, run - 3);
        } else {
            run = 1;
            list_length(table, counts, all[i], 0);
        }
        i += run;
    }
    find_lengths(counts, N_CODE_LENGTHS, LONGEST_LENGTH_CODE, table->code.lengths);
    find_words(&table->code, N_CODE_LENGTHS);
    table->n_listed = N_CODE_LENGTHS;
    while (table->n_listed > 4 && !table->code.lengths[order[table->n_listed - 1]])
        table->n_listed--;
    table->bits += 3 * table->n_listed;
    for (int i = 0; i < N_CODE_LENGTHS; i++)
        table->bits += (int64_t)counts[i] * table->code.lengths[i];
}

static void put_table(bit_writer *writer, const code_table *table)
{
    put_bits(writer, (uint32_t)(table->n_literals - FIRST_LENGTH), 5);
    put_bits(writer, (uint32_t)(table->n_distances - 1), 5);
    put_bits(writer, (uint32_t)(table->n_listed - 4), 4);
    for (int i = 0; i < table->n_listed; i++)
        put_bits(writer, table->code.lengths[order[i]], 3);
    for (int i = 0; i < table->n; i++) {
        int symbol = table->symbols[i];
        put_bits(writer, table->code.words[symbol], table->code.lengths[symbol]);
        put_bits(writer, table->extra[i], symbol == COPY_LENGTH ? 2 : symbol == FEW_ZEROS ? 3 : symbol == MANY_ZEROS ? 7 : 0);
    }
}

/* Bits of the symbols of a block, without their extra bits. */
static int64_t symbol_bits(const symbol_counts *counts, const prefix_code *literals, const prefix_code *distances)
{
    int64_t bits = 0;
    for (int i = 0; i < N_LITERALS; i++)
        bits += (int64_t)counts->literals[i] * literals->lengths[i];
    for (int i = 0; i < N_DISTANCES; i++)
        bits += (int64_t)counts->distances[i] * distances->lengths[i];
    return bits;
}

static int64_t extra_bits(const symbol_counts *counts)
{
    int64_t bits = 0;
    for (int i = FIRST_LENGTH; i < N_LITERALS; i++)
        bits += (int64_t)counts->literals[i] * length_extra(i);
    for (int i = 0; i < N_DISTANCES; i++)
        bits += (int64_t)counts->distances[i] * distance_extra(i);
    return bits;
}

/* The codes that need not be written down. */
static void take_fixed(prefix_code *literals, prefix_code *distances)
{
    for (int i = 0; i < N_WORDS; i++)
        literals->lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    memset(distances->lengths, 5, N_DISTANCES);
}

static void put_stored(bit_writer *writer, const uint8_t *bytes, ptrdiff_t n, int last)
{
    for (ptrdiff_t at = 0; at < n; at += MOST_STORED) {
        ptrdiff_t length = n - at < MOST_STORED ? n - at : MOST_STORED;
        put_bits(writer, (uint32_t)(last && at + length == n), 3);
        put_whole_byte(writer);
        put_bits(writer, (uint32_t)length, 16);
        put_bits(writer, (uint32_t)~length & 0xFFFF, 16);
        memcpy(writer->to, bytes + at, (size_t)length);
        writer->to += length;
    }
}

static void put_steps(bit_writer *writer, const uint8_t *bytes, const uint32_t *steps, ptrdiff_t n, const prefix_code *literals,
                      const prefix_code *distances)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        ptrdiff_t length = step_length(steps[i]);
        if (steps[i] == LITERAL_STEP)
            put_bits(writer, literals->words[*bytes], literals->lengths[*bytes]);
        else {
            int symbol = length_symbol(length), of_distance = step_symbol(steps[i]);
            put_bits(writer, literals->words[symbol], literals->lengths[symbol]);
            put_bits(writer, (uint32_t)(length - length_base(symbol)), length_extra(symbol));
            put_bits(writer, distances->words[of_distance], distances->lengths[of_distance]);
            put_bits(writer, step_distance(steps[i]) - distance_base(of_distance), distance_extra(of_distance));
        }
        bytes += length;
    }
    put_bits(writer, literals->words[BLOCK_END], literals->lengths[BLOCK_END]);
}

void put_block(bit_writer *writer, const deflate_block *block, const uint8_t *bytes, const uint32_t *steps, int last)
{
    prefix_code literals, distances, fixed_literals, fixed_distances;
    code_table table;
    find_lengths(block->counts.literals, N_LITERALS, LONGEST_CODE, literals.lengths);
    find_lengths(block->counts.distances, N_DISTANCES, LONGEST_CODE, distances.lengths);
    make_table(&table, &literals, &distances);
    take_fixed(&fixed_literals, &fixed_distances);
    int64_t extra = extra_bits(&block->counts), stored = 8 * (block->n_bytes + 5 * (block->n_bytes / MOST_STORED + 1));
    int64_t own = symbol_bits(&block->counts, &literals, &distances) + table.bits + extra;
    int64_t fixed = symbol_bits(&block->counts, &fixed_literals, &fixed_distances) + extra;
    if (stored < own && stored < fixed) {
        put_stored(writer, bytes, block->n_bytes, last);
        return;
    }
    put_bits(writer, (uint32_t)last | (fixed <= own ? 2 : 4), 3);
    if (fixed <= own) {
        literals = fixed_literals;
        distances = fixed_distances;
    } else
        put_table(writer, &table);
    find_words(&literals, fixed <= own ? N_WORDS : N_LITERALS);
    find_words(&distances, N_DISTANCES);
    put_steps(writer, bytes, steps, block->n_steps, &literals, &distances);
}

void put_end(bit_writer *writer, int last, int has_blocks)
{
    if (last && !has_blocks)
        put_bits(writer, 3, 10); /* a block without steps */
    if (last) {
        put_whole_byte(writer);
        return;
    }
    put_bits(writer, 0, 3);
    put_whole_byte(writer);
    put_bits(writer, 0xFFFF0000u, 32);
}
