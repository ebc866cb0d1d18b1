// Levels as bytes in plain C++: the meaning of all the other files.
#include <cmath>

#include "digits.hpp"
#include "finish.hpp"
#include "variants.hpp"

namespace bitline {
namespace {

void add_products(const int8_t *levels, const uint8_t *digits, int depth, int32_t place, int32_t *sums) {
    for (int half = 0; half < 2; ++half)
        for (int quad = 0; quad < depth; ++quad) {
            const int8_t *four = levels + (size_t(half) * depth + quad) * 64;
            const uint8_t *d = digits + quad * 4;
            for (int lane = 0; lane < 16; ++lane) {
                const int32_t part = four[lane * 4] * d[0] + four[lane * 4 + 1] * d[1] + four[lane * 4 + 2] * d[2] +
                                     four[lane * 4 + 3] * d[3];
                sums[half * 16 + lane] += place * part;
            }
        }
}

void product(const Tile &tile, const Drive &drive, int32_t *totals, size_t stride) {
    const Converter &adc = tile.converter;
    for (int v = 0; v < drive.vectors; ++v)
        for (int p = 0; p < drive.pulses; ++p) {
            int32_t sums[kTile];
            for (int c = 0; c < kTile; ++c) sums[c] = -drive.lift * tile.level_sums[c];
            const uint8_t *digits = drive.rows + (size_t(v) * drive.pulses + p) * drive.stride;
            for (int plane = 0; plane < tile.planes; ++plane)
                add_products(reinterpret_cast<const int8_t *>(tile.cells) + size_t(plane) * 2 * tile.depth * 64, digits,
                             tile.depth, plane ? 256 : 1, sums);
            for (int c = 0; c < kTile; ++c) {
                float code = float(sums[c]) * adc.factor[c] + adc.offset[c];
                code = code < adc.low[c] ? adc.low[c] : code;
                code = code > adc.high[c] ? adc.high[c] : code;
                totals[v * stride + c] += drive.weights[p] * int32_t(std::lrintf(code));
            }
        }
}

}  // namespace

const Variant bytes_portable{"portable", Form::bytes, 1, 64, product, finish<float>, finish<int64_t>};

}  // namespace bitline
