/* Deflate in few bytes: of all ways to write a section as literals and matches, the one whose codes are shortest, by dynamic programming;
   codes follow from what is written, and that from codes, in turns. Storer and Szymanski, J. ACM 29 (1982), 928-951,
   doi:10.1145/322344.322346. */
#include "deflate.h"
#include "kernels.h"

#include <string.h>

enum {
    WINDOW = 1 << 15,
    LONG = 6,                                         /* bytes */
    MOST_MATCHES = DEFLATE_MATCHES / DEFLATE_SECTION, /* of a position */
    MOST_UNITS = 64,                                  /* that blocks are joined from */
    LEAST_UNIT = 512,                                 /* steps */
    BIT = 256,                                        /* units of a price */
    TABLE_BITS = 80,                                  /* of the codes in a block, beside those of each symbol */
    SYMBOL_TABLE_BITS = 3,
    CHAIN_BYTES = 16 /* that are compared at the price of a candidate */
};

typedef struct {
    uint32_t literals[256], lengths[LONGEST_MATCH + 1], distances[N_DISTANCES];
} prices;

typedef struct {
    const uint8_t *data;
    ptrdiff_t begin, end, n; /* of the section; n of all data */
    ptrdiff_t known;         /* positions before it are in the chains */
    ptrdiff_t repeated;      /* positions before it are in a match of full length: no others are looked for */
    int depth;
    struct {
        int32_t *heads, *previous;
    } chains[2];
    uint32_t *matches, *steps, *costs;
    int32_t *firsts; /* of the matches of each position */
    deflate_block blocks[MOST_UNITS];
    int n_blocks;
    ptrdiff_t n_steps;
} section;

/* The chain of a place in the shorter or in the longer kind: places whose first 3 bytes, or LONG bytes, are likely the same. */
static inline uint32_t chain_of(const uint8_t *at, int kind)
{
    uint32_t bytes = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
    if (kind)
        bytes = bytes * 0x85EBCA6Bu ^ ((uint32_t)at[3] << 16 | (uint32_t)at[4] << 8 | at[5]);
    return bytes * 0x9E3779B1u >> (32 - DEFLATE_CHAIN_BITS);
}

static void learn(section *s, ptrdiff_t until)
{
    for (; s->known < until; s->known++)
        for (int kind = 0; kind < 2; kind++) {
            if (s->known + (kind ? LONG : SHORTEST_MATCH) > s->n)
                continue;
            int32_t *head = &s->chains[kind].heads[chain_of(s->data + s->known, kind)];
            s->chains[kind].previous[s->known % WINDOW] = *head;
            *head = (int32_t)s->known;
        }
}

/* Follow one chain; longer matches are put down. Returns the number of all matches. */
static int follow_chain(const section *s, int kind, ptrdiff_t at, ptrdiff_t most, ptrdiff_t *longest, uint32_t *found, int n)
{
    const uint8_t *data = s->data;
    ptrdiff_t candidate = s->chains[kind].heads[chain_of(data + at, kind)];
    for (int left = kind ? s->depth : s->depth / 4; left > 0 && candidate >= 0 && at - candidate <= WINDOW; left--) {
        if (data[candidate + *longest] == data[at + *longest]) {
            ptrdiff_t length = 0;
            while (length < most && data[candidate + length] == data[at + length])
                length++;
            left -= (int)(length / CHAIN_BYTES);
            if (length > *longest) {
                uint32_t distance = (uint32_t)(at - candidate), symbol = (uint32_t)distance_symbol(distance);
                *longest = length;
                n += n < MOST_MATCHES;
                found[n - 1] = (uint32_t)length | symbol << LENGTH_BITS | (distance - 1) << (LENGTH_BITS + SYMBOL_BITS);
                if (length == most)
                    break;
            }
        }
        ptrdiff_t next = s->chains[kind].previous[candidate % WINDOW];
        if (next >= candidate)
            break;
        candidate = next;
    }
    return n;
}

/* The matches of one position, each longer than the one before. Returns their number. */
static int find_matches(section *s, ptrdiff_t at, uint32_t *found)
{
    ptrdiff_t most = s->end - at < LONGEST_MATCH ? s->end - at : LONGEST_MATCH, longest = SHORTEST_MATCH - 1;
    int n = 0;
    if (most >= SHORTEST_MATCH)
        n = follow_chain(s, 0, at, most, &longest, found, n);
    if (most >= LONG && longest < most)
        n = follow_chain(s, 1, at, most, &longest, found, n);
    if (longest == LONGEST_MATCH)
        s->repeated = at + LONGEST_MATCH;
    return n;
}

static void find_all_matches(section *s)
{
    int32_t n = 0;
    for (ptrdiff_t at = s->begin; at < s->end; at++) {
        s->firsts[at - s->begin] = n;
        learn(s, at);
        if (at >= s->repeated)
            n += find_matches(s, at, s->matches + n);
    }
    s->firsts[s->end - s->begin] = n;
}

