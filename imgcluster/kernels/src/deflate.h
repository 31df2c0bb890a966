/* What deflate_parse.c and deflate_code.c share: symbols of deflate (RFC 1951, 3.2.5), and the steps that a stream is made of. */
#ifndef IMGCLUSTER_DEFLATE_H
#define IMGCLUSTER_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

enum { SHORTEST_MATCH = 3, LONGEST_MATCH = 258, N_LITERALS = 286, N_DISTANCES = 30, BLOCK_END = 256, FIRST_LENGTH = 257 };

/* A literal is the number 1; a match has its length in 9 bits, then its distance's symbol in 5, and the distance less 1. */
enum { LENGTH_BITS = 9, SYMBOL_BITS = 5, LITERAL_STEP = 1 };
static inline ptrdiff_t step_length(uint32_t step) { return step & ((1u << LENGTH_BITS) - 1); }
static inline int step_symbol(uint32_t step) { return step >> LENGTH_BITS & ((1u << SYMBOL_BITS) - 1); }
static inline uint32_t step_distance(uint32_t step) { return (step >> (LENGTH_BITS + SYMBOL_BITS)) + 1; }

/* How often symbols occur in a block. */
typedef struct {
    uint32_t literals[N_LITERALS], distances[N_DISTANCES];
} symbol_counts;

/* Steps that have one code. */
typedef struct {
    ptrdiff_t n_steps, n_bytes;
    symbol_counts counts;
} deflate_block;

typedef struct {
    uint8_t *to;
    uint64_t bits;
    int n_bits;
} bit_writer;

/* Code of a length: its symbol, and the extra bits behind that. */
int length_symbol(ptrdiff_t length);
int length_extra(int symbol);
int length_base(int symbol);
/* The symbol of a distance. */
int distance_symbol(uint32_t distance);
static inline int distance_extra(int symbol) { return symbol < 4 ? 0 : symbol / 2 - 1; }

void put_bits(bit_writer *writer, uint32_t value, int n);
/* Write a block: bytes and steps are its own. */
void put_block(bit_writer *writer, const deflate_block *block, const uint8_t *bytes, const uint32_t *steps, int last);
/* End a stream, or go on at a whole byte. */
void put_end(bit_writer *writer, int last, int has_blocks);

#endif
