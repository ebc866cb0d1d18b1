// The ways there are to compute, and which of them this processor can.
#pragma once

#include <string>

#include "cells.hpp"

namespace bitline {

struct Variant {
    const char *name;
    Form form;
    int row_multiple;  // rows of digits are computed in groups of so many; the buffer ends on a multiple
    int vectors;       // computed together
    TileProduct product;
    FinishFloat finish;
    void (*finish_whole)(const int32_t *, const Span &, const Worth &, double, int64_t *);
};

// Those that this processor runs, the fastest last.
const std::vector<const Variant *> &variants();

extern const Variant bytes_portable;
#ifdef BITLINE_X86
extern const Variant bytes_avx2, bytes_avx512, bits_avx512;
#endif
#ifdef BITLINE_AMX
extern const Variant bytes_amx;
bool amx_permitted();
#endif

}  // namespace bitline
