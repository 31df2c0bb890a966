#include "isa.h"

#if ISA_X86
#include <cpuid.h>

static unsigned long long enabled_states(void)
{
    unsigned lo, hi;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return ((unsigned long long)hi << 32) | lo;
}

int isa_best(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX) || !(c & bit_FMA))
        return ISA_BASELINE;
    unsigned long long states = enabled_states();
    if ((states & 0x6) != 0x6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2))
        return ISA_BASELINE;
    const unsigned wanted = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    return ((states & 0xe6) == 0xe6 && (b & wanted) == wanted) ? ISA_AVX512 : ISA_AVX2;
}

const char *isa_name(int level) { return level == ISA_AVX512 ? "avx512" : level == ISA_AVX2 ? "avx2" : "sse2"; }
#else
int isa_best(void) { return ISA_BASELINE; }

const char *isa_name(int level)
{
    (void)level;
#if defined(__aarch64__)
    return "neon";
#else
    return "generic";
#endif
}
#endif
