/* What the files of the binding are written with. An entry point says once, in order, what it takes (TAKE), then how many items each array
   must have (CHECK_SIZES), and what else keeps a kernel inside its memory (require). Each of these is true, or else has set an exception
   that names the entry point and the argument, and has let the arrays go; `finish` lets them go after the kernel. */
#ifndef IMGCLUSTER_BINDING_H
#define IMGCLUSTER_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>

/* Types of the items of an array. They are bits, so that an argument may be one of several. */
enum {
    UINT8 = 1 << 0,
    UINT16 = 1 << 1,
    UINT32 = 1 << 2,
    INT16 = 1 << 5,
    INT32 = 1 << 6,
    INT64 = 1 << 7,
    FLOAT32 = 1 << 10,
    FLOAT64 = 1 << 11
};
enum { INTP = sizeof(ptrdiff_t) == 8 ? INT64 : INT32 };

/* An array that was taken. */
typedef struct {
    const char *name;
    void *data;
    Py_ssize_t count;
    unsigned type;
} array;

typedef struct {
    const char *name; /* what stands before a dot is not shown: "tree.nodes" is called nodes */
    enum { WHOLE_NUMBER, REAL_NUMBER, ARRAY_TO_READ, ARRAY_TO_WRITE } kind;
    union {
        struct {
            Py_ssize_t *to, low, high;
        } whole;
        double *real;
        struct {
            array *to;
            const array *like; /* of the same type as this one, or NULL */
            unsigned types;
        } items;
    } u;
    const array *in_place; /* an array to write may be this one, item for item; none other shares memory with one that is written */
} parameter;

/* Parameters are named like the variables they are written to. */
#define WHOLE(variable, least, most)                                                                                                       \
    {                                                                                                                                      \
        .name = #variable, .kind = WHOLE_NUMBER, .u.whole = { &(variable), least, most }                                                   \
    }
#define REAL(variable) {.name = #variable, .kind = REAL_NUMBER, .u.real = &(variable)}
#define READ(variable, allowed)                                                                                                            \
    {                                                                                                                                      \
        .name = #variable, .kind = ARRAY_TO_READ, .u.items = { &(variable), NULL, allowed }                                                \
    }
#define WRITE(variable, allowed)                                                                                                           \
    {                                                                                                                                      \
        .name = #variable, .kind = ARRAY_TO_WRITE, .u.items = { &(variable), NULL, allowed }                                               \
    }
#define WRITE_IN_PLACE(variable, allowed, source)                                                                                          \
    {.name = #variable, .kind = ARRAY_TO_WRITE, .u.items = {&(variable), NULL, allowed}, .in_place = &(source)}
#define READ_LIKE(variable, other) {.name = #variable, .kind = ARRAY_TO_READ, .u.items = {&(variable), &(other), 0}}
#define WRITE_LIKE(variable, other) {.name = #variable, .kind = ARRAY_TO_WRITE, .u.items = {&(variable), &(other), 0}}
#define ISA_LEVEL(variable) WHOLE(variable, 0, best_isa)

extern int best_isa; /* asked for once: CPUID takes microseconds on a virtual machine */

/* The arguments of one call, whose arrays are let go together. */
enum { MAX_ARRAYS = 16 };
typedef struct {
    const char *entry;
    Py_buffer views[MAX_ARRAYS];
    void *aligned[MAX_ARRAYS]; /* copies of arrays whose items lie where this processor may not read them, or NULL */
    int n_arrays;
} arguments;

/* Take exactly these parameters from a call (bounds cannot depend on other parameters, which are not taken yet): TAKE(&taken, "name", args, n_args, WHOLE(n, 1, 9), READ(X, FLOAT32 | FLOAT64), ...). */
#define TAKE(taken, entry, args, n_args, ...) take_arguments(taken, entry, args, n_args, (const parameter[]){__VA_ARGS__, {.name = NULL}})
int take_arguments(arguments *taken, const char *entry, PyObject *const *args, Py_ssize_t n_args, const parameter *parameters);

typedef struct {
    const array *array;
    Py_ssize_t count;
} array_size;

/* Whether arrays have these numbers of items: CHECK_SIZES(&taken, {&X, times(n, d)}, {&weights, n}, ...). */
#define CHECK_SIZES(taken, ...) check_sizes(taken, (const array_size[]){__VA_ARGS__, {NULL, 0}})
int check_sizes(arguments *taken, const array_size *sizes);
/* The size of an array that may be empty, which means that there is none. */
#define OR_EMPTY(array, size) {&(array), (array).count ? (size) : 0}
static inline void *data_or_null(const array *from) { return from->count ? from->data : NULL; }

/* a * b, or -1, which no array has, if either is negative or the product is too large. */
static inline Py_ssize_t times(Py_ssize_t a, Py_ssize_t b) { return a < 0 || b < 0 || (b && a > PY_SSIZE_T_MAX / b) ? -1 : a * b; }
/* height * width, or -1 for more pixels than an int32 can number. */
static inline Py_ssize_t pixels_of(Py_ssize_t height, Py_ssize_t width) { return height > INT32_MAX / width ? -1 : height * width; }

/* Whether every label is below n; negative ones are outside. */
int check_labels(arguments *taken, const array *labels, Py_ssize_t n);

/* Whether this holds; if not, a ValueError with this text, written as for PyErr_Format. */
int require(arguments *taken, int holds, const char *format, ...);

/* Let the arrays go. */
void finish(arguments *taken);

#endif
