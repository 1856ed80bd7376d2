#include "data/detail/elements.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "core/text.h"

namespace minnow::detail {
namespace {

std::uint32_t swapped(std::uint32_t word) { return __builtin_bswap32(word); }
std::uint64_t swapped(std::uint64_t word) { return __builtin_bswap64(word); }

template <class Word>
void swap_words(std::byte* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; i += sizeof(Word)) {
    Word word;
    std::memcpy(&word, bytes + i, sizeof word);
    word = swapped(word);
    std::memcpy(bytes + i, &word, sizeof word);
  }
}

template <class Word>
void reorder(const std::byte* from, std::byte* to, const Shape& shape) {
  std::array<std::int64_t, Shape::max_rank> strides{}, index{};
  std::int64_t stride = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= shape[axis];
  }
  std::int64_t offset = 0;
  for (std::int64_t i = 0; i < shape.numel(); ++i) {
    std::memcpy(to + i * std::int64_t{sizeof(Word)}, from + offset * std::int64_t{sizeof(Word)},
                sizeof(Word));
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      offset += strides[a];
      if (++index[a] < shape[axis]) break;
      offset -= strides[a] * shape[axis];
      index[a] = 0;
    }
  }
}

std::string size_text(std::span<const std::int64_t> sizes) {
  return fmt::format("({}{})", joined(sizes), sizes.size() == 1 ? "," : "");
}

Shape checked_shape(const StreamReader& reader, std::span<const std::int64_t> sizes, DType dtype) {
  if (sizes.size() > Shape::max_rank) {
    throw reader.origin().invalid_argument(fmt::format("at most {} axes", Shape::max_rank),
                                           fmt::format("{}: {}", sizes.size(), size_text(sizes)));
  }
  std::int64_t bytes = static_cast<std::int64_t>(size_of(dtype));
  const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  for (std::int64_t size : sizes) {
    if (!empty && multiply_overflows(bytes, size, &bytes)) {
      throw reader.origin().data_loss(
          fmt::format("expected an array that a file can hold, got the shape {} of {}.",
                      size_text(sizes), name(dtype)));
    }
  }
  reader.require(empty ? 0 : static_cast<std::uint64_t>(bytes), "array data");
  return Shape(sizes);
}

}  // namespace

Tensor read_elements(StreamReader& reader, std::span<const std::int64_t> sizes, DType dtype,
                     bool swap) {
  Tensor tensor(checked_shape(reader, sizes, dtype), dtype);
  const auto size = static_cast<std::size_t>(tensor.nbytes());
  std::byte* bytes = tensor.mutable_bytes();
  reader.read(bytes, size, "array data");
  if (swap && size_of(dtype) == 4) swap_words<std::uint32_t>(bytes, size);
  if (swap && size_of(dtype) == 8) swap_words<std::uint64_t>(bytes, size);
  if (dtype == DType::boolean) {
    // Any other byte than 0 and 1 is no bool to C++.
    std::transform(bytes, bytes + size, bytes,
                   [](std::byte b) { return std::byte{b != std::byte{0}}; });
  }
  return tensor;
}

Tensor from_column_major(const Tensor& tensor) {
  if (tensor.rank() <= 1) return tensor;
  Tensor out(tensor.shape(), tensor.dtype());
  const auto run = [&](auto word) {
    reorder<decltype(word)>(tensor.bytes(), out.mutable_bytes(), tensor.shape());
  };
  switch (size_of(tensor.dtype())) {
    case 1:
      run(std::uint8_t{});
      break;
    case 4:
      run(std::uint32_t{});
      break;
    default:
      run(std::uint64_t{});
      break;
  }
  return out;
}

}  // namespace minnow::detail
