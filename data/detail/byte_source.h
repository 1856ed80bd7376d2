#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../file.h"
#include "byte_stream.h"
#include "origin.h"

namespace minnow::detail {

/// Bytes to be had in any order: a file, or memory.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  virtual std::uint64_t size() const = 0;
  /// Copies `size` bytes from `offset` on and returns how many there were: fewer only at the end.
  virtual std::size_t read_at(std::uint64_t offset, std::byte* into, std::size_t size) const = 0;
};

using Source = std::shared_ptr<const ByteSource>;

/// A file by `origin.name`. What is not a regular file (a pipe) is read into memory, up to the
/// limit of `options`. Throws NotFound or IoError.
Source open_source(const Origin& origin, const ReadOptions& options);
/// Memory that somebody else keeps alive.
Source view_source(std::span<const std::byte> bytes);
/// Memory of its own.
Source own_source(std::vector<std::byte> bytes);

/// The bytes [begin, end) of a source, in order.
std::unique_ptr<ByteStream> stream_range(Source source, std::uint64_t begin, std::uint64_t end);
/// The whole source, unpacked on the way where it is gzip.
std::unique_ptr<ByteStream> stream_all(const Source& source, const Origin& origin,
                                       const ReadOptions& options);
/// The first `size` bytes (or fewer) after unpacking, to tell a format by.
std::vector<std::byte> peek(const Source& source, std::size_t size, const Origin& origin,
                            const ReadOptions& options);

}  // namespace minnow::detail
