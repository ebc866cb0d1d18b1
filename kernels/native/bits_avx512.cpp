// Levels cut into bits, for one-bit pulses: a lookup in a register of 64 bytes stands for 320 to 512 products.
#include "avx512.hpp"
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

// How often a nibble of 15 can be added to a byte.
constexpr int kNibbles = 17;

// Adds `rounds` times `Lookups` tables. The sums of first pulses stay bytes on the way, four to a column.
template <int Lookups, int Pairs>
inline __attribute__((always_inline)) void add_rounds(Sums<Pairs> &sums, const uint8_t *cells, const uint8_t *tables, size_t stride, int rounds, __m512i places) {
    const __m512i nibble = _mm512_set1_epi8(15);
    __m512i first[2][Pairs], both[2][Pairs];
    for (int half = 0; half < 2; ++half)
        for (int pair = 0; pair < Pairs; ++pair) {
            first[half][pair] = _mm512_setzero_si512();
            both[half][pair] = sums.both[half][pair];
        }
    for (int round = 0; round < rounds; ++round, cells += Lookups * 128, tables += Lookups * 64) {
        __m512i patterns[Lookups][2];
#pragma GCC unroll 3
        for (int i = 0; i < Lookups; ++i)
            for (int half = 0; half < 2; ++half) patterns[i][half] = _mm512_loadu_si512(cells + i * 128 + half * 64);
#pragma GCC unroll 4
        for (int pair = 0; pair < Pairs; ++pair) {
            __m512i found[2];
#pragma GCC unroll 3
            for (int i = 0; i < Lookups; ++i) {
                const __m512i table = _mm512_loadu_si512(tables + pair * stride + i * 64);
#pragma GCC unroll 2
                for (int half = 0; half < 2; ++half) {
                    const __m512i one = _mm512_permutexvar_epi8(patterns[i][half], table);
                    found[half] = i ? _mm512_add_epi8(found[half], one) : one;
                }
            }
#pragma GCC unroll 2
            for (int half = 0; half < 2; ++half) {
                both[half][pair] = with_products(both[half][pair], found[half], places);
                first[half][pair] = _mm512_add_epi8(first[half][pair], _mm512_and_si512(found[half], nibble));
            }
        }
    }
    for (int half = 0; half < 2; ++half)
        for (int pair = 0; pair < Pairs; ++pair) {
            sums.first[half][pair] = with_products(sums.first[half][pair], first[half][pair], places);
            sums.both[half][pair] = both[half][pair];
        }
}

template <int Lookups, int Pairs>
Sums<Pairs> summed(const uint8_t *cells, const uint8_t *tables, size_t stride, int depth, __m512i places, int32_t from) {
    Sums<Pairs> sums;
    for (int half = 0; half < 2; ++half)
        for (int pair = 0; pair < Pairs; ++pair) {
            sums.first[half][pair] = _mm512_set1_epi32(from);
            sums.both[half][pair] = _mm512_set1_epi32(int32_t(2u * uint32_t(from)));
        }
    for (int rounds = depth / Lookups; rounds > 0; rounds -= kNibbles) {
        add_rounds<Lookups, Pairs>(sums, cells, tables, stride, rounds < kNibbles ? rounds : kNibbles, places);
        cells += kNibbles * Lookups * 128;
        tables += kNibbles * Lookups * 64;
    }
    return sums;
}

struct Work {
    const Tile &tile;
    const uint8_t *tables;
    size_t stride;
    const int32_t *weights;
    const float *float_weights;
    __m512i places;
};

// Cells come from afar, and are in the cache for all vectors but the first: each brings a part of the next tile.
inline void fetch_next(const Tile &tile, int part, int parts) {
    const int lines = tile.depth * 2;
    const uint8_t *next = tile.cells + size_t(lines) * 64;
    for (int line = lines * part / parts; line < lines * (part + 1) / parts; ++line)
        _mm_prefetch(reinterpret_cast<const char *>(next + size_t(line) * 64), _MM_HINT_T0);
}

