/* The kernels, as module.c calls them. They know buffers, never Python; they allocate nothing and keep no state.
   IN, OUT and INOUT say what happens to an array; shapes stand in brackets. `isa` is a level of isa.h. */
#ifndef IMGCLUSTER_KERNELS_H
#define IMGCLUSTER_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define IN
#define OUT
#define INOUT

/* What one assignment pass found, beside the arrays it filled. */
typedef struct {
    double objective; /* sum of w * squared distance to the nearest center */
    int64_t changed;  /* points whose label is another than before */
} assign_result;

/* assign.c: any (n, d) array. scratch holds ASSIGN_BLOCK * d elements of the array's type, middle d, columns k * d, and screen
   (k + ASSIGN_BLOCK) * (d + 1). */
enum { ASSIGN_BLOCK = 64 };
assign_result assign_f32(int isa, IN const float *X, IN const double *w, ptrdiff_t n, ptrdiff_t d, IN const float *centers, ptrdiff_t k,
                         INOUT int32_t *labels, OUT float *distances, OUT double *sums, OUT double *counts, float *scratch, double *middle,
                         float *columns, float *screen);
assign_result assign_f64(int isa, IN const double *X, IN const double *w, ptrdiff_t n, ptrdiff_t d, IN const double *centers, ptrdiff_t k,
                         INOUT int32_t *labels, OUT double *distances, OUT double *sums, OUT double *counts, double *scratch,
                         double *middle, double *columns, float *screen);
/* Lloyd passes until no label changes, most_passes, or no hope to come below the target; and then, so many times at most, exchanges of single
   points (Hartigan) with Lloyd passes after them. columns holds k * d doubles, costs k, narrow k * d elements of the array's type. Labels,
   distances, sums and counts are of the last pass. */
typedef struct {
    double objective; /* of these labels and centers */
    int64_t passes;
} settle_result;
settle_result settle_f32(int isa, IN const float *X, IN const double *w, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, ptrdiff_t most_passes,
                         ptrdiff_t most_exchanges, double target, INOUT double *centers, INOUT int32_t *labels, OUT float *distances,
                         OUT double *sums, OUT double *counts, double *columns, double *costs, float *narrow, float *scratch);
settle_result settle_f64(int isa, IN const double *X, IN const double *w, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, ptrdiff_t most_passes,
                         ptrdiff_t most_exchanges, double target, INOUT double *centers, INOUT int32_t *labels, OUT double *distances,
                         OUT double *sums, OUT double *counts, double *columns, double *costs, double *narrow, double *scratch);
/* out[i] = min(distances[i], ||x_i - c||^2) with a point a column of Xt [d, n]; returns sum of w * out. */
double nearer_f32(int isa, IN const float *Xt, IN const double *w, ptrdiff_t n, ptrdiff_t d, IN const float *center,
                  IN const float *distances, OUT float *out);
double nearer_f64(int isa, IN const double *Xt, IN const double *w, ptrdiff_t n, ptrdiff_t d, IN const double *center,
                  IN const double *distances, OUT double *out);

/* ward.c: merge clusters, a column of columns [d, n] each, until k of them are finite: those that were merged into others are infinite.
   costs and least hold n doubles, partner n numbers. */
void ward(ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, INOUT double *columns, INOUT double *sizes, double *costs, double *least,
          int32_t *partner);

/* octree.c: points in three dimensions, sorted by their Morton keys. Nodes stand in depth-first order; a leaf's skip is the node behind it. */
enum { OCTREE_BLOCK = 16, OCTREE_MAX_K = 4096 };
typedef struct {
    int32_t begin, end; /* its points */
    int32_t skip;       /* the first node that is not below it */
} octree_node;
typedef struct {
    IN const float *points;      /* [3, n + OCTREE_BLOCK], one row a dimension */
    IN const double *w;          /* [n] */
    IN const octree_node *nodes; /* [m] */
    IN const float *boxes;       /* [m, 6]: low and high corner */
    IN const double *totals;     /* [m, 4]: sums of w, w x, w y, w z */
    ptrdiff_t n, m;
} octree;
/* Write the nodes (only count them when nodes is NULL); returns how many. levels is the number of bits of a coordinate. */
ptrdiff_t octree_build(IN const uint32_t *keys, ptrdiff_t n, int levels, ptrdiff_t leaf_size, OUT octree_node *nodes);
/* Fill boxes and totals of every node. */
void octree_summarize(const octree *tree, OUT float *boxes, OUT double *totals);
/* Assign the points below the nodes in roots; returns how many labels changed. node_label[i] is the label of all points below a node, -1 where
   they differ or it is not known. centers is [3, k]; totals [k, 4] gains the sums of w, w x, w y, w z of each cluster. */
