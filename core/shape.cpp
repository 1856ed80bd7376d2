#include "core/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace minnow {

bool multiply_overflows(std::int64_t a, std::int64_t b, std::int64_t* product) noexcept {
  return __builtin_mul_overflow(a, b, product);
}

Shape::Shape(std::span<const std::int64_t> dims) {
  const auto text = [&] { return fmt::format("({})", joined(dims)); };
  if (dims.size() > max_rank) {
    throw InvalidArgument({"Shape", "", fmt::format("at most {} axes", max_rank), text(), ""});
  }
  rank_ = static_cast<int>(dims.size());
  std::copy(dims.begin(), dims.end(), dims_.begin());
  if (std::any_of(dims.begin(), dims.end(), [](std::int64_t d) { return d < 0; })) {
    throw InvalidArgument({"Shape", "", "sizes of at least 0", text(), ""});
  }
  // A zero anywhere makes the product 0, so the other sizes cannot overflow it.
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) {
    numel_ = 0;
    return;
  }
  for (std::int64_t d : dims) {
    if (multiply_overflows(numel_, d, &numel_)) {
      throw InvalidArgument({"Shape", "", "a number of elements that fits in 63 bits", text(), ""});
    }
  }
}

Shape Shape::with_batch(std::int64_t batch) const {
  std::array<std::int64_t, max_rank + 1> dims{batch};
  std::copy(begin(), end(), dims.begin() + 1);
  return Shape(std::span<const std::int64_t>(dims.data(), static_cast<std::size_t>(rank_ + 1)));
}

Shape Shape::without_batch() const {
  if (rank_ == 0) {
    throw InvalidArgument({"Shape::without_batch", "", "at least one axis", str(), ""});
  }
  return Shape(dims().subspan(1));
}

std::string Shape::str() const {
  return rank_ == 1 ? fmt::format("({},)", dims_[0]) : fmt::format("({})", joined(dims()));
}

std::string Shape::batch_str(std::string_view batch) const {
  return rank_ == 0 ? fmt::format("({},)", batch) : fmt::format("({}, {})", batch, joined(dims()));
}

}  // namespace minnow