template <int Lookups, int Pairs>
void any_pairs(const Work &work, int32_t *totals) {
    const Sums<Pairs> sums =
        summed<Lookups, Pairs>(work.tile.cells, work.tables, work.stride, work.tile.depth, work.places, 0);
    for (int half = 0; half < 2; ++half) {
        const Sixteen adc(work.tile.converter, half * 16);
        __m512i total = _mm512_loadu_si512(totals + half * 16);
        for (int pair = 0; pair < Pairs; ++pair) {
            const __m512i first = sums.first[half][pair];
            const __m512i second = _mm512_srai_epi32(_mm512_sub_epi32(sums.both[half][pair], first), 4);
            const __m512i a = _mm512_mullo_epi32(adc.codes(first), _mm512_set1_epi32(work.weights[pair * 2]));
            const __m512i b = _mm512_mullo_epi32(adc.codes(second), _mm512_set1_epi32(work.weights[pair * 2 + 1]));
            total = _mm512_add_epi32(total, _mm512_add_epi32(a, b));
        }
        _mm512_storeu_si512(totals + half * 16, total);
    }
}

// For simple converters. Sums start at the bits of 2**23 as a float, so that they are the floats 2**23 + sum without
// conversion; then (2**23 + sum) * factor - 2**23 * factor, rounded once, is sum * factor, rounded once.
template <int Lookups, int Pairs, bool Within>
void simple_pairs(const Work &work, int32_t *totals) {
    constexpr int32_t start = 0x4B000000;
    constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    const Sums<Pairs> sums =
        summed<Lookups, Pairs>(work.tile.cells, work.tables, work.stride, work.tile.depth, work.places, start);
    for (int half = 0; half < 2; ++half) {
        const __m512 high = _mm512_loadu_ps(work.tile.converter.high + half * 16);
        const __m512 factor = _mm512_loadu_ps(work.tile.converter.factor + half * 16);
        const __m512 less = _mm512_mul_ps(factor, _mm512_set1_ps(-8388608.0f));
        const __m512 sixteenth = _mm512_mul_ps(factor, _mm512_set1_ps(0.0625f));
        const __m512 less_of_it = _mm512_mul_ps(less, _mm512_set1_ps(0.0625f));
        __m512 totals_of[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
        for (int pair = 0; pair < Pairs; ++pair) {
            const __m512i other = _mm512_sub_epi32(sums.both[half][pair], sums.first[half][pair]);
            __m512 a = _mm512_fmadd_ps(_mm512_castsi512_ps(sums.first[half][pair]), factor, less);
            __m512 b = _mm512_fmadd_ps(_mm512_castsi512_ps(other), sixteenth, less_of_it);
            if (!Within) a = _mm512_min_ps(a, high), b = _mm512_min_ps(b, high);
            a = _mm512_roundscale_ps(a, nearest);
            b = _mm512_roundscale_ps(b, nearest);
            totals_of[0] = _mm512_fmadd_ps(a, _mm512_set1_ps(work.float_weights[pair * 2]), totals_of[0]);
            totals_of[1] = _mm512_fmadd_ps(b, _mm512_set1_ps(work.float_weights[pair * 2 + 1]), totals_of[1]);
        }
        const __m512 total = _mm512_add_ps(totals_of[0], totals_of[1]);
        const __m512i before = _mm512_loadu_si512(totals + half * 16);
        _mm512_storeu_si512(totals + half * 16, _mm512_add_epi32(before, _mm512_cvtps_epi32(total)));
    }
}

template <int Lookups, int Pairs>
void pairs(const Work &work, int32_t *totals) {
    const Converter &adc = work.tile.converter;
    if (!adc.simple)
        any_pairs<Lookups, Pairs>(work, totals);
    else if (adc.within)
        simple_pairs<Lookups, Pairs, true>(work, totals);
    else
        simple_pairs<Lookups, Pairs, false>(work, totals);
}

template <int Lookups>
void vectors(const Tile &tile, const Drive &drive, __m512i places, int32_t *totals, size_t stride) {
    const size_t step = drive.stride;
    for (int v = 0; v < drive.vectors; ++v, totals += stride) {
        fetch_next(tile, v, drive.vectors);
        const uint8_t *tables = drive.rows + size_t(v) * drive.pulses * step;
        int at = 0;
        const auto work = [&] {
            return Work{tile, tables + at * step, step, drive.weights + 2 * at, drive.float_weights + 2 * at, places};
        };
        for (; at + 4 <= drive.pulses; at += 4) pairs<Lookups, 4>(work(), totals);
        for (; at + 2 <= drive.pulses; at += 2) pairs<Lookups, 2>(work(), totals);
        for (; at < drive.pulses; ++at) pairs<Lookups, 1>(work(), totals);
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
