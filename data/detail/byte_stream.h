#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "origin.h"

namespace minnow::detail {

/// Bytes in order, each to be had once.
class ByteStream {
 public:
  /// How many bytes can still come.
  struct Left {
    std::uint64_t bytes;
    bool exact;  ///< else an upper bound, as for compressed data
  };

  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// Copies the next `size` bytes and returns how many there were: fewer only at the end.
  virtual std::size_t read(std::byte* into, std::size_t size) = 0;
  virtual Left left() const = 0;
  /// The number of bytes in all beyond which `read` refuses.
  virtual std::uint64_t limit() const { return std::numeric_limits<std::uint64_t>::max(); }
};

/// A stream whose content is known in advance: everything that is not as expected is DataLoss with
/// the position. Checks sizes against what the stream can hold before anyone allocates for them.
class StreamReader {
 public:
  StreamReader(std::unique_ptr<ByteStream> stream, Origin origin)
      : stream_(std::move(stream)), origin_(std::move(origin)) {}

  const Origin& origin() const noexcept { return origin_; }
  std::uint64_t position() const noexcept { return position_; }

  /// Exactly `size` bytes of `what`.
  void read(std::byte* into, std::size_t size, std::string_view what);
  /// Throws where `size` more bytes of `what` cannot come, ResourceExhausted beyond the limit.
  void require(std::uint64_t size, std::string_view what) const;
  /// Throws where there are more bytes; lets the stream check its own end (lengths, checksums).
  void expect_end();

 private:
  std::unique_ptr<ByteStream> stream_;
  Origin origin_;
  std::uint64_t position_ = 0;
};

/// All that is left of the stream. Memory grows only as bytes really arrive.
std::vector<std::byte> read_all(ByteStream& stream, const Origin& origin);

}  // namespace minnow::detail
