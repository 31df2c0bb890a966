/* What is inside a mask: the blur of its edge, and its 4-connected pieces by runs of rows. Masks hold 0 and 1, so that memchr finds the
   end of a run: a mask of nearly everything costs little more than none. */
#include <string.h>

#include "kernels.h"

static ptrdiff_t next_of(const uint8_t *row, int value, ptrdiff_t from, ptrdiff_t width)
{
    const uint8_t *found = memchr(row + from, value, (size_t)(width - from));
    return found ? found - row : width;
}

/* (before + 2 here + behind) / 4, where a neighbor beyond an edge counts as `here` itself, as in blur_rows. */
static int smooth(int before, int here, int behind, int edge)
{
    int down = before - here, up = behind - here;
    down = down <= edge && down >= -edge ? down : 0;
    up = up <= edge && up >= -edge ? up : 0;
    return here + ((down + up + 2) >> 2);
}

/* A feature of a pixel inside, smoothed down: neighbors outside count as the pixel itself. */
static int smooth_down(const int16_t *rows, const uint8_t *mask, ptrdiff_t width, ptrdiff_t d, ptrdiff_t x, ptrdiff_t c, int edge)
{
    const int16_t *at = rows + x * d + c;
    int here = at[width * d];
    return smooth(mask[x] ? at[0] : here, here, mask[2 * width + x] ? at[2 * width * d] : here, edge);
}

/* The same across. */
static void blur_pixel(const int16_t *rows, const uint8_t *mask, ptrdiff_t width, ptrdiff_t d, ptrdiff_t x, int edge, int16_t *out)
{
    const uint8_t *own = mask + width;
    for (ptrdiff_t c = 0; c < d; c++) {
        int here = smooth_down(rows, mask, width, d, x, c, edge), left = here, right = here;
        if (x > 0 && own[x - 1])
            left = smooth_down(rows, mask, width, d, x - 1, c, edge);
        if (x + 1 < width && own[x + 1])
            right = smooth_down(rows, mask, width, d, x + 1, c, edge);
        out[x * d + c] = (int16_t)smooth(left, here, right, edge);
    }
}

void blur_masked(const int16_t *rows, const uint8_t *mask, ptrdiff_t n_rows, ptrdiff_t width, ptrdiff_t d, int16_t edge, int16_t *out)
{
    for (ptrdiff_t y = 0; y < n_rows; y++, rows += width * d, mask += width, out += width * d)
        for (int v = 0; v < 3; v++) {
            const uint8_t *row = mask + v * width;
            for (ptrdiff_t from = next_of(row, 0, 0, width), to; from < width; from = next_of(row, 0, to, width)) {
                to = next_of(row, 1, from, width);
                ptrdiff_t last = to < width ? to : width - 1;
                for (ptrdiff_t x = from ? from - 1 : 0; x <= last; x++)
                    if (mask[width + x])
                        blur_pixel(rows, mask, width, d, x, edge, out);
                if (to == width)
                    break;
            }
        }
}

ptrdiff_t count_runs(const uint8_t *mask, ptrdiff_t height, ptrdiff_t width)
{
    ptrdiff_t n = 0;
    for (ptrdiff_t y = 0; y < height; y++, mask += width)
        for (ptrdiff_t x = next_of(mask, 1, 0, width); x < width; n++) {
            x = next_of(mask, 0, x, width);
            x = x < width ? next_of(mask, 1, x, width) : width;
        }
    return n;
}

static int32_t root_of(int32_t *parents, int32_t i)
{
    while (parents[i] != i) {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    return i;
}

/* Join two runs; the root is the lower one. */
static void join(int32_t *parents, int32_t i, int32_t j)
{
    int32_t a = root_of(parents, i), b = root_of(parents, j);
    if (a < b)
        parents[b] = a;
    else
        parents[a] = b;
}

ptrdiff_t mask_pieces(const uint8_t *mask, ptrdiff_t height, ptrdiff_t width, int64_t *firsts, int32_t *lengths, int32_t *pieces)
{
    int32_t n = 0, above = 0, begin = 0; /* runs of the row above: [above, begin) */
    for (ptrdiff_t y = 0; y < height; y++, above = begin, begin = n) {
        const uint8_t *row = mask + y * width;
        ptrdiff_t base = y * width;
        int32_t near = above;
        for (ptrdiff_t x = next_of(row, 1, 0, width), end; x < width; x = end < width ? next_of(row, 1, end, width) : width) {
            end = next_of(row, 0, x, width);
            firsts[n] = base + x;
            lengths[n] = (int32_t)(end - x);
            pieces[n] = n;
            for (; near < begin && firsts[near] + lengths[near] <= base - width + x; near++)
                ;
            for (int32_t i = near; i < begin && firsts[i] < base - width + end; i++)
                join(pieces, i, n);
            n++;
        }
    }
    int32_t found = 0;
    for (int32_t i = 0; i < n; i++) /* a parent is lower than its child, so it has its number first */
        pieces[i] = pieces[i] == i ? found++ : pieces[pieces[i]];
    return found;
}