int64_t octree_assign(int isa, const octree *tree, IN const int32_t *roots, ptrdiff_t n_roots, IN const float *centers, ptrdiff_t k,
                      INOUT int32_t *labels, INOUT int32_t *node_label, INOUT double *totals);

/* em.c: one step of EM for mixtures of Gaussians; soft k-means is the one with equal weights and covariances. */
enum { EM_BLOCK = 64 };
typedef struct {
    IN const double *means;        /* [k, d] */
    IN const double *factors;      /* Cholesky factors of the inverse covariances: [k, d], or upper triangular [k, d, d] when full */
    IN const double *coefficients; /* [k]: log of weight and normalizing constant */
    ptrdiff_t k, d;
    int full;
} em_model;
/* Add to sums [k, 1 + d + s] each component's sums of w r, w r (x - mean)_i, and w r (x - mean)_i (x - mean)_j for i <= j (s = d (d + 1) / 2,
   row by row) or i = j alone (s = d); returns the log-likelihood, sum of w log p(x). shares [n, k] gets r and densities [n] log p(x); each may be NULL.
   scratch holds EM_BLOCK * (2 d + 2 k) + 8 k (1 + d + s) doubles, reached k places. */
double em_step(int isa, const em_model *model, IN const double *X, IN const double *w, ptrdiff_t n, INOUT double *sums, OUT double *shares,
               OUT double *densities, double *scratch, ptrdiff_t *reached);

/* local_em.c: mixtures of Gaussians in color and position where a pixel knows only a few components. Pixels stand in square blocks; all of a
   block share the same candidates. Sums of a component: its shares r, r y_j and r y_j^2 for each channel, r u, r v, r u^2, r u v, r v^2, where
   y, u (rows), v (columns) are the differences from its mean times its factors. */
enum { LOCAL_EM_SIDE = 16, LOCAL_EM_CANDIDATES = 16, LOCAL_EM_CHANNELS = 16 };
#define LOCAL_EM_SUMS(channels) (6 + 2 * (channels))
typedef struct {
    IN const int16_t *features;   /* [height, width, depth], in 1 / LOCAL_EM_UNIT */
    IN const int32_t *labels;     /* [height, width]; negative outside */
    IN const int32_t *candidates; /* [block rows, block columns, LOCAL_EM_CANDIDATES], ascending, then -1 */
    ptrdiff_t height, width, depth, channels, side;
} local_image;
typedef struct {
    IN const double *means;        /* [k, channels + 2]: channels, row, column */
    IN const double *factors;      /* [k, channels + 3]: y_j = f_j dx_j; u = f_rr drow; v = f_rc drow + f_cc dcolumn */
    IN const double *coefficients; /* [k]: log of weight and normalizing constant */
} local_mixture;
/* Candidates of the rows of blocks first..last - 1: the labels found in each block and then, at every stride-th pixel, in its margin. Of too
   many those with most pixels in the block stay, then those with most around it, ties to the lowest. */
void local_candidates(IN const int32_t *labels, ptrdiff_t height, ptrdiff_t width, ptrdiff_t side, ptrdiff_t margin, ptrdiff_t stride,
                      ptrdiff_t first, ptrdiff_t last, OUT int32_t *candidates);
/* Add up the sums of these rows of blocks, returns the log-likelihood. hard: a pixel belongs to its label alone, and the return is 0. sums may be
   NULL; shares [height, width, LOCAL_EM_CANDIDATES], too. */
