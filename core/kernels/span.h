#pragma once

#include <cstdint>

// Internal to core/kernels.
namespace minnow::kernels {

/// The numbers of [begin, end).
struct Span {
  std::int64_t begin, end;
  std::int64_t size() const noexcept { return end - begin; }
};

}  // namespace minnow::kernels
