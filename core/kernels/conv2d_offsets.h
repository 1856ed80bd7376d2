#pragma once

#include <algorithm>
#include <cstdint>

#include "conv2d.h"

// Internal to core/kernels: where a forward convolution's terms lie in the image.
namespace minnow::kernels {

/// Where some of a kernel's terms lie, from the first number that an output sees: terms from
/// `first` on, in an image whose rows have `row_size` numbers. The last few answers are kept.
class Offsets {
 public:
  static constexpr std::int64_t most_terms = 512;  ///< asked for at a time

  const std::int64_t* of(const Conv2DSize& s, std::int64_t first, std::int64_t count,
                         std::int64_t row_size) {
    for (const Answer& known : answers_) {
      if (first == known.first && row_size == known.row_size) return known.of;
    }
    Answer& answer = answers_[next_];
    next_ = (next_ + 1) % most_answers;
    answer.first = first;
    answer.row_size = row_size;
    const std::int64_t channels = s.channels / s.groups;
    std::int64_t c = first % channels, b = first / channels % s.kernel_w;
    std::int64_t a = first / channels / s.kernel_w;
    for (std::int64_t t = 0; t < count; c = 0) {
      const std::int64_t tap = a * s.dilation_h * row_size + b * s.dilation_w * s.channels;
      for (const std::int64_t end = std::min(t + channels - c, count); t < end; ++t, ++c) {
        answer.of[t] = tap + c;
      }
      if (++b < s.kernel_w) continue;
      b = 0;
      ++a;
    }
    return answer.of;
  }

 private:
  static constexpr int most_answers = 8;  // blocks of terms, in the image and in its slabs
  struct Answer {
    std::int64_t first = -1, row_size = -1;
    std::int64_t of[most_terms];
  };
  Answer answers_[most_answers];
  int next_ = 0;
};

}  // namespace minnow::kernels
