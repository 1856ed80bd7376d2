// Laying buffers with lifetimes into one arena.
#include <algorithm>
#include <numeric>

#include "core/buffer.h"
#include "core/error.h"
#include "core/graph/plan.h"

namespace minnow {
namespace {

std::int64_t bytes_of(const BufferSize& size, std::int64_t rows) {
  std::int64_t bytes = 0;
  const auto align = static_cast<std::int64_t>(Buffer::alignment);
  if (__builtin_mul_overflow(size.per_row, rows, &bytes) ||
      __builtin_add_overflow(bytes, size.fixed, &bytes) ||
      __builtin_add_overflow(bytes, align - 1, &bytes)) {
    throw ResourceExhausted("plan", "expected buffers whose sizes fit in 63 bits.");
  }
  return bytes / align * align;
}

}  // namespace

std::int64_t place_buffers(std::span<PlannedBuffer> buffers, std::int64_t rows) {
  std::vector<std::int64_t> bytes(buffers.size());
  std::transform(buffers.begin(), buffers.end(), bytes.begin(),
                 [&](const PlannedBuffer& b) { return bytes_of(b.size, rows); });
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return bytes[a] > bytes[b]; });
  std::vector<std::size_t> placed;  // by offset
  std::int64_t total = 0;
  for (std::size_t i : order) {
    PlannedBuffer& mine = buffers[i];
    mine.offset = 0;
    for (std::size_t j : placed) {
      const PlannedBuffer& other = buffers[j];
      const bool together = mine.first <= other.last && other.first <= mine.last;
      if (!together) continue;
      if (mine.offset + bytes[i] <= other.offset) break;
      mine.offset = std::max(mine.offset, other.offset + bytes[j]);
    }
    std::int64_t end = 0;
    if (__builtin_add_overflow(mine.offset, bytes[i], &end)) {
      throw ResourceExhausted("plan", "expected an arena whose size fits in 63 bits.");
    }
    total = std::max(total, end);
    const auto place = std::find_if(placed.begin(), placed.end(),
                                    [&](std::size_t j) { return buffers[j].offset > mine.offset; });
    placed.insert(place, i);
  }
  return total;
}

}  // namespace minnow
