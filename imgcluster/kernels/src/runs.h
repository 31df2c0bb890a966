/* Runs of equal values in a row. */
#ifndef IMGCLUSTER_RUNS_H
#define IMGCLUSTER_RUNS_H

#include <stddef.h>
#include <stdint.h>

/* Where the run of equal values that begins at `from` ends. */
static inline ptrdiff_t end_of_run(const int32_t *values, ptrdiff_t from, ptrdiff_t to)
{
    int32_t value = values[from++];
    /* eight at a time: compilers make vectors of it */
    for (; from + 8 <= to; from += 8) {
        int32_t differ = 0;
        for (int i = 0; i < 8; i++)
            differ |= values[from + i] ^ value;
        if (differ)
            break;
    }
    while (from < to && values[from] == value)
        from++;
    return from;
}

#endif
