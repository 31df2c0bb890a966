/* Instruction sets: which ones this processor runs, and the pragmas under which a hot body is compiled once for each. */
#ifndef IMGCLUSTER_ISA_H
#define IMGCLUSTER_ISA_H

/* Levels are ordered: a processor that runs one runs all below it. */
enum { ISA_BASELINE = 0, ISA_AVX2 = 1, ISA_AVX512 = 2, ISA_LEVELS = 3 };

/* The highest level that processor and operating system support. */
int isa_best(void);
/* "sse2", "avx2", "avx512"; on other processors the baseline is "neon" or "generic". */
const char *isa_name(int level);

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define ISA_X86 1
#else
#define ISA_X86 0
#endif

/* Elements of two vectors of four, by index 0..7; gcc before 12 has only the second builtin, clang only the first. */
#if defined(__clang__)
#define SHUFFLE4(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE4(a, b, ...) __builtin_shuffle(a, b, (SHUFFLE_INDEX){__VA_ARGS__})
#endif

#define ISA_PASTE_(name, suffix) name##_##suffix
#define ISA_PASTE(name, suffix) ISA_PASTE_(name, suffix)

#endif
