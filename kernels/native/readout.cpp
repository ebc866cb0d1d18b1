#include "readout.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

#include "digits.hpp"

namespace bitline {
namespace {

// A few vectors and a range of each slice's tiles, computed by one thread.
struct Task {
    size_t first;
    int vectors, tile, tiles;
};

class Worker {
  public:
    Worker(const Readout &readout, const Codes &codes, const Results &results, const Variant &variant)
        : readout_(readout), cells_(*readout.cells), codes_(codes), results_(results), variant_(variant) {
        lift_ = lift_of(readout.pulses[0]);
        for (const Pulse &pulse : readout.pulses) weights_.push_back(pulse.weight);
        if (variant.form == Form::bits && weights_.size() % 2) weights_.push_back(0);
        float_weights_.assign(weights_.begin(), weights_.end());
    }

    void operator()(const Task &task) {
        span_ = size_t(task.tiles) * kTile;
        totals_.assign(task.vectors * cells_.slices * span_, 0);
        for (size_t block = 0; block < cells_.rows.size(); ++block) {
            const Drive drive = variant_.form == Form::bytes ? bytes(task, block) : tables(task, block);
            for (int slice = 0; slice < cells_.slices; ++slice)
                for (int t = 0; t < task.tiles; ++t) {
                    int32_t *into = totals_.data() + slice * span_ + size_t(t) * kTile;
                    variant_.product(tile(block, slice, task.tile + t), drive, into, cells_.slices * span_);
                }
        }
        for (int v = 0; v < task.vectors; ++v) hand_out(task, v);
    }

  private:
    void digits_of(size_t vector, size_t block, const Pulse &pulse, uint8_t *out) const {
        const size_t at = vector * cells_.inputs + cells_.start[block];
        const int rows = cells_.rows[block];
        if (codes_.bytes == 1)
            write_digits(static_cast<const int8_t *>(codes_.data) + at, rows, pulse, out);
        else if (codes_.bytes == 2)
            write_digits(static_cast<const int16_t *>(codes_.data) + at, rows, pulse, out);
        else
            write_digits(static_cast<const int32_t *>(codes_.data) + at, rows, pulse, out);
    }

    Drive bytes(const Task &task, size_t block) {
        const size_t stride = size_t(cells_.depth[block]) * 4, pulses = readout_.pulses.size();
        drive_.resize(padded(int(task.vectors * pulses), variant_.row_multiple) * stride + 64);
        for (int v = 0; v < task.vectors; ++v)
            for (size_t p = 0; p < pulses; ++p) {
                uint8_t *row = drive_.data() + (v * pulses + p) * stride;
                digits_of(task.first + v, block, readout_.pulses[p], row);
                std::fill(row + cells_.rows[block], row + stride, uint8_t(0));
            }
        int digit = 0;
        for (const Pulse &pulse : readout_.pulses) digit = std::max(digit, lift_ + pulse.mask);
        const bool narrow = cells_.depth[block] * 2.0 * digit * cells_.largest < 1 << 15;
        return {drive_.data(), stride, task.vectors, int(pulses), weights_.data(), float_weights_.data(), lift_, narrow};
    }

    Drive tables(const Task &task, size_t block) {
        const size_t stride = size_t(cells_.depth[block]) * 64, pairs = weights_.size() / 2;
        const size_t pulses = readout_.pulses.size(), rows = cells_.rows[block];
        drive_.resize(task.vectors * pairs * stride + 64);
        digits_.resize(2 * rows + 8);
        for (int v = 0; v < task.vectors; ++v)
            for (size_t pair = 0; pair < pairs; ++pair) {
                const bool two = pair * 2 + 1 < pulses;
                digits_of(task.first + v, block, readout_.pulses[pair * 2], digits_.data());
                if (two) digits_of(task.first + v, block, readout_.pulses[pair * 2 + 1], digits_.data() + rows);
                write_tables(digits_.data(), two ? digits_.data() + rows : nullptr, int(rows), cells_.bits,
                             cells_.depth[block], drive_.data() + (v * pairs + pair) * stride);
            }
        return {drive_.data(), stride, task.vectors, int(pairs), weights_.data(), float_weights_.data(), 0, false};
    }

