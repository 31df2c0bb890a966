/* Outlines of 4-connected components along pixel corners. Every side between a pixel and another component is walked once, with the
   component on its right hand as rows run down, so that rings around it have a positive area and rings around its holes a negative one. */
#include "kernels.h"

/* One side of a pixel: 0 top, 1 right, 2 bottom, 3 left; walked in direction `side`: right, down, left, up. */
typedef struct {
    ptrdiff_t y, x;
    int side;
} walker;

static const int DOWN[4] = {0, 1, 0, -1}, RIGHT[4] = {1, 0, -1, 0};

static int32_t component_at(const int32_t *components, ptrdiff_t height, ptrdiff_t width, ptrdiff_t y, ptrdiff_t x)
{
    return y < 0 || x < 0 || y >= height || x >= width ? -1 : components[y * width + x];
}

/* Go to the next side; returns whether that took a turn. Where two pixels touch at a corner alone, keep to what lies between them: a
   component that is 4-connected then passes each corner at most once a ring. */
static int step(const int32_t *components, ptrdiff_t height, ptrdiff_t width, walker *w)
{
    int32_t component = components[w->y * width + w->x];
    int outward = (w->side + 3) & 3;
    ptrdiff_t y = w->y + DOWN[w->side], x = w->x + RIGHT[w->side];
    if (component_at(components, height, width, y + DOWN[outward], x + RIGHT[outward]) == component) {
        w->y = y + DOWN[outward];
        w->x = x + RIGHT[outward];
        w->side = outward;
        return 1;
    }
    if (component_at(components, height, width, y, x) == component) {
        w->y = y;
        w->x = x;
        return 0;
    }
    w->side = (w->side + 1) & 3;
    return 1;
}

outline_sizes trace_outlines(const int32_t *components, ptrdiff_t height, ptrdiff_t width, uint8_t *walked, int32_t *vertices,
                             int32_t *rings)
{
    outline_sizes n = {0, 0};
    for (ptrdiff_t i = 0; i < height * width; i++) {
        /* every ring has a top side, and that of the first pixel of a component lies on its outer ring */
        if (components[i] < 0 || walked[i] || (i >= width && components[i - width] == components[i]))
            continue;
        walker w = {i / width, i % width, 0};
        if (rings) {
            rings[2 * n.rings] = components[i];
            rings[2 * n.rings + 1] = (int32_t)n.vertices;
        }
        n.rings++;
        do {
            walker before = w;
            if (w.side == 0)
                walked[w.y * width + w.x] = 1;
            if (!step(components, height, width, &w))
                continue;
            if (vertices) {
                vertices[2 * n.vertices] = (int32_t)(before.x + (before.side == 0 || before.side == 1));
                vertices[2 * n.vertices + 1] = (int32_t)(before.y + (before.side == 1 || before.side == 2));
            }
            n.vertices++;
        } while (w.side || w.y != i / width || w.x != i % width);
    }
    return n;
}
