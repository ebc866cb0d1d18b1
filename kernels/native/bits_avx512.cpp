// Levels cut into bits, for one-bit pulses: a lookup in a register of 64 bytes stands for 320 to 512 products.
#include "convert_avx512.hpp"
#include "finish.hpp"
#include "tables.hpp"
#include "variants.hpp"

namespace bitline {
namespace {

// Of `Pairs` pairs of pulses: the sums of the first of each, and of the first + 16 * the second.
template <int Pairs>
struct Sums {
    __m512i first[2][Pairs], both[2][Pairs];
};

template <int Lookups, int Pairs>
Sums<Pairs> summed(const uint8_t *cells, const uint8_t *tables, size_t stride, int depth, __m512i places) {
    const __m512i nibble = _mm512_set1_epi8(15);
    Sums<Pairs> sums;
    for (int half = 0; half < 2; ++half)
        for (int pair = 0; pair < Pairs; ++pair) sums.first[half][pair] = sums.both[half][pair] = _mm512_setzero_si512();
    for (int step = 0; step < depth; step += Lookups) {
        __m512i found[2][Pairs];
#pragma GCC unroll 3
        for (int i = 0; i < Lookups; ++i) {
            const __m512i left = _mm512_loadu_si512(cells + size_t(step + i) * 128);
            const __m512i right = _mm512_loadu_si512(cells + size_t(step + i) * 128 + 64);
            for (int pair = 0; pair < Pairs; ++pair) {
                const __m512i table = _mm512_loadu_si512(tables + pair * stride + size_t(step + i) * 64);
                const __m512i a = _mm512_permutexvar_epi8(left, table), b = _mm512_permutexvar_epi8(right, table);
                found[0][pair] = i ? _mm512_add_epi8(found[0][pair], a) : a;
                found[1][pair] = i ? _mm512_add_epi8(found[1][pair], b) : b;
            }
        }
        for (int half = 0; half < 2; ++half)
            for (int pair = 0; pair < Pairs; ++pair) {
                const __m512i one = found[half][pair];
                sums.both[half][pair] = _mm512_dpbusd_epi32(sums.both[half][pair], one, places);
                const __m512i low = _mm512_and_si512(one, nibble);
                sums.first[half][pair] = _mm512_dpbusd_epi32(sums.first[half][pair], low, places);
            }
    }
    return sums;
}

template <int Lookups, int Pairs>
void pairs(const Tile &tile, const uint8_t *tables, size_t stride, const int32_t *weights, __m512i places, int32_t *totals) {
    const Sums<Pairs> sums = summed<Lookups, Pairs>(tile.cells, tables, stride, tile.depth, places);
    for (int half = 0; half < 2; ++half) {
        const Sixteen adc(tile.converter, half * 16);
        __m512i total = _mm512_loadu_si512(totals + half * 16);
        for (int pair = 0; pair < Pairs; ++pair) {
            const __m512i first = sums.first[half][pair];
            const __m512i second = _mm512_srai_epi32(_mm512_sub_epi32(sums.both[half][pair], first), 4);
            const __m512i a = _mm512_mullo_epi32(adc.codes(first), _mm512_set1_epi32(weights[pair * 2]));
            const __m512i b = _mm512_mullo_epi32(adc.codes(second), _mm512_set1_epi32(weights[pair * 2 + 1]));
            total = _mm512_add_epi32(total, _mm512_add_epi32(a, b));
        }
        _mm512_storeu_si512(totals + half * 16, total);
    }
}

template <int Lookups>
void vectors(const Tile &tile, const Drive &drive, __m512i places, int32_t *totals, size_t stride) {
    for (int v = 0; v < drive.vectors; ++v, totals += stride) {
        const uint8_t *tables = drive.rows + size_t(v) * drive.pulses * drive.stride;
        int at = 0;
        for (; at + 4 <= drive.pulses; at += 4)
            pairs<Lookups, 4>(tile, tables + at * drive.stride, drive.stride, drive.weights + at * 2, places, totals);
        for (; at + 2 <= drive.pulses; at += 2)
            pairs<Lookups, 2>(tile, tables + at * drive.stride, drive.stride, drive.weights + at * 2, places, totals);
        for (; at < drive.pulses; ++at)
            pairs<Lookups, 1>(tile, tables + at * drive.stride, drive.stride, drive.weights + at * 2, places, totals);
    }
}

// What the bit-planes in the four bytes of a column count; the highest is negative if levels have a sign.
__m512i places_of(int planes, bool with_sign) {
    uint32_t four = 0;
    for (int byte = 0; byte < 4; ++byte) {
        const int plane = byte * planes / 4;
        const int place = with_sign && plane == planes - 1 ? -(1 << plane) : 1 << plane;
        four |= uint32_t(uint8_t(place)) << (8 * byte);
    }
    return _mm512_set1_epi32(int32_t(four));
}

void product(const Tile &tile, const Drive &drive, int32_t *totals, size_t stride) {
    const int planes = tile.planes < 0 ? -tile.planes : tile.planes;
    const __m512i places = places_of(planes, tile.planes < 0);
    if (planes == 4)
        vectors<2>(tile, drive, places, totals, stride);
    else
        vectors<3>(tile, drive, places, totals, stride);
}

}  // namespace

const Variant bits_avx512{"lookup", Form::bits, 1, 4, product, finish<float>, finish<int64_t>};

}  // namespace bitline
