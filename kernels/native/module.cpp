// The Python side: arrays in, arrays out, nothing copied but what is packed.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <stdexcept>

#include "readout.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace bitline {
namespace {

template <class T, int Dimensions>
using In = nb::ndarray<const T, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;
template <class T>
using Out = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using AnyCodes = nb::ndarray<nb::ro, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void require(bool holds, const char *what) {
    if (!holds) throw std::invalid_argument(what);
}

std::shared_ptr<Cells> make_cells(const std::vector<std::vector<In<int8_t, 2>>> &planes, int slices, int columns,
                                  const std::string &form) {
    require(form == "bytes" || form == "bits", "form is neither bytes nor bits");
    require(!planes.empty() && slices > 0 && columns > 0, "there are no cells");
    std::vector<Block> blocks;
    for (const auto &block : planes) {
        require(block.size() == planes[0].size() && (block.size() == 1 || block.size() == 2), "one or two planes");
        Block one{int(block[0].shape(1)), {}};
        for (const auto &plane : block) {
            require(plane.shape(0) == size_t(slices) * columns && plane.shape(1) == block[0].shape(1),
                    "planes are [slices * columns, rows]");
            one.planes.push_back(plane.data());
        }
        blocks.push_back(one);
    }
    nb::gil_scoped_release release;
    return std::make_shared<Cells>(form == "bytes" ? pack_bytes(blocks, slices, columns)
                                                   : pack_bits(blocks, slices, columns));
}

void levels(const Cells &cells, int block, int plane, const Out<int8_t> &out) {
    require(block >= 0 && size_t(block) < cells.rows.size() && plane >= 0 && plane < cells.planes, "there is no such plane");
    require(out.shape(0) == size_t(cells.slices) * cells.columns && out.shape(1) == size_t(cells.rows[block]),
            "levels are [slices * columns, rows]");
    nb::gil_scoped_release release;
    if (cells.form == Form::bytes)
        unpack_bytes(cells, block, plane, out.data());
    else
        unpack_bits(cells, block, out.data());
}

// Spreads [blocks, slices * columns] over the padded columns of tiles.
template <class T>
Aligned<T> spread(const T *from, size_t blocks, const Cells &cells) {
    Aligned<T> into(blocks * cells.padded_width(), T(0));
    for (size_t at = 0; at < blocks * cells.slices; ++at)
        std::copy_n(from + at * cells.columns, cells.columns, into.data() + at * cells.padded_columns());
    return into;
}

std::shared_ptr<Readout> make_readout(std::shared_ptr<const Cells> cells, const In<int32_t, 2> &pulses,
                                      const In<float, 3> &converter, const In<double, 2> &worth,
                                      const In<double, 1> &places, const In<double, 1> &of_column) {
    const size_t width = size_t(cells->slices) * cells->columns, blocks = converter.shape(1);
    require(pulses.shape(0) > 0 && pulses.shape(1) == 5, "pulses are [pulses, 5]");
    require(converter.shape(0) == 4 && converter.shape(2) == width && (blocks == 1 || blocks == cells->rows.size()),
            "converter is [4, blocks or 1, slices * columns]");
    require(worth.shape(0) == 2 && worth.shape(1) == width, "worth is [2, slices * columns]");
    require(places.shape(0) == size_t(cells->slices), "places is [slices]");
    require(of_column.shape(0) == size_t(cells->columns), "of_column is [columns]");
    auto readout = std::make_shared<Readout>();
    readout->by_block = blocks > 1;
    for (size_t p = 0; p < pulses.shape(0); ++p) {
        const int32_t *field = pulses.data() + p * 5;
        readout->pulses.push_back({field[0], field[1], field[2], field[3], field[4]});
        require(field[3] >= 1 && field[3] <= (field[0] == Pulse::signs ? 127 : 255), "digits are bytes");
        require(field[0] >= Pulse::whole && field[0] <= Pulse::signs, "the part of a code is 0, 1, 2 or 3");
        require((field[0] == Pulse::signs) == (pulses.data()[0] == Pulse::signs), "all drivers have a sign or none");
        require(cells->form == Form::bytes || (field[3] == 1 && field[0] != Pulse::signs),
                "levels cut into bits take one-bit pulses");
    }
    const size_t part = blocks * width;
    readout->factor = spread(converter.data(), blocks, *cells);
    readout->offset = spread(converter.data() + part, blocks, *cells);
    readout->low = spread(converter.data() + 2 * part, blocks, *cells);
    readout->high = spread(converter.data() + 3 * part, blocks, *cells);
    readout->step = spread(worth.data(), 1, *cells);
    readout->base = spread(worth.data() + width, 1, *cells);
    readout->places.assign(places.data(), places.data() + cells->slices);
    readout->of_column.assign(of_column.data(), of_column.data() + cells->columns);
    readout->of_column.resize(cells->padded_columns(), 0.0);
    readout->cells = std::move(cells);
    readout->settle();
    return readout;
}

std::vector<std::string> names(const std::string &form) {
    std::vector<std::string> found;
    for (const Variant *variant : variants())
        if (form.empty() || form == (variant->form == Form::bytes ? "bytes" : "bits")) found.push_back(variant->name);
    return found;
}

void run(const Readout &readout, const AnyCodes &codes, Results results, const std::string &name, int threads) {
    const Cells &cells = *readout.cells;
    require(codes.shape(1) == size_t(cells.inputs), "codes are [rows, inputs]");
    require(codes.dtype().code == uint8_t(nb::dlpack::dtype_code::Int) && codes.dtype().bits <= 32, "codes are whole");
    require(threads > 0, "there is at least one thread");
    const Variant *chosen = nullptr;
    for (const Variant *variant : variants())
        if (variant->form == cells.form && (name.empty() || name == variant->name)) chosen = variant;
    require(chosen != nullptr, "this processor, or this form of cells, has no such variant");
    const Codes given{codes.data(), codes.dtype().bits / 8, codes.shape(0)};
    nb::gil_scoped_release release;
    readout.compute(given, results, *chosen, threads);
}

template <class T>
void sums(const Readout &readout, const AnyCodes &codes, const In<double, 1> &of_row, const Out<T> &out,
          const std::string &variant, int threads) {
    require(of_row.shape(0) == codes.shape(0), "of_row is [rows]");
    require(out.shape(0) == codes.shape(0) && out.shape(1) == size_t(readout.cells->columns), "out is [rows, columns]");
    Results results;
    results.of_row = of_row.data();
    if constexpr (std::is_same_v<T, float>)
        results.sums = out.data();
    else
        results.whole = out.data();
    run(readout, codes, results, variant, threads);
}

void totals(const Readout &readout, const AnyCodes &codes, const Out<int32_t> &out, const std::string &variant, int threads) {
    const size_t width = size_t(readout.cells->slices) * readout.cells->columns;
    require(out.shape(0) == codes.shape(0) && out.shape(1) == width, "out is [rows, slices * columns]");
    Results results;
    results.totals = out.data();
    run(readout, codes, results, variant, threads);
}

}  // namespace

NB_MODULE(_native, m) {
    nb::class_<Cells>(m, "Cells")
        .def(nb::new_(&make_cells), "planes"_a, "slices"_a, "columns"_a, "form"_a)
        .def("levels", &levels, "block"_a, "plane"_a, "out"_a)
        .def_prop_ro("nbytes", &Cells::nbytes)
        .def_prop_ro("largest", [](const Cells &cells) { return cells.largest; })
        .def_prop_ro("form", [](const Cells &cells) { return cells.form == Form::bytes ? "bytes" : "bits"; });
    nb::class_<Readout>(m, "Readout")
        .def(nb::new_(&make_readout), "cells"_a, "pulses"_a, "converter"_a, "worth"_a, "places"_a, "of_column"_a)
        .def("sums", &sums<float>, "codes"_a, "of_row"_a, "out"_a, "variant"_a, "threads"_a)
        .def("sums", &sums<int64_t>, "codes"_a, "of_row"_a, "out"_a, "variant"_a, "threads"_a)
        .def("totals", &totals, "codes"_a, "out"_a, "variant"_a, "threads"_a);
    m.def("variants", &names, "form"_a);
}

}  // namespace bitline
