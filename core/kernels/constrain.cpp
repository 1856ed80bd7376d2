#include "core/kernels/constrain.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr float epsilon = 1e-7F;  // Keras's
constexpr std::int64_t most_columns = 256;

// Some axes of a tensor, counted through in order.
struct Counter {
  struct Axis {
    std::int64_t size, stride;
  };
  std::array<Axis, 8> axes{};
  int rank = 0;
  std::int64_t count = 1;

  void put_in_front(std::int64_t size, std::int64_t stride) {
    std::copy_backward(axes.begin(), axes.begin() + rank, axes.begin() + rank + 1);
    axes[0] = {size, stride};
    ++rank;
    count *= size;
  }
  std::int64_t offset(std::int64_t index) const {
    std::int64_t offset = 0;
    for (int i = rank - 1; i >= 0; --i) {
      const Axis& axis = axes[static_cast<std::size_t>(i)];
      offset += index % axis.size * axis.stride;
      index /= axis.size;
    }
    return offset;
  }
};

float bounded(const NormBounds& b, float norm) {
  const float clipped = std::min(std::max(norm, b.low), b.high);
  return b.rate == 1 ? clipped : b.rate * clipped + (1 - b.rate) * norm;
}

// Norms of `columns` numbers side by side, each taken over every place that `along` counts.
void bound_block(const Counter& along, std::int64_t columns, const NormBounds& b, float* w) {
  double sums[most_columns] = {};
  for (std::int64_t i = 0; i < along.count; ++i) {
    const float* row = w + along.offset(i);
    for (std::int64_t j = 0; j < columns; ++j) sums[j] += static_cast<double>(row[j]) * row[j];
  }
  float norm[most_columns], factor[most_columns];
  for (std::int64_t j = 0; j < columns; ++j) {
    norm[j] = static_cast<float>(std::sqrt(sums[j]));
    factor[j] = bounded(b, norm[j]) / (epsilon + norm[j]);
  }
  for (std::int64_t i = 0; i < along.count; ++i) {
    float* row = w + along.offset(i);
    if (b.unit) {
      for (std::int64_t j = 0; j < columns; ++j) row[j] /= epsilon + norm[j];
    } else {
      for (std::int64_t j = 0; j < columns; ++j) row[j] *= factor[j];
    }
  }
}

// One norm over rows of numbers that lie one behind the other.
void bound_rows(const Counter& along, std::int64_t columns, const NormBounds& b, float* w) {
  constexpr std::int64_t lanes = 8;
  double sums[lanes] = {};
  for (std::int64_t i = 0; i < along.count; ++i) {
    const float* row = w + along.offset(i);
    for (std::int64_t j = 0; j < columns; ++j) {
      sums[j % lanes] += static_cast<double>(row[j]) * row[j];
    }
  }
  double sum = 0;
  for (const double s : sums) sum += s;
  const auto norm = static_cast<float>(std::sqrt(sum));
  const float factor = bounded(b, norm) / (epsilon + norm);
  for (std::int64_t i = 0; i < along.count; ++i) {
    float* row = w + along.offset(i);
    for (std::int64_t j = 0; j < columns; ++j) {
      row[j] = b.unit ? row[j] / (epsilon + norm) : row[j] * factor;
    }
  }
}

}  // namespace

void bound_norms(const Workers& workers, const NormAxes& axes, const NormBounds& bounds, float* w) {
  Counter along, beside;
  std::int64_t stride = 1;
  const bool last_along = axes.rank > 0 && axes.axes[static_cast<std::size_t>(axes.rank) - 1].along;
  std::int64_t columns = 1;  // of the last axes that are of one kind
  int i = axes.rank - 1;
  for (; i >= 0 && axes.axes[static_cast<std::size_t>(i)].along == last_along; --i) {
    columns *= axes.axes[static_cast<std::size_t>(i)].size;
  }
  stride = columns;
  for (; i >= 0; --i) {
    const NormAxes::Axis& axis = axes.axes[static_cast<std::size_t>(i)];
    (axis.along ? along : beside).put_in_front(axis.size, stride);
    stride *= axis.size;
  }
  if (last_along) {
    workers.for_each(beside.count, static_cast<double>(along.count * columns), [&](std::int64_t n) {
      bound_rows(along, columns, bounds, w + beside.offset(n));
    });
    return;
  }
  const std::int64_t blocks = (columns + most_columns - 1) / most_columns;
  workers.for_each(beside.count * blocks,
                   static_cast<double>(along.count * std::min(columns, most_columns)),
                   [&](std::int64_t n) {
                     const std::int64_t first = n % blocks * most_columns;
                     bound_block(along, std::min(most_columns, columns - first), bounds,
                                 w + beside.offset(n / blocks) + first);
                   });
}

void clip_below_zero(const Workers& workers, std::int64_t n, float* w) {
  workers.for_range(n, 0.2, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) w[i] = w[i] < 0 ? 0.0F : w[i];
  });
}

}  // namespace minnow::kernels
