// Cells with everything that turns input codes into results: pulses, converters, what codes are worth.
#pragma once

#include <memory>
#include <string>

#include "cells.hpp"
#include "variants.hpp"

namespace bitline {

struct Codes {
    const void *data;
    int bytes;  // of one
    size_t rows;
};

// Where results go: sums of all slices as float or as whole numbers, or the totals of each slice.
struct Results {
    const double *of_row = nullptr;
    float *sums = nullptr;
    int64_t *whole = nullptr;
    int32_t *totals = nullptr;
};

struct Readout {
    std::shared_ptr<const Cells> cells;
    std::vector<Pulse> pulses;
    bool by_block, simple, within;  // as Converter says
    Aligned<float> factor, offset, low, high;  // [blocks or 1, slice, padded columns]
    Aligned<double> step, base;             // [slice, padded columns]
    std::vector<double> places, of_column;

    // Finds out what a kernel may rely on; call it when all else is filled in.
    void settle();
    void compute(const Codes &, const Results &, const Variant &, int threads) const;
};

}  // namespace bitline
