#include "data/detail/zip_write.h"

#include <algorithm>
#include <limits>
#include <ostream>

#include <zlib.h>

namespace minnow::detail {
namespace {

constexpr std::uint64_t most_narrow = 0xffffffff, most_entries = 0xffff;
constexpr std::uint16_t version = 20, version_zip64 = 45;
constexpr std::uint16_t utf8_name = 1U << 11;
constexpr std::uint16_t first_date = 1U << 5 | 1U;  // 1980-01-01

/// Numbers of a zip record in little-endian order.
class Record {
 public:
  Record& u16(std::uint64_t value) { return number(value, 2); }
  Record& u32(std::uint64_t value) { return number(value, 4); }
  Record& u64(std::uint64_t value) { return number(value, 8); }
  Record& text(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  /// A number of 32 bits, or the mark that a wider field has it.
  Record& narrow(std::uint64_t value) { return u32(std::min(value, most_narrow)); }
  const std::string& str() const { return bytes_; }

 private:
  Record& number(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }

  std::string bytes_;
};

/// The zip64 field of those numbers that 32 bits do not hold; empty for none.
std::string wide_field(std::initializer_list<std::uint64_t> numbers) {
  Record wide;
  for (const std::uint64_t number : numbers) {
    if (number >= most_narrow) wide.u64(number);
  }
  if (wide.str().empty()) return {};
  return Record().u16(0x0001).u16(wide.str().size()).text(wide.str()).str();
}

std::uint32_t checksum(std::span<const std::byte> bytes) {
  uLong crc = 0;
  while (!bytes.empty()) {
    const auto n = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    crc = crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(n));
    bytes = bytes.subspan(n);
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

void ZipWriter::write(std::string_view bytes) {
  out_->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  position_ += bytes.size();
}

void ZipWriter::add(std::string_view name, std::span<const std::byte> bytes) {
  const Entry entry{std::string(name), checksum(bytes), bytes.size(), position_};
  const std::string wide = wide_field({entry.size, entry.size});
  write(Record()
            .u32(0x04034b50)
            .u16(wide.empty() ? version : version_zip64)
            .u16(utf8_name)
            .u16(0)  // stored
            .u16(0)
            .u16(first_date)
            .u32(entry.crc)
            .narrow(entry.size)
            .narrow(entry.size)
            .u16(name.size())
            .u16(wide.size())
            .text(name)
            .text(wide)
            .str());
  write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  entries_.push_back(entry);
}

void ZipWriter::finish() {
  const std::uint64_t begin = position_;
  for (const Entry& entry : entries_) {
    const std::string wide = wide_field({entry.size, entry.size, entry.header});
    const std::uint16_t needed = wide.empty() ? version : version_zip64;
    write(Record()
              .u32(0x02014b50)
              .u16(needed)
              .u16(needed)
              .u16(utf8_name)
              .u16(0)
              .u16(0)
              .u16(first_date)
              .u32(entry.crc)
              .narrow(entry.size)
              .narrow(entry.size)
              .u16(entry.name.size())
              .u16(wide.size())
              .u16(0)  // comment
              .u16(0)  // disk
              .u16(0)
              .u32(0)  // attributes
              .narrow(entry.header)
              .text(entry.name)
              .text(wide)
              .str());
  }
  const std::uint64_t size = position_ - begin, count = entries_.size(), end = position_;
  if (begin >= most_narrow || size >= most_narrow || count >= most_entries) {
    write(Record()
              .u32(0x06064b50)
              .u64(44)  // bytes that follow
              .u16(version_zip64)
              .u16(version_zip64)
              .u32(0)
              .u32(0)
              .u64(count)
              .u64(count)
              .u64(size)
              .u64(begin)
              .str());
    write(Record().u32(0x07064b50).u32(0).u64(end).u32(1).str());
  }
  const std::uint64_t narrow_count = std::min(count, most_entries);
  write(Record()
            .u32(0x06054b50)
            .u16(0)
            .u16(0)
            .u16(narrow_count)
            .u16(narrow_count)
            .narrow(size)
            .narrow(begin)
            .u16(0)
            .str());
}

}  // namespace minnow::detail
