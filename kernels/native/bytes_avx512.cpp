// Levels as bytes with the dot products of AVX-512 VNNI; all sums of a tile stay in registers until converted.
#include "avx512.hpp"
#include "finish.hpp"
#include "variants.hpp"

namespace bitline {
namespace {

template <int Planes, int Rows>
void rows(const Tile &tile, const Drive &drive, int first, int32_t *totals, size_t stride) {
    __m512i sums[Planes][Rows][2];
    for (int half = 0; half < 2; ++half) {
        const __m512i start = _mm512_mullo_epi32(_mm512_set1_epi32(-drive.lift),
                                                 _mm512_loadu_si512(tile.level_sums + half * 16));
        for (int r = 0; r < Rows; ++r) {
            sums[0][r][half] = start;
            if constexpr (Planes == 2) sums[1][r][half] = _mm512_setzero_si512();
        }
    }
    const uint8_t *digits = drive.rows + first * drive.stride;
    for (int quad = 0; quad < tile.depth; ++quad) {
        __m512i levels[Planes][2];
        for (int plane = 0; plane < Planes; ++plane)
            for (int half = 0; half < 2; ++half)
                levels[plane][half] =
                    _mm512_loadu_si512(tile.cells + (size_t(plane * 2 + half) * tile.depth + quad) * 64);
        for (int r = 0; r < Rows; ++r) {
            int32_t four;
            __builtin_memcpy(&four, digits + r * drive.stride + quad * 4, 4);
            const __m512i d = _mm512_set1_epi32(four);
            for (int plane = 0; plane < Planes; ++plane)
                for (int half = 0; half < 2; ++half)
                    sums[plane][r][half] = with_products(sums[plane][r][half], d, levels[plane][half]);
        }
    }
    for (int half = 0; half < 2; ++half) {
        const Sixteen adc(tile.converter, half * 16);
        for (int r = 0; r < Rows; ++r) {
            __m512i sum = sums[0][r][half];
            if constexpr (Planes == 2) sum = _mm512_add_epi32(sum, _mm512_slli_epi32(sums[1][r][half], 8));
            const int vector = (first + r) / drive.pulses, pulse = (first + r) % drive.pulses;
            int32_t *into = totals + vector * stride + half * 16;
            const __m512i worth = _mm512_mullo_epi32(adc.codes(sum), _mm512_set1_epi32(drive.weights[pulse]));
            _mm512_storeu_si512(into, _mm512_add_epi32(_mm512_loadu_si512(into), worth));
        }
    }
}

template <int Planes, int Most>
void all(const Tile &tile, const Drive &drive, int32_t *totals, size_t stride) {
    const int count = drive.vectors * drive.pulses;
    int at = 0;
    for (; at + Most <= count; at += Most) rows<Planes, Most>(tile, drive, at, totals, stride);
    for (; at + 2 <= count; at += 2) rows<Planes, 2>(tile, drive, at, totals, stride);
    for (; at < count; ++at) rows<Planes, 1>(tile, drive, at, totals, stride);
}

void product(const Tile &tile, const Drive &drive, int32_t *totals, size_t stride) {
    if (tile.planes == 2)
        all<2, 4>(tile, drive, totals, stride);
    else
        all<1, 8>(tile, drive, totals, stride);
}

}  // namespace

const Variant bytes_avx512{"avx512", Form::bytes, 1, 16, product, finish<float>, finish<int64_t>};

}  // namespace bitline
