#include <string.h>

#include "isa.h"
#include "kernels.h"
#include "volume.h"

/* Where a block is. */
typedef struct {
    ptrdiff_t z, y, x;
} block_place;

/* A set of the blocks in 3 x 3 x 3 is a number of 27 bits: x counts 1, y 3, z 9. */
enum { ALL = (1 << 27) - 1, MIDDLE = 1 << 13 };
enum { FACES = 1 << 4 | 1 << 10 | 1 << 12 | 1 << 14 | 1 << 16 | 1 << 22, CORNERS = 5 | 5 << 6 | 5 << 18 | 5 << 24 };
enum { LOW_X = 0x1249249, HIGH_X = LOW_X << 2, LOW_Y = 7 | 7 << 9 | 7 << 18, HIGH_Y = LOW_Y << 6 };

/* The set and what lies beside it along x, y, or z. */
static inline unsigned wide_x(unsigned s) { return s | (s & ~HIGH_X) << 1 | (s & ~LOW_X) >> 1; }
static inline unsigned wide_y(unsigned s) { return s | (s & ~HIGH_Y) << 3 | (s & ~LOW_Y) >> 3; }
static inline unsigned wide_z(unsigned s) { return (s | s << 9 | s >> 9) & ALL; }

/* Whether a block, of whose neighbors these belong to its own segment, may leave without cutting that in two or piercing it: a simple point
   for 6-connected segments and 26-connected surroundings. Its neighbors behind faces must be connected, by faces, in the 18 around it, and all
   neighbors of other segments by faces, edges or corners (Bertrand and Malandain, Pattern Recognition Letters 15 (1994)). */
static int may_leave(unsigned same)
{
    unsigned near = same & ~CORNERS, faces = same & FACES, reached = faces & (0u - faces), last = 0;
    if (!faces)
        return 0;
    while (reached != last && faces & ~reached) {
        last = reached;
        reached = (wide_x(last) | wide_y(last) | wide_z(last)) & near;
    }
    if (faces & ~reached)
        return 0;
    unsigned others = ALL & ~MIDDLE & ~same;
    for (reached = others & (0u - others), last = 0; reached != last; reached = wide_z(wide_y(wide_x(last))) & others)
        last = reached;
    return reached == others;
}

#define ISA_BODY "volume.inc.h"
#include "each_isa.h"

void volume_sums(int isa, const volume_level *level, ptrdiff_t first_slice, ptrdiff_t last_slice, double *sums)
{
    static void (*const body[])(const volume_level *, ptrdiff_t, ptrdiff_t, double *) = ISA_TABLE(add_up);
    body[isa](level, first_slice, last_slice, sums);
}

void volume_segments(const volume_terms *terms, const double *sums, ptrdiff_t k, ptrdiff_t d, double *segments)
{
    for (ptrdiff_t i = 0; i < k; i++)
        describe_baseline(terms, sums + i * (d + 5), d, segments + i * (d + 5));
}

ptrdiff_t volume_move(int isa, const volume_level *level, const volume_terms *terms, ptrdiff_t first_slice, ptrdiff_t last_slice,
                      int32_t first_label, double *segments, double *sums, int32_t *candidates)
{
    static ptrdiff_t (*const body[])(const volume_level *, const volume_terms *, ptrdiff_t, ptrdiff_t, int32_t, double *, double *,
                                     int32_t *) = ISA_TABLE(move_slices);
    return body[isa](level, terms, first_slice, last_slice, first_label, segments, sums, candidates);
}
