#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "cells.hpp"
#include "tables.hpp"

namespace bitline {
namespace {

const BitShape &shape_for(int low, int high) {
    for (const BitShape &shape : kBitShapes) {
        const int most = low < 0 ? (1 << (shape.planes - 1)) - 1 : (1 << shape.planes) - 1;
        if (high <= most && (low >= 0 || low >= -most - 1)) return shape;
    }
    throw std::invalid_argument("levels do not fit in four bits");
}

// For every pattern of six bits, how many bits it shares with 0, 1, 2, ...
std::array<std::array<uint64_t, 8>, 64> shared_bits() {
    std::array<std::array<uint64_t, 8>, 64> table{};
    for (int pattern = 0; pattern < 64; ++pattern)
        for (int i = 0; i < 64; ++i)
            table[pattern][i / 8] |= uint64_t(__builtin_popcount(pattern & i)) << (i % 8 * 8);
    return table;
}

std::vector<uint8_t> as_bits(const uint8_t *digits, int rows, size_t bytes) {
    std::vector<uint8_t> bits(bytes + 16, 0);
    int r = 0;
    for (; r + 8 <= rows; r += 8) {
        uint64_t eight;
        std::memcpy(&eight, digits + r, 8);
        bits[r / 8] = uint8_t((eight * 0x0102040810204080ull) >> 56);
    }
    for (; r < rows; ++r) bits[r / 8] |= uint8_t(digits[r] << (r % 8));
    return bits;
}

int pattern_at(const std::vector<uint8_t> &bits, int row, int count) {
    uint16_t two;
    std::memcpy(&two, bits.data() + row / 8, 2);
    return (two >> (row % 8)) & ((1 << count) - 1);
}

}  // namespace

void write_tables(const uint8_t *first, const uint8_t *second, int rows, const BitShape &shape, int depth, uint8_t *out) {
    static const auto shared = shared_bits();
    const size_t bytes = size_t(depth) * shape.step() / 8;
    const std::vector<uint8_t> a = as_bits(first, rows, bytes), b = as_bits(second, second ? rows : 0, bytes);
    const int words = 8 / shape.groups;
    uint64_t table[8];
    for (int step = 0; step < depth; ++step, out += 64) {
        for (int group = 0; group < shape.groups; ++group) {
            const int row = step * shape.step() + group * shape.rows;
            const auto &low = shared[pattern_at(a, row, shape.rows)], &high = shared[pattern_at(b, row, shape.rows)];
            for (int word = 0; word < words; ++word) table[group * words + word] = low[word] + (high[word] << 4);
        }
        std::memcpy(out, table, 64);
    }
}

Cells pack_bits(const std::vector<Block> &blocks, int slices, int columns) {
    Cells cells = outline(blocks, slices, columns, Form::bits);
    if (cells.planes != 1) throw std::invalid_argument("levels of two planes do not fit in four bits");
    int low = 0, high = 0;
    for (const Block &block : blocks) {
        const auto [least, most] = std::minmax_element(block.planes[0], block.planes[0] + size_t(slices) * columns * block.rows);
        if (least == most && block.rows == 0) continue;
        low = std::min(low, int(*least));
        high = std::max(high, int(*most));
    }
    const BitShape &shape = shape_for(low, high);
    cells.bits = shape;
    cells.with_sign = low < 0;
    size_t size = 0;
    for (const Block &block : blocks) {
        cells.depth.push_back(padded((block.rows + shape.step() - 1) / shape.step(), shape.lookups));
        cells.at.push_back(size);
        cells.tile_bytes.push_back(size_t(cells.depth.back()) * 2 * 64);
        size += cells.tile_bytes.back() * cells.tiles * slices;
    }
    cells.packed.assign(size + 64, 0);
    const int selector = shape.groups == 4 ? 4 : shape.groups == 2 ? 5 : 6;
    for (size_t b = 0; b < blocks.size(); ++b)
        for (int m = 0; m < slices * columns; ++m) {
            const int8_t *levels = blocks[b].planes[0] + size_t(m) * blocks[b].rows;
            const int column = m % columns, lane = column % kTile;
            const size_t tile = size_t(m / columns) * cells.tiles + column / kTile;
            uint8_t *into = cells.packed.data() + cells.at[b] + tile * cells.tile_bytes[b] + lane / 16 * 64 + lane % 16 * 4;
            for (int step = 0; step < cells.depth[b]; ++step)
                for (int byte = 0; byte < 4; ++byte) {
                    const int plane = byte / shape.groups, group = byte % shape.groups;
                    int index = group << selector;
                    for (int i = 0; i < shape.rows; ++i) {
                        const int row = step * shape.step() + group * shape.rows + i;
                        if (row < blocks[b].rows) index |= ((levels[row] >> plane) & 1) << i;
                    }
                    into[size_t(step) * 128 + byte] = uint8_t(index);
                }
        }
    return cells;
}

void unpack_bits(const Cells &cells, int block, int8_t *levels) {
    const BitShape &shape = cells.bits;
    const int rows = cells.rows[block], unused = 8 - shape.planes;
    for (int m = 0; m < cells.slices * cells.columns; ++m) {
        int8_t *column = levels + size_t(m) * rows;
        std::fill_n(column, rows, int8_t(0));
        const int lane = m % cells.columns % kTile;
        const size_t tile = size_t(m / cells.columns) * cells.tiles + m % cells.columns / kTile;
        const uint8_t *from = cells.packed.data() + cells.at[block] + tile * cells.tile_bytes[block] + lane / 16 * 64 + lane % 16 * 4;
        for (int step = 0; step < cells.depth[block]; ++step)
            for (int byte = 0; byte < 4; ++byte)
                for (int i = 0; i < shape.rows; ++i) {
                    const int row = step * shape.step() + byte % shape.groups * shape.rows + i;
                    const int bit = (from[size_t(step) * 128 + byte] >> i) & 1;
                    if (row < rows) column[row] = int8_t(column[row] | bit << (byte / shape.groups));
                }
        if (cells.with_sign)
            for (int r = 0; r < rows; ++r) column[r] = int8_t(int8_t(column[r] << unused) >> unused);
    }
}

}  // namespace bitline
