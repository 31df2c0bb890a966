/* Taking arguments: numbers and arrays of the right kind and type, or an exception which names what is wrong. */
#include "binding.h"
#include <stdarg.h>
#include <string.h>

/* In the order of the bits of element types. */
static const char *const TYPE_NAMES[] = {"uint8", "uint16", "uint32",  "uint64",  "int8",    "int16", "int32",
                                         "int64", "",       "float16", "float32", "float64", "bool"};
enum { N_TYPES = sizeof TYPE_NAMES / sizeof *TYPE_NAMES, FIRST_UNSIGNED = 0, FIRST_SIGNED = 4, FIRST_FLOAT = 8, BOOLEAN = 12 };

/* The type of a buffer's items, one bit; 0 for any that has no name here, such as items in the other byte order. */
static unsigned type_of(const Py_buffer *view)
{
    const char *format = view->format ? view->format : "B";
    if (*format == '@' || *format == '=' || *format == (PY_BIG_ENDIAN ? '>' : '<'))
        format++;
    if (!format[0] || format[1])
        return 0;
    int size = view->itemsize == 1 ? 0 : view->itemsize == 2 ? 1 : view->itemsize == 4 ? 2 : view->itemsize == 8 ? 3 : -1;
    if (size < 0)
        return 0;
    /* a code of C, such as l, is of another size on another system, so the size decides */
    int kind = strchr("BHILQN", *format)   ? FIRST_UNSIGNED
               : strchr("bhilqn", *format) ? FIRST_SIGNED
               : strchr("efd", *format)    ? FIRST_FLOAT
                                           : -1;
    return kind >= 0 ? 1u << (kind + size) : *format == '?' ? 1u << BOOLEAN : 0;
}

/* "float32 or float64" */
static void list_types(unsigned types, char *text, size_t size)
{
    *text = 0;
    for (int i = 0; i < N_TYPES; i++)
        if (types >> i & 1) {
            if (*text)
                strncat(text, " or ", size - strlen(text) - 1);
            strncat(text, TYPE_NAMES[i], size - strlen(text) - 1);
        }
}

static const char *shown(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

void finish(arguments *taken)
{
    for (int i = 0; i < taken->n_arrays; i++) {
        PyBuffer_Release(&taken->views[i]);
        PyMem_Free(taken->aligned[i]);
    }
    taken->n_arrays = 0;
}

static int refuse(arguments *taken, PyObject *exception, const char *format, va_list values)
{
    PyObject *text = PyUnicode_FromFormatV(format, values);
    if (text)
        PyErr_Format(exception, "%s: %U", taken->entry, text);
    Py_XDECREF(text);
    finish(taken);
    return 0;
}

int require(arguments *taken, int holds, const char *format, ...)
{
    if (holds)
        return 1;
    va_list values;
    va_start(values, format);
    refuse(taken, PyExc_ValueError, format, values);
    va_end(values);
    return 0;
}

static int refuse_type(arguments *taken, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    refuse(taken, PyExc_TypeError, format, values);
    va_end(values);
    return 0;
}

/* Refuse an argument of a kind that Python itself could not convert. */
static int refuse_kind(arguments *taken, const char *name, const char *wanted, PyObject *given)
{
    PyErr_Clear();
    PyObject *kind = PyType_GetName(Py_TYPE(given));
    if (!kind) {
        finish(taken);
        return 0;
    }
    refuse_type(taken, "%s must be %s, got %U", shown(name), wanted, kind);
    Py_DECREF(kind);
    return 0;
}

static int take_whole(arguments *taken, const parameter *p, PyObject *given)
{
    Py_ssize_t value = PyNumber_AsSsize_t(given, NULL); /* clips */
    if (value == -1 && PyErr_Occurred())
        return refuse_kind(taken, p->name, "a whole number", given);
    *p->u.whole.to = value;
    Py_ssize_t low = p->u.whole.low, high = p->u.whole.high;
    if (value >= low && value <= high)
        return 1;
    return require(taken, 0, "%s must be between %zd and %zd, got %zd", shown(p->name), low, high, value);
}

static int take_real(arguments *taken, const parameter *p, PyObject *given)
{
    /* nothing that would be converted: a whole number above 2^53 would become another one */
    if (!PyFloat_Check(given))
        return refuse_kind(taken, p->name, "a float", given);
    *p->u.real = PyFloat_AsDouble(given);
    return 1;
}

/* Where the items can be read: in the array, or in a copy if they are not aligned; NULL where that cannot be. */
static void *items_of(arguments *taken, const parameter *p, const Py_buffer *view, void **aligned)
{
    if (view->len == 0 || (uintptr_t)view->buf % (uintptr_t)view->itemsize == 0)
        return view->buf;
    if (p->kind == ARRAY_TO_WRITE) {
        require(taken, 0, "%s must be an array of aligned items", shown(p->name));
        return NULL;
    }
    *aligned = PyMem_Malloc((size_t)view->len);
    if (*aligned)
        return memcpy(*aligned, view->buf, (size_t)view->len);
    finish(taken);
    PyErr_NoMemory();
    return NULL;
}

static int take_array(arguments *taken, const parameter *p, PyObject *given)
{
    if (!PyObject_CheckBuffer(given))
        return refuse_kind(taken, p->name, "an array", given);
    Py_buffer *view = &taken->views[taken->n_arrays];
    int writes = p->kind == ARRAY_TO_WRITE;
    if (PyObject_GetBuffer(given, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writes ? PyBUF_WRITABLE : 0)) < 0) {
        if (PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_BufferError))
            return require(taken, 0, "%s must be a C-contiguous%s array", shown(p->name), writes ? " writable" : "");
        finish(taken);
        return 0;
    }
    void **aligned = &taken->aligned[taken->n_arrays++];
    *aligned = NULL;
    unsigned types = p->u.items.like ? p->u.items.like->type : p->u.items.types, type = type_of(view);
    if (!(type & types)) {
        char wanted[64], got[64];
        list_types(types, wanted, sizeof wanted);
        list_types(type, got, sizeof got);
        return type ? refuse_type(taken, "%s must be %s, got %s", shown(p->name), wanted, got)
                    : refuse_type(taken, "%s must be %s, got items of format %.40s", shown(p->name), wanted,
                                  view->format ? view->format : "B");
    }
    void *items = items_of(taken, p, view, aligned);
    *p->u.items.to = (array){p->name, items, view->len / view->itemsize, type};
    return items != NULL || view->buf == NULL;
}