/* BIT * log2(n) of n > 0: squares of the mantissa tell one bit after the other. */
static uint32_t log_of(uint64_t n)
{
    uint32_t log = 0;
    for (log = 31; !(n >> 31); log--)
        n <<= 1;
    for (int bit = 0; bit < 8; bit++) {
        n = n * n >> 31;
        log <<= 1;
        if (n >> 32) {
            n >>= 1;
            log |= 1;
        }
    }
    return log;
}

static void count_sums(const uint32_t *counts, int n, uint64_t *bits, uint64_t *total, int *used)
{
    for (int i = 0; i < n; i++)
        if (counts[i]) {
            *bits += (uint64_t)counts[i] * log_of(counts[i]);
            *total += counts[i];
            ++*used;
        }
}

/* What a block takes, about, but for extra bits, which do not depend on blocks. */
static int64_t estimate(const symbol_counts *counts)
{
    uint64_t bits[2] = {0}, totals[2] = {0};
    int used = 0;
    count_sums(counts->literals, N_LITERALS, &bits[0], &totals[0], &used);
    count_sums(counts->distances, N_DISTANCES, &bits[1], &totals[1], &used);
    int64_t sum = (int64_t)BIT * (TABLE_BITS + SYMBOL_TABLE_BITS * used);
    for (int i = 0; i < 2; i++)
        if (totals[i])
            sum += (int64_t)(totals[i] * log_of(totals[i]) - bits[i]);
    return sum;
}

static void add_counts(symbol_counts *to, const symbol_counts *from)
{
    for (int i = 0; i < N_LITERALS; i++)
        to->literals[i] += from->literals[i];
    for (int i = 0; i < N_DISTANCES; i++)
        to->distances[i] += from->distances[i];
    to->literals[BLOCK_END] = 1;
}

static int64_t saved_by_joining(const section *s, int i, const int64_t *costs)
{
    symbol_counts both = s->blocks[i].counts;
    add_counts(&both, &s->blocks[i + 1].counts);
    return costs[i] + costs[i + 1] - estimate(&both);
}

/* Join neighboring blocks while that saves bits. */
static void join_blocks(section *s)
{
    int64_t costs[MOST_UNITS], saved[MOST_UNITS];
    for (int i = 0; i < s->n_blocks; i++)
        costs[i] = estimate(&s->blocks[i].counts);
    for (int i = 0; i + 1 < s->n_blocks; i++)
        saved[i] = saved_by_joining(s, i, costs);
    while (s->n_blocks > 1) {
        int best = 0;
        for (int i = 1; i + 1 < s->n_blocks; i++)
            best = saved[i] > saved[best] ? i : best;
        if (saved[best] <= 0)
            return;
        deflate_block *block = &s->blocks[best];
        block->n_steps += block[1].n_steps;
        block->n_bytes += block[1].n_bytes;
        add_counts(&block->counts, &block[1].counts);
        costs[best] = costs[best] + costs[best + 1] - saved[best];
        s->n_blocks--;
        memmove(block + 1, block + 2, sizeof *block * (size_t)(s->n_blocks - best - 1));
        memmove(costs + best + 1, costs + best + 2, sizeof *costs * (size_t)(s->n_blocks - best - 1));
        memmove(saved + best, saved + best + 1, sizeof *saved * (size_t)(s->n_blocks - best));
        for (int i = best > 0 ? best - 1 : 0; i <= best && i + 1 < s->n_blocks; i++)
            saved[i] = saved_by_joining(s, i, costs);
    }
}

/* Cut steps into blocks: small ones of the same size, which are then joined. */
static void cut_blocks(section *s)
{
    ptrdiff_t unit = (s->n_steps + MOST_UNITS - 1) / MOST_UNITS;
    const uint8_t *bytes = s->data + s->begin;
    unit = unit < LEAST_UNIT ? LEAST_UNIT : unit;
    s->n_blocks = 0;
    for (ptrdiff_t i = 0; i < s->n_steps; i++) {
        if (i % unit == 0) {
            memset(&s->blocks[s->n_blocks], 0, sizeof *s->blocks);
            s->blocks[s->n_blocks++].counts.literals[BLOCK_END] = 1;
        }
        deflate_block *block = &s->blocks[s->n_blocks - 1];
        ptrdiff_t length = step_length(s->steps[i]);
        block->n_steps++;
        block->n_bytes += length;
        if (s->steps[i] == LITERAL_STEP)
            block->counts.literals[*bytes]++;
        else {
            block->counts.literals[length_symbol(length)]++;
            block->counts.distances[step_symbol(s->steps[i])]++;
        }
        bytes += length;
    }
    join_blocks(s);
}

/* The price of a symbol; one that does not occur is taken for half of one that does once. */
static uint32_t price_of(uint32_t count, uint32_t log_total)
{
    uint32_t price = count ? log_total - log_of(count) : log_total + BIT;
    return price < BIT / 2 ? BIT / 2 : price;
}