double local_em_step(int isa, const local_image *image, const local_mixture *mixture, int hard, ptrdiff_t first, ptrdiff_t last,
                     INOUT double *sums, OUT float *shares);
/* The best candidate of each pixel, ties to the lowest; -1 outside. */
void local_em_labels(int isa, const local_image *image, const local_mixture *mixture, ptrdiff_t first, ptrdiff_t last, OUT int32_t *labels);

/* histogram.c: colors as 24-bit keys in Morton (Z) order, so that key >> 3 * level is the cell at each level. */
enum { HISTOGRAM_CARRY = 255 };
/* Count pixels in table [2^24] and mark their cells in touched [2^15]. Each of the carries [n / 255 + 1] that come back stands for 255
   pixels more of that key; returns how many there are. */
ptrdiff_t histogram_count(IN const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, INOUT uint8_t *table, INOUT uint8_t *touched,
                          OUT uint32_t *carries);
/* Keys in ascending order and their counts (without carries), added over the tables; returns how many. keys may be NULL: only count. */
ptrdiff_t histogram_collect(IN const uint8_t *tables, ptrdiff_t n_tables, IN const uint8_t *touched, OUT uint32_t *keys,
                            OUT int64_t *counts);
void keys_from_colors(IN const uint8_t *colors, ptrdiff_t n, OUT uint32_t *keys);
void colors_from_keys(IN const uint32_t *keys, ptrdiff_t n, OUT uint8_t *colors);
void remap_pixels(IN const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, IN const uint8_t *table, OUT uint8_t *indices);
/* The squared distance of pixels to the colors [k, 3] of their indices (uint8, or uint16 if wide), summed; -1 if an index is not below k. */
int64_t squared_difference(IN const uint8_t *pixels, ptrdiff_t n, IN const uint8_t *colors, ptrdiff_t k, IN const void *indices, int wide);
void remap_pixels_wide(IN const uint8_t *pixels, ptrdiff_t n, ptrdiff_t channels, IN const uint16_t *table, OUT uint16_t *indices);

/* features.c: pixels as vectors of 16-bit integers, four a pixel or a multiple of it, so that sums are exact in any order. */
enum { LAB_CURVE = 7 * 1024 + 64, BLUR_EDGE_MAX = (1 << 14) - 2 };
typedef struct {
    IN const float *linear; /* [256 or 65536]: linear light of a shade, 0..1 */
    IN const float *matrix; /* [3, 3]: X, Y, Z over those of white, of red, of green, of blue */
    /* What X, Y and Z add to (L, a, b, 0), by the leading bits of (t + 2^-7): modulo 2^16, for the sum is small where the parts are not. */
    IN const uint16_t *x; /* [LAB_CURVE]: to a */
    IN const uint16_t *y; /* [LAB_CURVE, 4] */
    IN const uint16_t *z; /* [LAB_CURVE]: to b */
} lab_tables;
void lab_u8(int isa, const lab_tables *tables, IN const uint8_t *pixels, ptrdiff_t n, OUT int16_t *out);
void lab_u16(int isa, const lab_tables *tables, IN const uint16_t *pixels, ptrdiff_t n, OUT int16_t *out);
/* 1-2-1 both ways: rows [n_rows + 2, width, d] with a row before and one behind; scratch holds (width + 2) d. |rows| <= 16383. A neighbor
   that differs by more than edge, at most BLUR_EDGE_MAX, counts as the pixel itself. */
void blur_rows(int isa, IN const int16_t *rows, ptrdiff_t n_rows, ptrdiff_t width, ptrdiff_t d, int16_t edge, OUT int16_t *out,
               int16_t *scratch);
/* Means of blocks of 2 x 2, weighted; no weights means 1 each. coarse is [(height + 1) / 2, (width + 1) / 2, d], weights a number a block. */
void halve(int isa, IN const int16_t *fine, IN const uint16_t *fine_weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d,
           OUT int16_t *coarse, OUT uint16_t *weights);
