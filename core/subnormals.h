#pragma once

#include <cstdint>

namespace minnow {

/// While it lives, numbers too small to be normal (below 1.2e-38) count as zero on the calling
/// thread, as they do in TensorFlow's. Processors take a hundred times as long for them, and
/// without it training comes to many: the moments of weights that get no gradient any more shrink
/// until they are subnormal, and then stay so. Does nothing where the processor is neither x86-64
/// nor ARM64.
class FlushSubnormals {
 public:
  FlushSubnormals() noexcept;
  ~FlushSubnormals();
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;

 private:
  std::uint64_t before_ = 0;  // the thread's control register
};

}  // namespace minnow
