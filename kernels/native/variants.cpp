#include "variants.hpp"

namespace bitline {

static std::vector<const Variant *> supported() {
    std::vector<const Variant *> found{&bytes_portable};
#ifdef BITLINE_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) found.push_back(&bytes_avx2);
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512vnni");
    if (avx512) found.push_back(&bytes_avx512);
#ifdef BITLINE_AMX
    if (avx512 && amx_permitted()) found.push_back(&bytes_amx);
#endif
    if (avx512 && __builtin_cpu_supports("avx512vbmi")) found.push_back(&bits_avx512);
#endif
    return found;
}

const std::vector<const Variant *> &variants() {
    static const std::vector<const Variant *> found = supported();
    return found;
}

}  // namespace bitline
