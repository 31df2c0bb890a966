/* Assignment of any (n, d) points to the nearest of k centres, for one element type (REAL) and one instruction set.
   Points stand in lanes and dimensions are added in order, so each distance has the same bits whatever the vector width. */

static void ISA(REAL_NAME(transpose))(const REAL *X, ptrdiff_t count, ptrdiff_t d, REAL *restrict xt)
{
    for (ptrdiff_t j = 0; j < d; j++)
        for (ptrdiff_t b = 0; b < ASSIGN_BLOCK; b++)
            xt[j * ASSIGN_BLOCK + b] = X[(b < count ? b : count - 1) * d + j];
}

static inline void ISA(REAL_NAME(distances_to))(const REAL *restrict xt, ptrdiff_t d, const REAL *restrict c, REAL *restrict acc)
{
    if (d == 3) {
        const REAL *x = xt, *y = xt + ASSIGN_BLOCK, *z = xt + 2 * ASSIGN_BLOCK;
        for (int b = 0; b < ASSIGN_BLOCK; b++) {
            REAL dx = x[b] - c[0], dy = y[b] - c[1], dz = z[b] - c[2];
            acc[b] = dx * dx + dy * dy + dz * dz;
        }
        return;
    }
    for (int b = 0; b < ASSIGN_BLOCK; b++) {
        REAL t = xt[b] - c[0];
        acc[b] = t * t;
    }
    for (ptrdiff_t j = 1; j < d; j++)
        for (int b = 0; b < ASSIGN_BLOCK; b++) {
            REAL t = xt[j * ASSIGN_BLOCK + b] - c[j];
            acc[b] += t * t;
        }
}

static void ISA(REAL_NAME(nearest_in_block))(const REAL *restrict xt, ptrdiff_t d, const REAL *restrict centers, ptrdiff_t k,
                                             REAL *restrict best, REAL_INT *restrict label)
{
    REAL acc[ASSIGN_BLOCK];
    ISA(REAL_NAME(distances_to))(xt, d, centers, best);
    for (int b = 0; b < ASSIGN_BLOCK; b++)
        label[b] = 0;
    for (ptrdiff_t c = 1; c < k; c++) {
        ISA(REAL_NAME(distances_to))(xt, d, centers + c * d, acc);
        for (int b = 0; b < ASSIGN_BLOCK; b++) {
            /* an integer mask: a plain select costs three times as much on SSE2 and AVX2 */
            REAL_INT nearer = -(REAL_INT)(acc[b] < best[b]);
            label[b] = ((REAL_INT)c & nearer) | (label[b] & ~nearer);
            best[b] = acc[b] < best[b] ? acc[b] : best[b];
        }
    }
}

static assign_result ISA(REAL_NAME(assign))(const REAL *X, const double *w, ptrdiff_t n, ptrdiff_t d, const REAL *centers, ptrdiff_t k,
                                            int32_t *labels, REAL *distances, double *sums, double *counts, REAL *scratch)
{
    assign_result result = {0.0, 0};
    REAL best[ASSIGN_BLOCK];
    REAL_INT label[ASSIGN_BLOCK];
    for (ptrdiff_t start = 0; start < n; start += ASSIGN_BLOCK) {
        ptrdiff_t count = n - start < ASSIGN_BLOCK ? n - start : ASSIGN_BLOCK;
        ISA(REAL_NAME(transpose))(X + start * d, count, d, scratch);
        ISA(REAL_NAME(nearest_in_block))(scratch, d, centers, k, best, label);
        for (ptrdiff_t b = 0; b < count; b++) {
            ptrdiff_t i = start + b, l = (ptrdiff_t)label[b];
            double wi = w[i];
            result.changed += labels[i] != (int32_t)l;
            labels[i] = (int32_t)l;
            distances[i] = best[b];
            result.objective += wi * (double)best[b];
            counts[l] += wi;
            for (ptrdiff_t j = 0; j < d; j++)
                sums[l * d + j] += wi * (double)X[i * d + j];
        }
    }
    return result;
}

static double ISA(REAL_NAME(nearer))(const REAL *restrict Xt, const double *restrict w, ptrdiff_t n, ptrdiff_t d, const REAL *restrict center,
                                     const REAL *restrict distances, REAL *restrict out)
{
    double lanes[NEARER_LANES] = {0}, total = 0.0;
    for (ptrdiff_t start = 0; start < n; start += NEARER_BLOCK) {
        ptrdiff_t count = n - start < NEARER_BLOCK ? n - start : NEARER_BLOCK;
        REAL acc[NEARER_BLOCK] = {0};
        for (ptrdiff_t j = 0; j < d; j++) {
            const REAL *x = Xt + j * n + start;
            REAL c = center[j];
            for (ptrdiff_t b = 0; b < count; b++) {
                REAL t = x[b] - c;
                acc[b] += t * t;
            }
        }
        for (ptrdiff_t b = 0; b < count; b++) {
            REAL old = distances[start + b];
            out[start + b] = acc[b] = acc[b] < old ? acc[b] : old;
        }
        ptrdiff_t b = 0;
        for (; b + NEARER_LANES <= count; b += NEARER_LANES)
            for (int lane = 0; lane < NEARER_LANES; lane++)
                lanes[lane] += w[start + b + lane] * (double)acc[b + lane];
        for (int lane = 0; b < count; b++, lane++)
            lanes[lane] += w[start + b] * (double)acc[b];
    }
    for (int lane = 0; lane < NEARER_LANES; lane++)
        total += lanes[lane];
    return total;
}
