#include <algorithm>
#include <cstdlib>

#include "cells.hpp"

namespace bitline {

Cells outline(const std::vector<Block> &blocks, int slices, int columns, Form form) {
    Cells cells{};
    cells.form = form;
    cells.slices = slices;
    cells.columns = columns;
    cells.planes = blocks.empty() ? 1 : int(blocks[0].planes.size());
    cells.tiles = padded(columns, kTile) / kTile;
    for (const Block &block : blocks) {
        cells.start.push_back(cells.inputs);
        cells.rows.push_back(block.rows);
        cells.inputs += block.rows;
    }
    cells.level_sums.assign(blocks.size() * cells.padded_width(), 0);
    for (size_t b = 0; b < blocks.size(); ++b)
        for (int m = 0; m < slices * columns; ++m) {
            int32_t sum = 0;
            for (int plane = 0; plane < cells.planes; ++plane) {
                const int8_t *levels = blocks[b].planes[plane] + size_t(m) * blocks[b].rows;
                int32_t part = 0;
                for (int r = 0; r < blocks[b].rows; ++r) {
                    part += levels[r];
                    cells.largest = std::max(cells.largest, std::abs(int(levels[r])));
                }
                sum += plane ? 256 * part : part;
            }
            cells.level_sums[b * cells.padded_width() + size_t(m / columns) * cells.padded_columns() + m % columns] = sum;
        }
    return cells;
}

Cells pack_bytes(const std::vector<Block> &blocks, int slices, int columns) {
    Cells cells = outline(blocks, slices, columns, Form::bytes);
    size_t size = 0;
    for (const Block &block : blocks) {
        const int rows = padded(block.rows, kRows);
        cells.depth.push_back(rows / 4);
        cells.at.push_back(size);
        cells.tile_bytes.push_back(size_t(cells.planes) * kTile * rows);
        size += cells.tile_bytes.back() * cells.tiles * slices;
    }
    cells.packed.assign(size + 64, 0);
    for (size_t b = 0; b < blocks.size(); ++b)
        for (int m = 0; m < slices * columns; ++m) {
            const int slice = m / columns, column = m % columns, lane = column % kTile;
            const size_t tile = size_t(slice) * cells.tiles + column / kTile;
            uint8_t *into = cells.packed.data() + cells.at[b] + tile * cells.tile_bytes[b];
            for (int plane = 0; plane < cells.planes; ++plane) {
                const int8_t *levels = blocks[b].planes[plane] + size_t(m) * blocks[b].rows;
                uint8_t *half = into + (size_t(plane) * 2 + lane / 16) * cells.depth[b] * 64 + lane % 16 * 4;
                for (int r = 0; r < blocks[b].rows; ++r) half[r / 4 * 64 + r % 4] = uint8_t(levels[r]);
            }
        }
    return cells;
}

void unpack_bytes(const Cells &cells, int block, int plane, int8_t *levels) {
    const int rows = cells.rows[block];
    for (int m = 0; m < cells.slices * cells.columns; ++m) {
        const int column = m % cells.columns, lane = column % kTile;
        const size_t tile = size_t(m / cells.columns) * cells.tiles + column / kTile;
        const uint8_t *from = cells.packed.data() + cells.at[block] + tile * cells.tile_bytes[block] +
                              (size_t(plane) * 2 + lane / 16) * cells.depth[block] * 64 + lane % 16 * 4;
        for (int r = 0; r < rows; ++r) levels[size_t(m) * rows + r] = int8_t(from[r / 4 * 64 + r % 4]);
    }
}

}  // namespace bitline