/* Whether two buffers have a byte in common. */
static int overlap(const Py_buffer *a, const Py_buffer *b)
{
    uintptr_t a_begin = (uintptr_t)a->buf, b_begin = (uintptr_t)b->buf;
    return a->len > 0 && b->len > 0 && a_begin < b_begin + (uintptr_t)b->len && b_begin < a_begin + (uintptr_t)a->len;
}

/* Whether no array shares memory with one that is written: what was checked would change under a kernel's hands. */
static int all_apart(arguments *taken, const parameter *parameters)
{
    const parameter *of_view[MAX_ARRAYS];
    int n = 0;
    for (const parameter *p = parameters; p->name; p++)
        if (p->kind >= ARRAY_TO_READ)
            of_view[n++] = p;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            const parameter *p = of_view[i], *q = of_view[j];
            if ((p->kind == ARRAY_TO_READ && q->kind == ARRAY_TO_READ) || !overlap(&taken->views[i], &taken->views[j]))
                continue;
            if (p->in_place == q->u.items.to && taken->views[i].buf == taken->views[j].buf && taken->views[i].len == taken->views[j].len)
                continue;
            return require(taken, 0, "%s must not share memory with %s", shown(p->name), shown(q->name));
        }
    return 1;
}

int take_arguments(arguments *taken, const char *entry, PyObject *const *args, Py_ssize_t n_args, const parameter *parameters)
{
    taken->entry = entry;
    taken->n_arrays = 0;
    Py_ssize_t n = 0;
    while (parameters[n].name)
        n++;
    if (n_args != n)
        return refuse_type(taken, "takes exactly %zd arguments, got %zd", n, n_args);
    for (Py_ssize_t i = 0; i < n; i++) {
        const parameter *p = &parameters[i];
        if (!(p->kind == WHOLE_NUMBER  ? take_whole(taken, p, args[i])
              : p->kind == REAL_NUMBER ? take_real(taken, p, args[i])
                                       : take_array(taken, p, args[i])))
            return 0;
    }
    return all_apart(taken, parameters);
}

int check_sizes(arguments *taken, const array_size *sizes)
{
    for (; sizes->array; sizes++) {
        if (sizes->count == sizes->array->count)
            continue;
        const char *name = shown(sizes->array->name);
        if (sizes->count < 0)
            return require(taken, 0, "%s must have more items than memory can hold, got %zd", name, sizes->array->count);
        return require(taken, 0, "%s must have %zd items, got %zd", name, sizes->count, sizes->array->count);
    }
    return 1;
}

int check_labels(arguments *taken, const array *labels, Py_ssize_t n)
{
    const int32_t *label = labels->data;
    int32_t highest = -1;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < labels->count; i++)
        highest = label[i] > highest ? label[i] : highest;
    Py_END_ALLOW_THREADS
    return require(taken, highest < n, "%s must be below %zd, got %d", shown(labels->name), n, (int)highest);
}
