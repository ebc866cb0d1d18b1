// Levels as bytes, widened to 16 bits: every product and every sum of two fits, whatever the digits and levels.
#include <immintrin.h>

#include "finish.hpp"
#include "variants.hpp"

namespace bitline {
namespace {

constexpr int kParts = 4;  // of a tile, eight columns each

// Sums of eight columns for one row of digits; pairs of rows stay apart until the end.
__m256i eight_columns(const int8_t *levels, const uint8_t *digits, int depth) {
    __m256i first = _mm256_setzero_si256(), second = _mm256_setzero_si256();
    for (int quad = 0; quad < depth; ++quad) {
        int32_t four;
        __builtin_memcpy(&four, digits + quad * 4, 4);
        const __m256i d = _mm256_cvtepu8_epi16(_mm_set1_epi32(four));
        const __m128i *at = reinterpret_cast<const __m128i *>(levels + size_t(quad) * 64);
        first = _mm256_add_epi32(first, _mm256_madd_epi16(d, _mm256_cvtepi8_epi16(_mm_loadu_si128(at))));
        second = _mm256_add_epi32(second, _mm256_madd_epi16(d, _mm256_cvtepi8_epi16(_mm_loadu_si128(at + 1))));
    }
    return _mm256_permute4x64_epi64(_mm256_hadd_epi32(first, second), 0xD8);
}

__m256i converted(__m256i sums, const Converter &adc, int at) {
    __m256 code = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(adc.factor + at));
    code = _mm256_add_ps(code, _mm256_loadu_ps(adc.offset + at));
    code = _mm256_min_ps(_mm256_max_ps(code, _mm256_loadu_ps(adc.low + at)), _mm256_loadu_ps(adc.high + at));
    return _mm256_cvtps_epi32(code);
}

void product(const Tile &tile, const Drive &drive, int32_t *totals, size_t stride) {
    const int8_t *levels = reinterpret_cast<const int8_t *>(tile.cells);
    const __m256i lift = _mm256_set1_epi32(-drive.lift);
    for (int part = 0; part < kParts; ++part) {
        const int at = part * 8;
        const size_t from = size_t(part / 2) * tile.depth * 64 + part % 2 * 32;
        const __m256i *sums_at = reinterpret_cast<const __m256i *>(tile.level_sums + at);
        const __m256i start = _mm256_mullo_epi32(lift, _mm256_loadu_si256(sums_at));
        for (int v = 0; v < drive.vectors; ++v) {
            __m256i *into = reinterpret_cast<__m256i *>(totals + v * stride + at);
            __m256i total = _mm256_loadu_si256(into);
            for (int p = 0; p < drive.pulses; ++p) {
                const uint8_t *digits = drive.rows + (size_t(v) * drive.pulses + p) * drive.stride;
                __m256i sums = _mm256_add_epi32(start, eight_columns(levels + from, digits, tile.depth));
                if (tile.planes == 2) {
                    const __m256i high = eight_columns(levels + from + size_t(2) * tile.depth * 64, digits, tile.depth);
                    sums = _mm256_add_epi32(sums, _mm256_slli_epi32(high, 8));
                }
                const __m256i code = converted(sums, tile.converter, at);
                total = _mm256_add_epi32(total, _mm256_mullo_epi32(code, _mm256_set1_epi32(drive.weights[p])));
            }
            _mm256_storeu_si256(into, total);
        }
    }
}

}  // namespace

const Variant bytes_avx2{"avx2", Form::bytes, 1, 16, product, finish<float>, finish<int64_t>};

}  // namespace bitline