/* mask.c: masks [height, width] of 0 and 1. */
/* After blur_rows: pixels inside with one outside around them are blurred as if it were like them. mask [n_rows + 2, width] */
void blur_masked(IN const int16_t *rows, IN const uint8_t *mask, ptrdiff_t n_rows, ptrdiff_t width, ptrdiff_t d, int16_t edge,
                 INOUT int16_t *out);
/* How many runs of 1 the rows have. */
ptrdiff_t count_runs(IN const uint8_t *mask, ptrdiff_t height, ptrdiff_t width);
/* Those runs in raster order, by their first pixels and lengths, and the 4-connected piece of each, numbered in raster order; returns how
   many pieces there are. Arrays are [count_runs]. */
ptrdiff_t mask_pieces(IN const uint8_t *mask, ptrdiff_t height, ptrdiff_t width, OUT int64_t *firsts, OUT int32_t *lengths,
                      OUT int32_t *pieces);
/* components.c: label maps [height, width], negative outside; connected means 4-connected. */
/* Number the components of equal label in raster order of their first pixels, -1 outside; returns how many. parents is scratch [height * width]. */
ptrdiff_t label_components(IN const int32_t *labels, ptrdiff_t height, ptrdiff_t width, OUT int32_t *components, int32_t *parents);
/* Renumber labels in raster order of their first pixels; numbers [highest label + 1] holds -1 at first, and the new number of each label
   afterwards. Returns how many. */
ptrdiff_t relabel(IN const int32_t *labels, ptrdiff_t n, INOUT int32_t *numbers, OUT int32_t *out);
/* out[i] = table[labels[i]], -1 outside; out may be labels. */
void map_labels(IN const int32_t *labels, ptrdiff_t n, IN const int32_t *table, OUT int32_t *out);
/* Tell which component each of the n components becomes part of: itself for the largest of each label (the first of equals) if it has
   min_size pixels; for others, wave by wave from those, the neighbor with the longest common border (ties to the lowest label, then
   component). An island without any such component becomes part of its first. names gets the components' labels. scratch holds
   4 n + 1 + n_labels + height * width elements, of which the last are touched only as far as pieces have pixels. */
void join_pieces(IN const int32_t *labels, IN const int32_t *components, ptrdiff_t height, ptrdiff_t width, ptrdiff_t n, ptrdiff_t n_labels,
                 ptrdiff_t min_size, OUT int32_t *owners, OUT int32_t *names, int32_t *scratch);

/* region_sums.c: labels below n, negative outside. sums, boxes, counts and starts begin as zeros. */
/* sums [n, 3]: pixels, sum of rows, sum of columns; boxes [n, 4]: top, left, bottom, right, the last two behind the segment. */
void region_shapes(IN const int32_t *labels, ptrdiff_t height, ptrdiff_t width, INOUT int64_t *sums, OUT int32_t *boxes);
/* Add value - center, or its square, over the pixels of each label: sums and centers [n, channels]. What is not finite is left out. */
#define REGION_COLORS_OF(name, type)                                                                                                       \
    void region_colors_##name(IN const int32_t *labels, ptrdiff_t n, IN const type *values, ptrdiff_t channels, IN const double *centers,  \
                              int squared, INOUT double *sums)
REGION_COLORS_OF(u8, uint8_t);
REGION_COLORS_OF(u16, uint16_t);
REGION_COLORS_OF(f32, float);
REGION_COLORS_OF(f64, double);
/* Count the finite values of each label and channel, and find the least and greatest: all [n_labels, channels]. */
#define REGION_RANGES_OF(name, type)                                                                                                       \
    void region_ranges_##name(IN const int32_t *labels, ptrdiff_t n, IN const type *values, ptrdiff_t channels, INOUT int64_t *counts,     \
                              OUT double *lows, OUT double *highs)
REGION_RANGES_OF(u8, uint8_t);
REGION_RANGES_OF(u16, uint16_t);
REGION_RANGES_OF(f32, float);
REGION_RANGES_OF(f64, double);
/* Put the finite values of a channel in the order of labels, those of one label in raster order: out [n], of which as many are set as there
   are such values; label k has those from starts[k] up to starts[k + 1], [n_labels + 1]. */
