// Levels as bytes with AVX2. Pairs of products saturate at 16 bits; where a whole block cannot reach that, they are
// added up in 16 bits, else bytes are widened first: then every product and every sum of two fits in 32.
#include <immintrin.h>

#include "finish.hpp"
#include "variants.hpp"

namespace bitline {
namespace {

constexpr int kParts = 4;  // of a tile, eight columns each

const int8_t *levels_of(const Tile &tile, int plane, int part) {
    return reinterpret_cast<const int8_t *>(tile.cells) + size_t(plane * 2 + part / 2) * tile.depth * 64 + part % 2 * 32;
}

__m256i four_digits(const uint8_t *digits) {
    int32_t four;
    __builtin_memcpy(&four, digits, 4);
    return _mm256_set1_epi32(four);
}

// Sums of all columns for some rows of digits, `[row][part]`.
template <int Rows>
void narrow_sums(const Tile &tile, int plane, const uint8_t *digits, size_t stride, __m256i (*sums)[kParts]) {
    __m256i pairs[Rows][kParts];
    for (int r = 0; r < Rows; ++r)
        for (int part = 0; part < kParts; ++part) pairs[r][part] = _mm256_setzero_si256();
    for (int quad = 0; quad < tile.depth; ++quad)
#pragma GCC unroll 2
        for (int r = 0; r < Rows; ++r) {
            const __m256i d = four_digits(digits + r * stride + quad * 4);
#pragma GCC unroll 4
            for (int part = 0; part < kParts; ++part) {
                const auto *at = reinterpret_cast<const __m256i *>(levels_of(tile, plane, part) + size_t(quad) * 64);
                pairs[r][part] = _mm256_add_epi16(pairs[r][part], _mm256_maddubs_epi16(d, _mm256_load_si256(at)));
            }
        }
    for (int r = 0; r < Rows; ++r)
        for (int part = 0; part < kParts; ++part)
            sums[r][part] = _mm256_madd_epi16(pairs[r][part], _mm256_set1_epi16(1));
}

template <int Rows>
void wide_sums(const Tile &tile, int plane, const uint8_t *digits, size_t stride, __m256i (*sums)[kParts]) {
    for (int part = 0; part < kParts; ++part) {
        __m256i pairs[Rows][2];
        for (int r = 0; r < Rows; ++r) pairs[r][0] = pairs[r][1] = _mm256_setzero_si256();
        for (int quad = 0; quad < tile.depth; ++quad) {
            const auto *at = reinterpret_cast<const __m128i *>(levels_of(tile, plane, part) + size_t(quad) * 64);
            const __m256i first = _mm256_cvtepi8_epi16(at[0]), second = _mm256_cvtepi8_epi16(at[1]);
#pragma GCC unroll 2
            for (int r = 0; r < Rows; ++r) {
                const __m128i four = _mm256_castsi256_si128(four_digits(digits + r * stride + quad * 4));
                const __m256i d = _mm256_cvtepu8_epi16(four);
                pairs[r][0] = _mm256_add_epi32(pairs[r][0], _mm256_madd_epi16(d, first));
                pairs[r][1] = _mm256_add_epi32(pairs[r][1], _mm256_madd_epi16(d, second));
            }
        }
        for (int r = 0; r < Rows; ++r)
            sums[r][part] = _mm256_permute4x64_epi64(_mm256_hadd_epi32(pairs[r][0], pairs[r][1]), 0xD8);
    }
}

__m256i converted(__m256i sums, const Converter &adc, int at) {
    __m256 code = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(adc.factor + at));
    code = _mm256_add_ps(code, _mm256_loadu_ps(adc.offset + at));
    code = _mm256_min_ps(_mm256_max_ps(code, _mm256_loadu_ps(adc.low + at)), _mm256_loadu_ps(adc.high + at));
    return _mm256_cvtps_epi32(code);
}

template <int Rows>
void rows(const Tile &tile, const Drive &drive, int first, int32_t *totals, size_t stride) {
    __m256i sums[Rows][kParts], high[Rows][kParts];
    const auto all = drive.narrow ? narrow_sums<Rows> : wide_sums<Rows>;
    const uint8_t *digits = drive.rows + first * drive.stride;
    all(tile, 0, digits, drive.stride, sums);
    if (tile.planes == 2) all(tile, 1, digits, drive.stride, high);
    for (int r = 0; r < Rows; ++r) {
        const int vector = (first + r) / drive.pulses, pulse = (first + r) % drive.pulses;
        const __m256i weight = _mm256_set1_epi32(drive.weights[pulse]), lift = _mm256_set1_epi32(drive.lift);
        for (int part = 0; part < kParts; ++part) {
            const auto *level_sums = reinterpret_cast<const __m256i *>(tile.level_sums + part * 8);
            __m256i sum = _mm256_sub_epi32(sums[r][part], _mm256_mullo_epi32(lift, _mm256_loadu_si256(level_sums)));
            if (tile.planes == 2) sum = _mm256_add_epi32(sum, _mm256_slli_epi32(high[r][part], 8));
            auto *into = reinterpret_cast<__m256i *>(totals + vector * stride + part * 8);
            const __m256i worth = _mm256_mullo_epi32(converted(sum, tile.converter, part * 8), weight);
            _mm256_storeu_si256(into, _mm256_add_epi32(_mm256_loadu_si256(into), worth));
        }
    }
}

void product(const Tile &tile, const Drive &drive, int32_t *totals, size_t stride) {
    const int count = drive.vectors * drive.pulses;
    int at = 0;
    for (; at + 2 <= count; at += 2) rows<2>(tile, drive, at, totals, stride);
    if (at < count) rows<1>(tile, drive, at, totals, stride);
}

}  // namespace

const Variant bytes_avx2{"avx2", Form::bytes, 1, 16, product, finish<float>, finish<int64_t>};

}  // namespace bitline
