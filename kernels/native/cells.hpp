// The cells of a matrix, packed once into the order in which a kernel reads them.
#pragma once

#include "layer.hpp"
#include "tables.hpp"

namespace bitline {

// The levels of one block as they come: planes of bytes `[slices * columns, rows]`, level = plane 0 + 256 * plane 1.
struct Block {
    int rows;
    std::vector<const int8_t *> planes;
};

enum class Form { bytes, bits };

struct Cells {
    Form form;
    int slices, columns, inputs, planes;
    int tiles;                       // of one slice
    std::vector<int> start, rows;    // of each block
    std::vector<int> depth;          // steps of the inner loop
    std::vector<size_t> at;          // where a block begins
    std::vector<size_t> tile_bytes;  // of a block
    Aligned<uint8_t> packed;
    Aligned<int32_t> level_sums;  // [block, slice, padded columns]
    int largest;                      // magnitude of a byte
    BitShape bits;                    // of the form `bits`
    bool with_sign;

    int padded_columns() const { return tiles * kTile; }
    size_t padded_width() const { return size_t(slices) * padded_columns(); }
    size_t nbytes() const { return packed.size() + 4 * level_sums.size(); }
};

// Levels as bytes: for 16 columns at a time, four rows beside each other in 32 bits, as dot products want them.
Cells pack_bytes(const std::vector<Block> &blocks, int slices, int columns);

// Levels cut into bits: a byte holds one bit-plane of a column over a few rows, which is the index into a table.
// Throws std::invalid_argument for levels that do not fit in four bits.
Cells pack_bits(const std::vector<Block> &blocks, int slices, int columns);

// Writes a plane of a block as it came, `[slices * columns, rows]`.
void unpack_bytes(const Cells &cells, int block, int plane, int8_t *levels);
void unpack_bits(const Cells &cells, int block, int8_t *levels);

// Fills what both forms have in common; `columns` of each slice are those of the arrays given.
Cells outline(const std::vector<Block> &blocks, int slices, int columns, Form form);

}  // namespace bitline
