// One-bit pulses as tables that levels cut into bits look up.
//
// For r rows of two pulses, entry i of a table is popcount(i & pulse a) + 16 * popcount(i & pulse b): what a bit-plane
// with the pattern i in those rows adds to the sums of both. 64 entries of a byte are one register.
#pragma once

#include "layer.hpp"

namespace bitline {

// How many bit-planes share 32 bits of one column, how many groups of rows, rows of a group, and how many lookups
// add up before four bits overflow.
struct BitShape {
    int planes, groups, rows, lookups;
    int step() const { return groups * rows; }
};
constexpr BitShape kBitShapes[] = {{1, 4, 4, 3}, {2, 2, 5, 3}, {4, 1, 6, 2}};

// Writes `depth` tables for two rows of one-bit digits, `rows` bytes each; `second` may be null.
void write_tables(const uint8_t *first, const uint8_t *second, int rows, const BitShape &shape, int depth, uint8_t *out);

}  // namespace bitline
