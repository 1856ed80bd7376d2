#include "data/detail/byte_stream.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#include <fmt/format.h>

namespace minnow::detail {

void StreamReader::read(std::byte* into, std::size_t size, std::string_view what) {
  const std::size_t got = stream_->read(into, size);
  if (got < size) {
    throw origin_.data_loss(
        fmt::format("expected {} bytes of {} at byte {}, got {}.", size, what, position_, got));
  }
  position_ += size;
}

void StreamReader::require(std::uint64_t size, std::string_view what) const {
  const ByteStream::Left left = stream_->left();
  if (size > left.bytes) {
    throw origin_.data_loss(fmt::format("expected {} bytes of {} at byte {}, got {}{}.", size, what,
                                        position_, left.exact ? "" : "no more than ", left.bytes));
  }
  if (size > stream_->limit() || position_ > stream_->limit() - size) {
    throw origin_.resource_exhausted(
        fmt::format("expected at most {} unpacked bytes, got {} of {} at byte {}. Unpack the file "
                    "or raise ReadOptions::max_unpacked_bytes.",
                    stream_->limit(), size, what, position_));
  }
}

void StreamReader::expect_end() {
  std::byte next;
  if (stream_->read(&next, 1) > 0) {
    throw origin_.data_loss(fmt::format("expected the end at byte {}, got more data.", position_));
  }
}

std::vector<std::byte> read_all(ByteStream& stream, const Origin& origin) {
  constexpr std::size_t first = std::size_t{1} << 16;
  std::vector<std::byte> bytes;
  try {
    std::size_t size = 0;
    for (;;) {
      // One byte more than an exact size, so that the same read sees the end.
      const ByteStream::Left left = stream.left();
      const std::size_t step =
          left.exact ? static_cast<std::size_t>(left.bytes) + 1 : std::max(first, size);
      bytes.resize(size + step);
      const std::size_t got = stream.read(bytes.data() + size, step);
      size += got;
      if (got < step) break;
    }
    bytes.resize(size);
  } catch (const std::bad_alloc&) {
    throw origin.resource_exhausted("expected the file to fit in memory, but there is too little.");
  } catch (const std::length_error&) {
    throw origin.resource_exhausted("expected the file to fit in memory, but there is too little.");
  }
  return bytes;
}

}  // namespace minnow::detail
