/* Compile the body named by ISA_BODY once for each instruction set: functions in it are named ISA(name).
   ISA_DOUBLES is how many doubles a vector holds. No include guard: every kernel file includes this once for each body. */
#define ISA(name) ISA_PASTE(name, baseline)
#define ISA_DOUBLES 2
#include ISA_BODY
#undef ISA
#undef ISA_DOUBLES

#if ISA_X86
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define ISA(name) ISA_PASTE(name, avx2)
#define ISA_DOUBLES 4
#include ISA_BODY
#undef ISA
#undef ISA_DOUBLES
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif
#define ISA(name) ISA_PASTE(name, avx512)
#define ISA_DOUBLES 8
#include ISA_BODY
#undef ISA
#undef ISA_DOUBLES
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#define ISA_TABLE(name) {ISA_PASTE(name, baseline), ISA_PASTE(name, avx2), ISA_PASTE(name, avx512)}
#else
#define ISA_TABLE(name) {ISA_PASTE(name, baseline), ISA_PASTE(name, baseline), ISA_PASTE(name, baseline)}
#endif
#undef ISA_BODY
