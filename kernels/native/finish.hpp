// Adds up the slices of one row. Included by each file of instructions, so that each has it compiled for its own.
#pragma once

#include "layer.hpp"

namespace bitline {
namespace {

constexpr int kStrip = 256;

template <class Out>
void finish(const int32_t *totals, const Span &span, const Worth &worth, double of_row, Out *out) {
    for (int start = 0; start < span.columns; start += kStrip) {
        const int count = span.columns - start < kStrip ? span.columns - start : kStrip;
        double whole[kStrip] = {};
        for (int slice = 0; slice < span.slices; ++slice) {
            const size_t at = slice * span.of_worth + start;
            const int32_t *total = totals + slice * span.of_totals + start;
            const double *step = worth.step + at, *base = worth.base + at, place = worth.places[slice];
            for (int c = 0; c < count; ++c) whole[c] += place * (total[c] * step[c] + base[c]);
        }
        const double *of_column = worth.of_column + start;
        for (int c = 0; c < count; ++c) out[start + c] = static_cast<Out>(whole[c] - of_column[c] - of_row);
    }
}

}  // namespace
}  // namespace bitline
