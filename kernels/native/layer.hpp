// What every file here speaks of: tiles of columns, pulses, the converter, and the work of one tile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace bitline {

// Columns computed together; the columns of each slice are padded to a multiple of it.
constexpr int kTile = 32;
// Rows of a block are padded to a multiple of it, with cells that hold nothing.
constexpr int kRows = 64;

inline int padded(int count, int to) { return (count + to - 1) / to * to; }

// Vectors that begin where a cache line does: loads of whole registers that straddle two lines take twice as long.
template <class T>
struct LineAllocator {
    using value_type = T;
    LineAllocator() = default;
    template <class U>
    LineAllocator(const LineAllocator<U> &) {}
    T *allocate(size_t count) { return static_cast<T *>(::operator new(count * sizeof(T), std::align_val_t(64))); }
    void deallocate(T *data, size_t) { ::operator delete(data, std::align_val_t(64)); }
    template <class U>
    bool operator==(const LineAllocator<U> &) const { return true; }
    template <class U>
    bool operator!=(const LineAllocator<U> &) const { return false; }
};
template <class T>
using Aligned = std::vector<T, LineAllocator<T>>;

// digit = (part(code) + added) >> shift & mask, where part is the code, its positive or its negative part;
// or, of drivers with a sign, sign(code) * (|code| >> shift & mask).
struct Pulse {
    enum Part : int32_t { whole = 0, positive = 1, negative = 2, signs = 3 };
    int32_t part, added, shift, mask, weight;
};

// code = clamp(round_half_even(float(sum) * factor + offset), low, high), each array a tile long.
struct Converter {
    const float *factor, *offset, *low, *high;
    // What a kernel may rely on: no offset; sums and codes that are never negative; so small that the totals of one
    // tile, and 17 times the sums, are exact in floats; and, last, codes that need no clamping from above.
    bool simple, within;
};

// What a block's wordlines carry: `pulses` rows for each vector, one after another, `stride` bytes each.
// Bytes are digits + lift; of one-bit pulses kept as tables, a row is the tables of two pulses.
struct Drive {
    const uint8_t *rows;
    size_t stride;
    int vectors, pulses;
    const int32_t *weights;
    const float *float_weights;
    int lift;
    bool narrow;  // half the rows of a block, each with the largest digit and level, add up to less than 2**15
};

// One block's cells in the columns of a tile, and the sums of their levels.
struct Tile {
    const uint8_t *cells;
    int depth;
    int planes;  // of bytes; or of bits, then negative if levels have a sign
    const int32_t *level_sums;
    Converter converter;
};

// Adds weight * code of every pulse to `totals`, one row of `stride` integers for each vector.
using TileProduct = void (*)(const Tile &, const Drive &, int32_t *totals, size_t stride);

// result = sum over slices of place * (total * step + base), less what belongs to the column, then to the row.
struct Worth {
    const double *step, *base, *places, *of_column;
};
struct Span {
    int slices, columns;
    size_t of_totals, of_worth;  // from one slice to the next
};
using FinishFloat = void (*)(const int32_t *totals, const Span &, const Worth &, double of_row, float *out);

}  // namespace bitline
