/* Outlines of labels along pixel corners. Every side between a pixel and another label is walked once, with the label on its right hand as
   rows run down, so that rings around it have a positive area and rings around its holes a negative one. */
#include "kernels.h"

/* One side of a pixel: 0 top, 1 right, 2 bottom, 3 left; walked in direction `side`: right, down, left, up. */
typedef struct {
    ptrdiff_t y, x;
    int side;
} walker;

typedef struct {
    const int32_t *labels;
    ptrdiff_t height, width;
    uint8_t *walked;
} map;

static const int DOWN[4] = {0, 1, 0, -1}, RIGHT[4] = {1, 0, -1, 0};

static int is_label(const map *m, ptrdiff_t y, ptrdiff_t x, int32_t label)
{
    return y >= 0 && x >= 0 && y < m->height && x < m->width && m->labels[y * m->width + x] == label;
}

enum { STRAIGHT, TURN, PINCH };

/* Go to the next side. Where two pixels touch at a corner alone the ring turns away from the other one: it stays with one 4-connected piece,
   but may come to that corner again, which is called a pinch. */
static int step(const map *m, int32_t label, walker *w)
{
    int outward = (w->side + 3) & 3;
    ptrdiff_t y = w->y + DOWN[w->side], x = w->x + RIGHT[w->side];
    int beside = is_label(m, y + DOWN[outward], x + RIGHT[outward], label);
    if (!is_label(m, y, x, label)) {
        w->side = (w->side + 1) & 3;
        return beside ? PINCH : TURN;
    }
    w->y = y;
    w->x = x;
    if (!beside)
        return STRAIGHT;
    w->y += DOWN[outward];
    w->x += RIGHT[outward];
    w->side = outward;
    return TURN;
}

static void mark(const map *m, const walker *w, int is_walked)
{
    ptrdiff_t i = w->y * m->width + w->x;
    if (w->side)
        return;
    if (is_walked)
        m->walked[i >> 3] |= (uint8_t)(1 << (i & 7));
    else
        m->walked[i >> 3] &= (uint8_t)~(1 << (i & 7));
}

/* Walk the ring through the top side of a pixel and mark its top sides as walked, or not; write the corners if there is room for all. */
static ptrdiff_t walk(const map *m, ptrdiff_t start, int is_walked, int32_t *vertices, ptrdiff_t room, int32_t *pinches)
{
    walker w = {start / m->width, start % m->width, 0}, first = w;
    int32_t label = m->labels[start];
    ptrdiff_t n = 0;
    *pinches = 0;
    do {
        walker before = w;
        mark(m, &w, is_walked);
        int turn = step(m, label, &w);
        if (turn == STRAIGHT)
            continue;
        if (n < room) {
            vertices[2 * n] = (int32_t)(before.x + (before.side == 0 || before.side == 1));
            vertices[2 * n + 1] = (int32_t)(before.y + (before.side == 1 || before.side == 2));
        }
        *pinches += turn == PINCH;
        n++;
    } while (w.side || w.y != first.y || w.x != first.x);
    return n;
}

outline_part trace_outlines(const int32_t *labels, ptrdiff_t height, ptrdiff_t width, ptrdiff_t start, uint8_t *walked, int32_t *vertices,
                            ptrdiff_t vertices_room, int32_t *rings, ptrdiff_t rings_room)
{
    map m = {labels, height, width, walked};
    outline_part n = {0, 0, start};
    for (ptrdiff_t i = start; i < height * width; n.next = ++i) {
        /* every ring has a top side */
        if (labels[i] < 0 || (i >= width && labels[i - width] == labels[i]) || walked[i >> 3] >> (i & 7) & 1)
            continue;
        int32_t pinches;
        ptrdiff_t room = n.rings < rings_room ? vertices_room - n.vertices : 0;
        ptrdiff_t found = walk(&m, i, 1, vertices + 2 * n.vertices, room, &pinches);
        if (found > room) {
            walk(&m, i, 0, NULL, 0, &pinches);
            return n;
        }
        int32_t *ring = rings + 3 * n.rings++;
        ring[0] = labels[i];
        ring[1] = (int32_t)n.vertices;
        ring[2] = pinches;
        n.vertices += found;
    }
    return n;
}
