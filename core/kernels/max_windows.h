#pragma once

#include <cstdint>

#include "pool2d.h"
#include "pool_windows.h"

// Internal to core/kernels: what max pooling is made of. It is compiled once for each instruction
// set; what feeds it, and what little is done number by number, once.
namespace minnow::kernels {

/// The places of windows that won, each counted along the window's rows: in bytes where those hold
/// them all, else in 32 bits.
struct Winners {
  void* data;  ///< null: they are not kept
  bool in_bytes;

  bool kept() const { return data != nullptr; }
  std::uint8_t* bytes() const { return static_cast<std::uint8_t*>(data); }
  std::uint32_t* words() const { return static_cast<std::uint32_t*>(data); }
  /// Those from `at` on.
  Winners from(std::int64_t at) const {
    if (!kept()) return *this;
    return {in_bytes ? static_cast<void*>(bytes() + at) : words() + at, in_bytes};
  }
  void read(std::int64_t count, std::uint32_t* to) const;
  void write(const std::uint32_t* from, std::int64_t count) const;
};

/// The largest numbers of windows, channel by channel, and where they lie: of x, from the first
/// window's first place on.
void max_of_windows(const Pool2DSize& size, const Windows& windows, const float* x, float* y,
                    const Winners& winners);

/// The same of some channels of one window. NaN beats numbers, so that it stays visible; the first
/// NaN stays.
void max_with_nan(const Pool2DSize& size, const Windows& windows, std::int64_t channels,
                  const float* x, float* y, const Winners& winners);

/// Back from there: dx of a window's places is dy where they won (and y > 0, unless y is null),
/// else 0; added to what was there, or written to it.
void max_of_windows_backward(const Pool2DSize& size, const Windows& windows, const float* dy,
                             const Winners& winners, const float* y, bool add, float* dx);

}  // namespace minnow::kernels
