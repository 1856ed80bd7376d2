#include "core/kernels/spread.h"

#include <algorithm>

namespace minnow::kernels {
namespace {

// f(offset in the small array, step there, place in [0, end - begin), length) for every run along
// the last axis.
template <class F>
void for_runs(const Spread& s, std::int64_t begin, std::int64_t end, F&& f) {
  const int last = s.axes - 1;
  const std::int64_t inner = s.size[static_cast<std::size_t>(last)];
  const std::int64_t step = s.stride[static_cast<std::size_t>(last)];
  for (std::int64_t i = begin; i < end;) {
    const std::int64_t length = std::min(inner - i % inner, end - i);
    f(place_under(s, i), step, i - begin, length);
    i += length;
  }
}

}  // namespace

Spread make_spread(std::span<const std::int64_t> large, std::span<const std::int64_t> small) {
  Spread s;
  // From the last axis to the first, joining neighbours whose strides follow on each other.
  std::array<std::int64_t, Spread::most_axes> size{}, stride{};
  int count = 0;
  for (std::size_t i = large.size(); i-- > 0;) {
    const std::int64_t move = small[i] == 1 ? 0 : s.small_numel;
    s.numel *= large[i];
    s.small_numel *= small[i];
    if (large[i] == 1) continue;
    const auto before = static_cast<std::size_t>(count - 1);
    if (count > 0 && move == stride[before] * size[before] && (move > 0) == (stride[before] > 0)) {
      size[before] *= large[i];
      continue;
    }
    size[static_cast<std::size_t>(count)] = large[i];
    stride[static_cast<std::size_t>(count++)] = move;
  }
  if (count == 0) return s;
  s.axes = count;
  std::reverse_copy(size.begin(), size.begin() + count, s.size.begin());
  std::reverse_copy(stride.begin(), stride.begin() + count, s.stride.begin());
  return s;
}

std::int64_t place_under(const Spread& spread, std::int64_t i) noexcept {
  std::int64_t place = 0;
  for (auto axis = static_cast<std::size_t>(spread.axes); axis-- > 0; i /= spread.size[axis]) {
    place += i % spread.size[axis] * spread.stride[axis];
  }
  return place;
}

void expand(const Spread& spread, std::int64_t begin, std::int64_t end, const float* small,
            float* out) noexcept {
  for_runs(spread, begin, end,
           [&](std::int64_t offset, std::int64_t step, std::int64_t at, std::int64_t length) {
             if (step == 0) {
               std::fill_n(out + at, length, small[offset]);
             } else {
               std::copy_n(small + offset, length, out + at);
             }
           });
}

void reduce(const Spread& spread, std::int64_t begin, std::int64_t end, const float* from,
            float* small) noexcept {
  for_runs(spread, begin, end,
           [&](std::int64_t offset, std::int64_t step, std::int64_t at, std::int64_t length) {
             const float* x = from + at;
             if (step == 0) {
               double sum = 0;
               for (std::int64_t i = 0; i < length; ++i) sum += x[i];
               small[offset] += static_cast<float>(sum);
             } else {
               for (std::int64_t i = 0; i < length; ++i) small[offset + i] += x[i];
             }
           });
}

}  // namespace minnow::kernels
