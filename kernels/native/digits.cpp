#include "digits.hpp"

namespace bitline {

template <class Code>
void write_digits(const Code *codes, int count, const Pulse &pulse, uint8_t *out) {
    const int32_t added = pulse.added, shift = pulse.shift, mask = pulse.mask;
    switch (pulse.part) {
        case Pulse::whole:
            for (int i = 0; i < count; ++i) out[i] = uint8_t(((int32_t(codes[i]) + added) >> shift) & mask);
            break;
        case Pulse::positive:
            for (int i = 0; i < count; ++i) out[i] = uint8_t(((codes[i] > 0 ? int32_t(codes[i]) : 0) >> shift) & mask);
            break;
        case Pulse::negative:
            for (int i = 0; i < count; ++i) out[i] = uint8_t(((codes[i] < 0 ? -int32_t(codes[i]) : 0) >> shift) & mask);
            break;
        default:
            for (int i = 0; i < count; ++i) {
                const int32_t code = codes[i], digit = ((code < 0 ? -code : code) >> shift) & mask;
                out[i] = uint8_t((code < 0 ? -digit : digit) + kLift);
            }
    }
}

template void write_digits(const int8_t *, int, const Pulse &, uint8_t *);
template void write_digits(const int16_t *, int, const Pulse &, uint8_t *);
template void write_digits(const int32_t *, int, const Pulse &, uint8_t *);

}  // namespace bitline
