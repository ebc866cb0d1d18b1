// Levels as bytes with the tile products of AMX: 16 rows of digits by 32 columns at a time.
#include <sys/syscall.h>
#include <unistd.h>

#include <cpuid.h>

#include "avx512.hpp"
#include "finish.hpp"
#include "variants.hpp"

namespace bitline {

// The processor has the tiles, and the system grants this process the state they need.
bool amx_permitted() {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    constexpr unsigned tiles = 1u << 24, int8 = 1u << 25;
    if ((d & tiles) == 0 || (d & int8) == 0) return false;
    constexpr long ask_for_state = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, ask_for_state, tile_data) == 0;
}

namespace {

constexpr int kSide = 16;

struct alignas(64) Shapes {
    uint8_t palette = 1, first_row = 0, reserved[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {kSide, kSide, kSide, kSide, kSide, kSide, kSide, kSide};
};

// Tiles 0..3 hold sums (plane, half), 4 digits, 5 and 6 levels of a half.
template <int Planes>
void product_of(const Tile &tile, const Drive &drive, int first, int32_t (*sums)[2][kSide][kSide]) {
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (Planes == 2) {
        _tile_zero(2);
        _tile_zero(3);
    }
    const size_t half = size_t(tile.depth) * 64;
    for (int quad = 0; quad < tile.depth; quad += kSide) {
        const uint8_t *levels = tile.cells + size_t(quad) * 64;
        _tile_loadd(4, drive.rows + first * drive.stride + quad * 4, drive.stride);
        _tile_loadd(5, levels, 64);
        _tile_loadd(6, levels + half, 64);
        _tile_dpbusd(0, 4, 5);
        _tile_dpbusd(1, 4, 6);
        if constexpr (Planes == 2) {
            _tile_loadd(5, levels + 2 * half, 64);
            _tile_loadd(6, levels + 3 * half, 64);
            _tile_dpbusd(2, 4, 5);
            _tile_dpbusd(3, 4, 6);
        }
    }
    _tile_stored(0, sums[0][0], 64);
    _tile_stored(1, sums[0][1], 64);
    if constexpr (Planes == 2) {
        _tile_stored(2, sums[1][0], 64);
        _tile_stored(3, sums[1][1], 64);
    }
}

template <int Planes>
void all(const Tile &tile, const Drive &drive, int32_t *totals, size_t stride) {
    alignas(64) int32_t sums[2][2][kSide][kSide];
    const int count = drive.vectors * drive.pulses;
    for (int first = 0; first < count; first += kSide) {
        product_of<Planes>(tile, drive, first, sums);
        const int rows = count - first < kSide ? count - first : kSide;
        for (int half = 0; half < 2; ++half) {
            const Sixteen adc(tile.converter, half * 16);
            const __m512i start = _mm512_mullo_epi32(_mm512_set1_epi32(-drive.lift),
                                                     _mm512_loadu_si512(tile.level_sums + half * 16));
            for (int r = 0; r < rows; ++r) {
                __m512i sum = _mm512_add_epi32(start, _mm512_load_si512(sums[0][half][r]));
                if constexpr (Planes == 2)
                    sum = _mm512_add_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(sums[1][half][r]), 8));
                const int vector = (first + r) / drive.pulses, pulse = (first + r) % drive.pulses;
                int32_t *into = totals + vector * stride + half * 16;
                const __m512i worth = _mm512_mullo_epi32(adc.codes(sum), _mm512_set1_epi32(drive.weights[pulse]));
                _mm512_storeu_si512(into, _mm512_add_epi32(_mm512_loadu_si512(into), worth));
            }
        }
    }
}

void product(const Tile &tile, const Drive &drive, int32_t *totals, size_t stride) {
    const Shapes shapes;
    _tile_loadconfig(&shapes);
    if (tile.planes == 2)
        all<2>(tile, drive, totals, stride);
    else
        all<1>(tile, drive, totals, stride);
    _tile_release();
}

}  // namespace

const Variant bytes_amx{"amx", Form::bytes, kSide, 16, product, finish<float>, finish<int64_t>};

}  // namespace bitline