#define REGION_VALUES_OF(name, type)                                                                                                       \
    void region_values_##name(IN const int32_t *labels, ptrdiff_t n, IN const type *values, ptrdiff_t channels, ptrdiff_t channel,         \
                              ptrdiff_t n_labels, INOUT int64_t *starts, OUT type *out)
REGION_VALUES_OF(u8, uint8_t);
REGION_VALUES_OF(u16, uint16_t);
REGION_VALUES_OF(f32, float);
REGION_VALUES_OF(f64, double);

/* outlines.c: rings around the 4-connected pieces of labels and around their holes, those whose first top side lies from pixel `start` on, as many
   as there is room for. Writes the corners [vertices, 2] as x, y, and for each ring its label, where its corners begin and how many of them are
   pinches [rings, 3]. walked [height * width / 8 + 1] holds a bit a pixel, zeros at first, and goes from part to part. */
typedef struct {
    ptrdiff_t rings, vertices, next; /* next: where to go on, height * width at the end */
} outline_part;
outline_part trace_outlines(IN const int32_t *labels, ptrdiff_t height, ptrdiff_t width, ptrdiff_t start, uint8_t *walked,
                            OUT int32_t *vertices, ptrdiff_t vertices_room, OUT int32_t *rings, ptrdiff_t rings_room);

/* boundary.c: k-means that moves blocks on the borders of segments. sums [k, d + 4] are of w f, w y, w x, w and w sum_c floor(f_c^2 / 256), with
   y and x in blocks: whole numbers below 2^53, which doubles add exactly in any order. segments [k, d + 4] hold mean, y, x, weight of position
   and 1 / size. */
enum { BOUNDARY_SQUARE = 256, BLOCK_ACTIVE = 1, BLOCK_UNSURE = 2 };
typedef struct {
    IN const int16_t *features; /* [height, width, d], d a multiple of 4 */
    IN const uint16_t *weights; /* [height, width]: pixels in a block; NULL: 1 each */
    INOUT int32_t *labels;      /* [height, width]; -1 is outside, and stays there */
    INOUT uint8_t *active;      /* [height, width]: BLOCK_ACTIVE where a sweep is to look, BLOCK_UNSURE where a finer level is to */
    ptrdiff_t height, width, d;
} boundary_level;
typedef struct {
    double position; /* times (a segment's variance + variance) = its weight of position */
    double variance;
    double bonus;  /* for each of the eight neighbors with the same label */
    double margin; /* a block is unsure if another segment costs less than its own and this */
} boundary_terms;
void boundary_sums(int isa, const boundary_level *level, ptrdiff_t first_row, ptrdiff_t last_row, INOUT double *sums);
void boundary_segments(const boundary_terms *terms, IN const double *sums, ptrdiff_t k, ptrdiff_t d, OUT double *segments);
/* One sweep over rows; returns how many blocks moved. live: sums and segments follow every move; else sums [k, d + 4] only gain what moved,
   and may be NULL in a last sweep, which wakes nothing. numbers (may be NULL) says for each label which row of segments and sums is its own.
   Reads and wakes one row beyond either end. candidates holds width + 1 numbers. */
ptrdiff_t boundary_move(int isa, const boundary_level *level, const boundary_terms *terms, ptrdiff_t first_row, ptrdiff_t last_row,
                        int live, IN const int32_t *numbers, INOUT double *segments, INOUT double *sums, int32_t *candidates);
/* Number the labels that occur, 0, 1, ... in the order of their first places, and list them; returns how many. numbers [k] holds -1 at first,
   found has room for as many labels as may occur. Negative ones are outside. */
ptrdiff_t number_labels(IN const int32_t *labels, ptrdiff_t n, INOUT int32_t *numbers, OUT int32_t *found);
/* Each block becomes 2 x 2 of [height, width], active if it was that or unsure; labels are -1 where the mask (may be NULL) is 0. */
void double_level(IN const int32_t *labels, IN const uint8_t *active, IN const uint8_t *mask, ptrdiff_t height, ptrdiff_t width,
                  OUT int32_t *fine_labels, OUT uint8_t *fine_active);

