/* The bodies of features.c. Halves are taken so that sums of features stay within 16 bits. */
static void ISA(blur_rows)(const int16_t *rows, ptrdiff_t n_rows, ptrdiff_t width, ptrdiff_t d, int16_t *out, int16_t *scratch)
{
    ptrdiff_t n = width * d;
    int16_t *across = scratch + d; /* with a pixel before and one behind, copies of the outermost */
    for (ptrdiff_t y = 0; y < n_rows; y++, rows += n, out += n) {
        const int16_t *above = rows, *here = rows + n, *below = here + n;
        for (ptrdiff_t i = 0; i < n; i++)
            across[i] = (int16_t)((int16_t)(((int16_t)(above[i] + below[i]) >> 1) + here[i] + 1) >> 1);
        for (ptrdiff_t i = 0; i < d; i++) {
            scratch[i] = across[i];
            across[n + i] = across[n - d + i];
        }
        const int16_t *left = scratch, *middle = scratch + d, *right = scratch + 2 * d;
        for (ptrdiff_t i = 0; i < n; i++)
            out[i] = (int16_t)((int16_t)(((int16_t)(left[i] + right[i]) >> 1) + middle[i] + 1) >> 1);
    }
}

/* One block of up to four, at the border or where weights differ: the weighted mean, rounded to the nearest. */
static void ISA(mean_block)(const int16_t *fine, const uint16_t *fine_weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, ptrdiff_t y,
                            ptrdiff_t x, int16_t *coarse, uint16_t *weight)
{
    int64_t n = 0;
    for (ptrdiff_t c = 0; c < d; c++) {
        int64_t sum = 0;
        n = 0;
        for (ptrdiff_t v = 2 * y; v < 2 * y + 2 && v < height; v++)
            for (ptrdiff_t u = 2 * x; u < 2 * x + 2 && u < width; u++) {
                int64_t w = fine_weights ? fine_weights[v * width + u] : 1;
                n += w;
                sum += w * fine[(v * width + u) * d + c];
            }
        coarse[c] = (int16_t)(n ? (sum + (sum < 0 ? -n : n) / 2) / n : 0);
    }
    *weight = (uint16_t)n;
}

static void ISA(halve)(const int16_t *fine, const uint16_t *fine_weights, ptrdiff_t height, ptrdiff_t width, ptrdiff_t d, int16_t *coarse,
                       uint16_t *weights)
{
    ptrdiff_t half = (width + 1) / 2;
    for (ptrdiff_t y = 0; 2 * y < height; y++, coarse += half * d, weights += half)
        for (ptrdiff_t x = 0; x < half; x++) {
            ptrdiff_t at = 2 * y * width + 2 * x;
            const uint16_t *w = fine_weights ? fine_weights + at : NULL;
            int whole = 2 * y + 1 < height && 2 * x + 1 < width;
            if (!whole || (fine_weights && !(w[0] && w[0] == w[1] && w[0] == w[width] && w[0] == w[width + 1]))) {
                ISA(mean_block)(fine, fine_weights, height, width, d, y, x, coarse + x * d, weights + x);
                continue;
            }
            const int16_t *a = fine + at * d, *b = a + width * d;
            for (ptrdiff_t c = 0; c < d; c++) {
                int32_t sum = a[c] + a[c + d] + b[c] + b[c + d];
                coarse[x * d + c] = (int16_t)((sum + (sum < 0 ? -2 : 2)) / 4);
            }
            weights[x] = (uint16_t)(fine_weights ? 4 * w[0] : 4);
        }
}
