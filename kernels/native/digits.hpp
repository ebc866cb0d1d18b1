// Input codes to the digits of pulses.
#pragma once

#include "layer.hpp"

namespace bitline {

constexpr int kLift = 128;

// Writes digits + lift of `count` codes as bytes.
template <class Code>
void write_digits(const Code *codes, int count, const Pulse &pulse, uint8_t *out);

// What is added to every digit so that it is a byte without a sign.
inline int lift_of(const Pulse &pulse) { return pulse.part == Pulse::signs ? kLift : 0; }

}  // namespace bitline