/* region_graph.c: which regions touch, and which to join. */
typedef struct {
    INOUT int32_t *ends;      /* [m, 2]: regions */
    INOUT int64_t *lengths;   /* [m]: sides of pixels along which they meet */
    INOUT int64_t *contrasts; /* [m]: sum over these of ||f - f'||^2 */
} region_borders;
/* Borders in the order of their first meeting, ends in ascending order; returns how many, or -1 when more than capacity. Labels below 0 touch
   nothing. features [height, width, d] may be NULL: contrasts are then 0. table [2^bits], 2^bits > capacity, is scratch. */
ptrdiff_t region_edges(IN const int32_t *labels, IN const int16_t *features, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, int bits,
                       int32_t *table, ptrdiff_t capacity, OUT region_borders *borders);
typedef struct {
    double contrast;     /* weight of the mean contrast across the border beside the squared distance of the means */
    double floor;        /* added to both: among regions that do not differ, size decides */
    int power;           /* of the harmonic size n n' / (n + n'): 1 is Ward's criterion, more spares large regions */
    ptrdiff_t n_regions; /* where to stop */
} merge_terms;
/* Join the cheapest pair, of equals the first border, until n_regions are left or none touch; returns how many times. areas [n] and means [n, d]
   become those of what is joined; no pair has two borders. scratch holds 3 n + 4 m integers, costs m numbers. merges [n - 1, 2]: the second
   joined the first, which is the lower. */
ptrdiff_t merge_regions(const merge_terms *terms, ptrdiff_t n, ptrdiff_t d, ptrdiff_t m, INOUT double *areas, INOUT double *means,
                        INOUT region_borders *borders, int32_t *scratch, double *costs, OUT int32_t *merges, OUT double *heights);
/* What the n regions are called after these merges: numbers without holes, in the order of the lowest region of each. */
void merged_labels(ptrdiff_t n, IN const int32_t *merges, ptrdiff_t n_merges, OUT int32_t *labels);

/* slic.c: one pass of k-means over features and position, each center within its window. Pixels are visited in rows phase, phase + step, ...;
   SLIC_ROWS visited rows by SLIC_COLUMNS columns are a block, and a center is compared with all pixels of the blocks in its box. */
enum { SLIC_ROWS = 4, SLIC_COLUMNS = 16, SLIC_TILE = 32, SLIC_SCRATCH = SLIC_ROWS * SLIC_TILE * SLIC_COLUMNS };
typedef struct {
    IN const int16_t *features; /* [height, width, d], d a multiple of 4 */
    ptrdiff_t height, width, d, step, phase;
    float scale;             /* units of a feature in one pixel of distance */
    IN const float *centers; /* [k, d + 2]: features, row * scale, column * scale */
    IN const int32_t *boxes; /* [k, 4]: first and end row of blocks, first and end column of blocks */
    ptrdiff_t k;
} slic_problem;
/* Label the visited pixels of block rows first to end, but those whose label is negative; returns how many labels changed. A block in no box
   takes the center nearest to pixel (2, 8) of it by position. sums [k, d + 3] gains each label's sums of features, rows, columns, and pixels.
   candidates holds block columns + 3 + k + the columns of all boxes together; scratch d * SLIC_SCRATCH. */
int64_t slic_assign(int isa, const slic_problem *problem, ptrdiff_t first, ptrdiff_t end, INOUT int32_t *labels, INOUT int64_t *sums,
                    int32_t *candidates, float *scratch);

/* dither.c, diffusion.c: palettes for dithering, in linear light and in OKLab. An entry is DITHER_ENTRY numbers: its light over black and over
   white [6], OKLab of both [6], the squared distance in OKLab to the entry nearest to it, and whether it is opaque. */
