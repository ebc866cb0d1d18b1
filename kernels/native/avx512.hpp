// What the files for AVX-512 share: the dot product of bytes, and the converter on sixteen sums.
#pragma once

#include <immintrin.h>

#include "layer.hpp"

namespace bitline {
namespace {

// The instruction itself: from its intrinsic, gcc 12 copies the sums to other registers and back.
__m512i with_products(__m512i sums, __m512i digits, __m512i levels) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(digits), "v"(levels));
    return sums;
}

struct Sixteen {
    __m512 factor, offset, low, high;

    Sixteen(const Converter &adc, int at)
        : factor(_mm512_loadu_ps(adc.factor + at)),
          offset(_mm512_loadu_ps(adc.offset + at)),
          low(_mm512_loadu_ps(adc.low + at)),
          high(_mm512_loadu_ps(adc.high + at)) {}

    __m512i codes(__m512i sums) const {
        const __m512 code = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), factor), offset);
        return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(code, low), high));
    }
};

}  // namespace
}  // namespace bitline
