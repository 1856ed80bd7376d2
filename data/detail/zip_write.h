#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace minnow::detail {

/// Writes a zip archive (PKWARE's APPNOTE 6.3) of stored members, as numpy.savez and Keras do, with
/// sizes of 64 bits where 32 do not hold them. Times are 1980-01-01, the format's first: the same
/// members give the same bytes.
class ZipWriter {
 public:
  explicit ZipWriter(std::ostream& out) : out_(&out) {}

  /// `name` in UTF-8, unlike the others'.
  void add(std::string_view name, std::span<const std::byte> bytes);
  /// The directory, which ends the archive.
  void finish();

 private:
  struct Entry {
    std::string name;
    std::uint32_t crc;
    std::uint64_t size, header;
  };

  void write(std::string_view bytes);

  std::ostream* out_;
  std::uint64_t position_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace minnow::detail