enum { DITHER_ROOTS = 9 * 512 + 16, DITHER_SIDE = 32, DITHER_CELLS = DITHER_SIDE * DITHER_SIDE * DITHER_SIDE };
enum { DITHER_ENTRY = 16, DITHER_LAB = 6, DITHER_SPACING = 12, DITHER_OPAQUE = 13 };
typedef struct {
    IN const float *roots;         /* [DITHER_ROOTS]: cube roots by the leading bits of (t + 2^-9) */
    IN const float *entries;       /* [k, DITHER_ENTRY] */
    IN const int32_t *cells;       /* [DITHER_CELLS, 2]: where the candidates of a cell begin and end */
    IN const uint16_t *candidates; /* entries, ascending in each cell */
    ptrdiff_t k;
} dither_palette;
/* OKLab [n, 3] of linear light [n, 3], clipped to 0..1. */
void light_to_oklab(IN const float *roots, IN const float *light, ptrdiff_t n, OUT float *lab);
/* List for each cell that is inside [DITHER_CELLS] which of the n entries in `among` (ascending) may be nearest to a point of it. Returns how
   long the lists are together; they are complete if that is at most capacity. kept holds 2 n, distances n items. */
ptrdiff_t dither_cells(IN const float *entries, IN const uint16_t *among, ptrdiff_t n, IN const uint8_t *inside, OUT int32_t *cells,
                       OUT uint16_t *candidates, ptrdiff_t capacity, uint16_t *kept, float *distances);
/* Floyd and Steinberg's error diffusion over rows, of which the odd ones run backward. amounts [height, width] (may be NULL: 255) says how much
   of an error a pixel takes and gives, in 1/255; where that is 0, its index is given. thrift: how much farther, in squared spacings, the entry before or above may be. clear is the
   entry of clear pixels, or k. errors [2, width + 2, 3 or 6] and above [width] (-1 before the first row) go from band to band. indices are
   uint8, or uint16 if wide. */
void diffuse_rows(const dither_palette *palette, IN const float *light, IN const uint8_t *pixels, ptrdiff_t channels,
                  IN const uint8_t *amounts, ptrdiff_t height, ptrdiff_t width, ptrdiff_t first_row, float strength, float thrift,
                  int clear, INOUT float *errors, INOUT int32_t *above, INOUT void *indices, int wide);
/* ordered.c: dithering by thresholds in a square tile, 0..65535. A pixel takes one of n (at most 16) entries that together come close to its
   color, dark to light; strength says how much of what is lacking the next of them makes up for. Translucent pixels take the nearest. The entries of a color are found once while mixes keep it. */
enum { DITHER_MIX_BITS = 18 };
typedef struct {
    INOUT uint32_t *colors;  /* [2^DITHER_MIX_BITS]: the last color of each place, plus 1; 0 at first */
    INOUT uint16_t *entries; /* [2^DITHER_MIX_BITS, n] */
} dither_mixes;
void order_rows(const dither_palette *palette, IN const float *light, IN const uint8_t *pixels, ptrdiff_t channels, ptrdiff_t height,
                ptrdiff_t width, ptrdiff_t first_row, IN const uint16_t *tile, ptrdiff_t side, float strength, int n, int clear,
                const dither_mixes *mixes, OUT void *indices, int wide);
/* amounts.c: how much of an error each pixel takes and gives, in 1/255: all of it where the range of a channel over 3 x 3 pixels is at most its
   limit, nothing at twice that. A pixel takes no part if its limit is DITHER_NEVER, nor if one around it is DITHER_FLAT. pixels and limits have
   a row before and one behind. */
enum { DITHER_FLAT = 0, DITHER_NEVER = 1 };
void dither_amounts(IN const uint8_t *pixels, IN const uint8_t *limits, ptrdiff_t channels, ptrdiff_t height, ptrdiff_t width,
                    OUT uint8_t *amounts);
/* dither_fit.c: what the palette that minimizes the blurred error is solved from. pairs [k, k] gains the weighted products of blurs over pairs
   of pixels, by their entries, sums [k, 3] the weighted blurred light; each second row of pixels, with all around them up to DITHER_REACH away.
   Whole numbers, so that sums are exact. Pixels that are not opaque take no part. */