static void price_symbols(prices *p, const symbol_counts *counts)
{
    uint64_t literals = 0, distances = 1;
    for (int i = 0; i < N_LITERALS; i++)
        literals += counts->literals[i];
    for (int i = 0; i < N_DISTANCES; i++)
        distances += counts->distances[i];
    uint32_t log_literals = log_of(literals), log_distances = log_of(distances);
    for (int i = 0; i < 256; i++)
        p->literals[i] = price_of(counts->literals[i], log_literals);
    for (int symbol = FIRST_LENGTH; symbol < N_LITERALS; symbol++) {
        uint32_t price = price_of(counts->literals[symbol], log_literals) + (uint32_t)length_extra(symbol) * BIT;
        ptrdiff_t base = length_base(symbol), end = base + (1 << length_extra(symbol));
        for (ptrdiff_t length = base; length < end && length <= LONGEST_MATCH; length++)
            p->lengths[length] = price;
    }
    for (int i = 0; i < N_DISTANCES; i++)
        p->distances[i] = price_of(counts->distances[i], log_distances) + (uint32_t)distance_extra(i) * BIT;
}

/* Find the cheapest way from each position to the end of the section, from there on backwards. */
static void find_steps(section *s)
{
    prices p;
    int block = s->n_blocks;
    ptrdiff_t from = s->end - s->begin, n = from;
    s->costs[n] = 0;
    for (ptrdiff_t i = n - 1; i >= 0; i--) {
        if (i < from) {
            from -= s->blocks[--block].n_bytes;
            price_symbols(&p, &s->blocks[block].counts);
        }
        uint32_t best = s->costs[i + 1] + p.literals[s->data[s->begin + i]], step = LITERAL_STEP;
        ptrdiff_t length = SHORTEST_MATCH;
        for (int32_t m = s->firsts[i]; m < s->firsts[i + 1]; m++) {
            uint32_t match = s->matches[m], price = p.distances[step_symbol(match)];
            for (; length <= step_length(match); length++) {
                uint32_t cost = s->costs[i + length] + price + p.lengths[length];
                if (cost < best) {
                    best = cost;
                    step = (match & ~((1u << LENGTH_BITS) - 1)) | (uint32_t)length;
                }
            }
        }
        s->costs[i] = best;
        s->steps[i] = step;
    }
    s->n_steps = 0;
    for (ptrdiff_t i = 0; i < n; i += step_length(s->steps[i]))
        s->costs[s->n_steps++] = s->steps[i];
    memcpy(s->steps, s->costs, sizeof *s->steps * (size_t)s->n_steps);
}

/* Begin with codes as they would be if every byte were a literal, and matches somewhat rarer. */
static void begin(section *s)
{
    deflate_block *block = s->blocks;
    memset(block, 0, sizeof *block);
    s->n_blocks = 1;
    block->n_bytes = s->end - s->begin;
    for (ptrdiff_t i = s->begin; i < s->end; i++)
        block->counts.literals[s->data[i]]++;
    for (int i = 0; i < 29; i++)
        block->counts.literals[FIRST_LENGTH + i] = (uint32_t)(block->n_bytes >> (3 + (i < 8 ? i / 2 : 4)));
    for (int i = 0; i < N_DISTANCES; i++)
        block->counts.distances[i] = 1;
}

ptrdiff_t deflate_best(const uint8_t *data, ptrdiff_t start, ptrdiff_t n, int last, int depth, int rounds, int32_t *chains,
                       uint32_t *scratch, uint8_t *out)
{
    bit_writer writer = {out, 0, 0};
    section s = {.data = data, .n = n, .depth = depth};
    for (int kind = 0; kind < 2; kind++) {
        s.chains[kind].heads = chains + kind * DEFLATE_CHAINS / 2;
        s.chains[kind].previous = s.chains[kind].heads + (1 << DEFLATE_CHAIN_BITS);
        for (ptrdiff_t i = 0; i < 1 << DEFLATE_CHAIN_BITS; i++)
            s.chains[kind].heads[i] = -1;
    }
    s.matches = scratch;
    s.steps = scratch + DEFLATE_MATCHES;
    s.costs = s.steps + DEFLATE_SECTION + 1;
    s.firsts = (int32_t *)(s.costs + DEFLATE_SECTION + 1);
    for (s.begin = start; s.begin < n; s.begin = s.end) {
        s.end = n - s.begin < DEFLATE_SECTION ? n : s.begin + DEFLATE_SECTION;
        find_all_matches(&s);
        begin(&s);
        for (int i = 0; i < rounds; i++) {
            find_steps(&s);
            cut_blocks(&s);
        }
        const uint8_t *bytes = data + s.begin;
        const uint32_t *steps = s.steps;
        for (int i = 0; i < s.n_blocks; i++) {
            put_block(&writer, &s.blocks[i], bytes, steps, last && s.end == n && i == s.n_blocks - 1);
            bytes += s.blocks[i].n_bytes;
            steps += s.blocks[i].n_steps;
        }
    }
    put_end(&writer, last, start < n);
    return writer.to - out;
}