    Tile tile(size_t block, int slice, int index) const {
        const size_t at = slice * size_t(cells_.padded_columns()) + size_t(index) * kTile;
        const size_t converter = (readout_.by_block ? block * cells_.padded_width() : 0) + at;
        const size_t place = size_t(slice) * cells_.tiles + index;
        const int bits = cells_.with_sign ? -cells_.bits.planes : cells_.bits.planes;
        return {cells_.packed.data() + cells_.at[block] + place * cells_.tile_bytes[block],
                cells_.depth[block],
                cells_.form == Form::bits ? bits : cells_.planes,
                cells_.level_sums.data() + block * cells_.padded_width() + at,
                {&readout_.factor[converter], &readout_.offset[converter], &readout_.low[converter],
                 &readout_.high[converter], readout_.simple, readout_.within}};
    }

    void hand_out(const Task &task, int v) const {
        const size_t row = task.first + v, from = size_t(task.tile) * kTile;
        const int32_t *totals = totals_.data() + v * cells_.slices * span_;
        const int columns = std::min<int>(int(span_), cells_.columns - int(from));
        if (results_.totals) {
            for (int slice = 0; slice < cells_.slices; ++slice)
                std::copy_n(totals + slice * span_, columns,
                            results_.totals + (row * cells_.slices + slice) * cells_.columns + from);
            return;
        }
        const Worth worth{readout_.step.data() + from, readout_.base.data() + from, readout_.places.data(),
                          readout_.of_column.data() + from};
        const Span span{cells_.slices, columns, span_, size_t(cells_.padded_columns())};
        const size_t at = row * cells_.columns + from;
        if (results_.sums)
            variant_.finish(totals, span, worth, results_.of_row[row], results_.sums + at);
        else
            variant_.finish_whole(totals, span, worth, results_.of_row[row], results_.whole + at);
    }

    const Readout &readout_;
    const Cells &cells_;
    const Codes &codes_;
    const Results &results_;
    const Variant &variant_;
    int lift_;
    size_t span_ = 0;
    std::vector<int32_t> weights_;
    std::vector<float> float_weights_;
    Aligned<int32_t> totals_;
    Aligned<uint8_t> drive_, digits_;
};

std::vector<Task> tasks_of(size_t rows, int vectors, int tiles, int threads) {
    const size_t groups = (rows + vectors - 1) / vectors;
    const bool even = groups % threads == 0 || groups >= size_t(4 * threads);
    const int parts = even ? 1 : std::min(threads, tiles);
    std::vector<Task> tasks;
    for (size_t first = 0; first < rows; first += vectors)
        for (int part = 0; part < parts; ++part) {
            const int from = tiles * part / parts, to = tiles * (part + 1) / parts;
            tasks.push_back({first, int(std::min<size_t>(vectors, rows - first)), from, to - from});
        }
    return tasks;
}

}  // namespace

void Readout::settle() {
    const int rows = *std::max_element(cells->rows.begin(), cells->rows.end());
    double digit = 0, weights = 0, code = 0;
    simple = !cells->with_sign && cells->form == Form::bits;
    for (const Pulse &pulse : pulses) {
        digit = std::max(digit, double(pulse.mask));
        weights += std::abs(double(pulse.weight));
    }
    const float sum = float(rows * digit * cells->largest);
    within = true;
    for (size_t at = 0; at < factor.size(); ++at) {
        simple = simple && offset[at] == 0 && low[at] <= 0 && high[at] >= 0 && (factor[at] == 0 || factor[at] > 1e-30f);
        within = within && std::nearbyint(sum * factor[at]) <= high[at];
        code = std::max(code, double(std::min(high[at], sum * factor[at] + 1)));
    }
    simple = simple && 17.0 * sum < double(1 << 23) && code * weights < double(1 << 24);
}

void Readout::compute(const Codes &codes, const Results &results, const Variant &variant, int threads) const {
    const std::vector<Task> tasks = tasks_of(codes.rows, variant.vectors, cells->tiles, threads);
    std::atomic<size_t> next{0};
    std::exception_ptr failure;
    std::mutex failing;
    auto work = [&] {
        try {
            Worker worker(*this, codes, results, variant);
            for (size_t at = next++; at < tasks.size(); at = next++) worker(tasks[at]);
        } catch (...) {
            const std::lock_guard<std::mutex> lock(failing);
            failure = std::current_exception();
        }
    };
    std::vector<std::thread> others;
    const size_t count = std::min<size_t>(threads, tasks.size());
    for (size_t i = 1; i < count; ++i) others.emplace_back(work);
    work();
    for (std::thread &other : others) other.join();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace bitline