enum { DITHER_REACH = 3, DITHER_LIGHT = 1 << 14, DITHER_LUMA = 1024, DITHER_PAIRS = 1 << 15 };
typedef struct {
    IN const int32_t *light;   /* [256]: 0..DITHER_LIGHT */
    IN const int32_t *of_luma; /* [DITHER_LUMA] */
    IN const int32_t *pair;    /* [7, 7]: autocorrelation of the blur, at most DITHER_PAIRS in sum */
} dither_weights;
void pair_sums(const dither_weights *weights, IN const uint8_t *pixels, ptrdiff_t channels, IN const uint8_t *indices, ptrdiff_t height,
               ptrdiff_t width, ptrdiff_t k, INOUT int64_t *pairs, INOUT int64_t *sums);

/* rate_aware.c: palette indices that cost least in error and deflated size together. Costs are whole numbers: an error is the squared distance of
   a pixel's point to an entry's. */
enum { RATE_AWARE_SHORTEST = 3, RATE_AWARE_LONGEST = 258, RATE_AWARE_SHIFTS = 5 };
enum {
    RATE_AWARE_LITERAL = 19,
    RATE_AWARE_USE = 256
}; /* sixteenths of a bit of a literal for that there are lengths, too; what a use adds */
typedef struct {
    IN const int16_t *points;       /* [n, d]: coordinates of the distinct colors */
    IN const uint8_t *nearest;      /* [n]: the entry that is nearest to each */
    IN const uint8_t *allowed;      /* [n]: bits of the kinds of entries that it may take besides */
    IN const int16_t *palette;      /* [k, d]: coordinates of the entries */
    IN const uint8_t *kinds;        /* [k]: the kind of each, one bit */
    IN const uint8_t *neighbors;    /* [k, n_neighbors]: entries near to each, itself first: what a literal may be */
    IN const int64_t *prior;        /* [k]: positive: uses as literals before there are any */
    IN const int64_t *length_costs; /* [RATE_AWARE_LONGEST + 1]: of a match of so many pixels */
    IN const int64_t
        *distance_costs; /* [1 + RATE_AWARE_SHIFTS]: of a run, of a copy of what is above, and left, right, 2 left, 2 right of that */
    ptrdiff_t k, d, n_neighbors;
    int64_t literal_price; /* of a sixteenth of a bit, times 256 */
    int64_t limit;         /* no pixel has a larger error, unless its nearest entry has */
    int64_t change_cost;   /* of another entry than that of the pixel above, */
    int64_t change_limit;  /* if that one's error is no larger than this */
} rate_aware_model;
/* ids [height, width] number the points. above [width] are the indices of the row above the first, or NULL; uses [k] those of literals in
   the rows before, 0 at first. costs holds (1 + RATE_AWARE_SHIFTS) * width + 1 + k numbers, steps 3 * (width + 1). */
void rate_aware_rows(const rate_aware_model *model, IN const int32_t *ids, IN const uint8_t *above, ptrdiff_t height, ptrdiff_t width,
                     INOUT int64_t *uses, OUT uint8_t *indices, int64_t *costs, int32_t *steps);

/* deflate_parse.c: a raw deflate stream of data[start:n], which may refer to what is before it. depth is how many earlier places are compared
   with each, rounds how often codes are found anew. If it is not the last of a longer stream, it ends at a whole byte. chains holds
   DEFLATE_CHAINS numbers, scratch DEFLATE_SCRATCH; out has room for n - start + (n - start) / 64 + 64 bytes. Returns how many are written. */
enum { DEFLATE_CHAIN_BITS = 15, DEFLATE_CHAINS = 4 << 15, DEFLATE_SECTION = 1 << 18, DEFLATE_MATCHES = 12 * DEFLATE_SECTION };
enum { DEFLATE_SCRATCH = DEFLATE_MATCHES + 3 * (DEFLATE_SECTION + 1) };
ptrdiff_t deflate_best(IN const uint8_t *data, ptrdiff_t start, ptrdiff_t n, int last, int depth, int rounds, int32_t *chains,
                       uint32_t *scratch, OUT uint8_t *out);

#endif
