/* The kernels of volumes, for which kernels.h says how to read this. z are slices, y rows, x columns. */
#ifndef IMGCLUSTER_VOLUME_H
#define IMGCLUSTER_VOLUME_H

#include <stddef.h>
#include <stdint.h>

#include "kernels.h"

/* volume.c: k-means that moves blocks on the borders of segments, as boundary.c does in pictures. sums [k, d + 5] are of w f, w z, w y, w x, w
   and w sum_c floor(f_c^2 / 256), with z, y and x in blocks: whole numbers below 2^53, which doubles add exactly in any order. segments [k,
   d + 5] hold mean, z, y, x, weight of position and 1 / size. */
typedef struct {
    IN const int16_t *features; /* [depth, height, width, d], d a multiple of 4 */
    IN const uint16_t *weights; /* [depth, height, width]: voxels in a block; NULL: 1 each */
    INOUT int32_t *labels;      /* [depth, height, width]; -1 is outside, and stays there */
    INOUT uint8_t *active;      /* [depth, height, width]: BLOCK_ACTIVE where a sweep is to look, BLOCK_UNSURE where a finer level is to */
    ptrdiff_t depth, height, width, d;
} volume_level;
typedef struct {
    double position; /* times (a segment's variance + variance) = its weight of position */
    double variance;
    double bonus;                  /* for each of the 26 neighbors with the same label */
    double margin;                 /* a block is unsure if another segment costs less than its own and this */
    double side_z, side_y, side_x; /* squared lengths of a block */
} volume_terms;
void volume_sums(int isa, const volume_level *level, ptrdiff_t first_slice, ptrdiff_t last_slice, INOUT double *sums);
void volume_segments(const volume_terms *terms, IN const double *sums, ptrdiff_t k, ptrdiff_t d, OUT double *segments);
/* One sweep over slices; returns how many blocks moved. sums and segments, whose first row is that of first_label, follow every move; sums may
   be NULL in a last sweep, in which segments stay and nothing is woken. Reads and wakes one slice beyond either end. candidates holds
   width + 1 numbers. */
ptrdiff_t volume_move(int isa, const volume_level *level, const volume_terms *terms, ptrdiff_t first_slice, ptrdiff_t last_slice,
                      int32_t first_label, INOUT double *segments, INOUT double *sums, int32_t *candidates);

/* volume_levels.c: how many blocks of a level, along z, y and x, make one of the next coarser: 1 or 2. */
typedef struct {
    ptrdiff_t along_z, along_y, along_x;
} block_sides;
/* Means of blocks, weighted; no weights means 1 each. coarse has ceil(depth / along_z) slices, and so on; totals [d] is scratch. */
void volume_halve(IN const int16_t *fine, IN const uint16_t *fine_weights, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d,
                  block_sides sides, OUT int16_t *coarse, OUT uint16_t *weights, int64_t *totals);
/* Each block becomes several of [depth, height, width], active if it was that or unsure; labels are -1 where the mask (may be NULL) is 0. */
void volume_double(IN const int32_t *labels, IN const uint8_t *active, IN const uint8_t *mask, ptrdiff_t depth, ptrdiff_t height,
                   ptrdiff_t width, block_sides sides, OUT int32_t *fine_labels, OUT uint8_t *fine_active);

/* volume_regions.c: label maps [depth, height, width], negative outside; what touches has a common face. */
/* As label_components and region_edges (kernels.h), which are those of a single slice. parents is scratch [depth * height * width]. */
ptrdiff_t volume_components(IN const int32_t *labels, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width, OUT int32_t *components,
                            int32_t *parents);
ptrdiff_t volume_edges(IN const int32_t *labels, IN const int16_t *features, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width,
                       ptrdiff_t d, int bits, int32_t *table, ptrdiff_t capacity, OUT region_borders *borders);
/* Add voxels, z, y and x to sums [n, 4] of each label; boxes [n, 6]: first slice, row and column, and those behind the last. Both 0 at first. */
void volume_shapes(IN const int32_t *labels, ptrdiff_t depth, ptrdiff_t height, ptrdiff_t width, INOUT int64_t *sums, INOUT int32_t *boxes);

#endif
