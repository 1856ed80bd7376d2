#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "byte_source.h"
#include "origin.h"
#include "zip.h"

namespace minnow::detail {

/// The bytes of a local header without its name and extra field.
inline constexpr std::uint64_t zip_local_header_size = 30;

/// Numbers of a zip record in little-endian order, one after another. Everything beyond the end is
/// DataLoss.
class ZipFields {
 public:
  ZipFields(std::span<const std::byte> bytes, std::uint64_t position, const Origin& origin)
      : bytes_(bytes), position_(position), origin_(&origin) {}

  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::span<const std::byte> take(std::size_t size);
  void skip(std::size_t size) { take(size); }
  std::size_t left() const noexcept { return bytes_.size(); }
  std::uint64_t position() const noexcept { return position_; }
  /// The next four bytes must be this signature, of `what`.
  void signature(std::uint32_t expected, const char* what);

 private:
  std::uint64_t number(std::size_t size);

  std::span<const std::byte> bytes_;
  std::uint64_t position_;
  const Origin* origin_;
};

/// Replaces the numbers that are all ones by those of the zip64 field among `extra`, in the order
/// that the format fixes.
void apply_zip64(std::span<const std::byte> extra, std::uint64_t position, const Origin& origin,
                 std::span<std::uint64_t* const> numbers);

/// The bytes [position, position + size) of the archive; DataLoss where it is shorter.
std::vector<std::byte> read_zip_bytes(const ByteSource& source, std::uint64_t position,
                                      std::uint64_t size, const char* what, const Origin& origin);

/// The members that the central directory lists, checked against one another.
std::vector<ZipEntry> read_zip_directory(const ByteSource& source, const Origin& origin);

}  // namespace minnow::detail
