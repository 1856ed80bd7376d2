#include "data/detail/zip_directory.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace minnow::detail {
namespace {

constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t end64_signature = 0x06064b50;
constexpr std::uint32_t locator_signature = 0x07064b50;
constexpr std::uint32_t entry_signature = 0x02014b50;
constexpr std::uint64_t end_size = 22, locator_size = 20, end64_size = 56, entry_size = 46;
constexpr std::uint64_t all_ones_32 = 0xffffffff;

/// Where the central directory is, and what stands behind it.
struct Directory {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
  std::uint64_t count = 0;
  std::uint64_t end_record = 0;
};

/// The position of the end record: the last one whose comment reaches just to the end.
std::uint64_t find_end_record(const ByteSource& source, const Origin& origin) {
  const std::uint64_t size = source.size();
  const std::uint64_t tail = std::min<std::uint64_t>(size, end_size + 0xffff);
  const std::vector<std::byte> bytes =
      read_zip_bytes(source, size - tail, tail, "end of a zip archive", origin);
  for (std::size_t at = bytes.size() < end_size ? 0 : bytes.size() - end_size + 1; at-- > 0;) {
    if (bytes[at] != std::byte{0x50}) continue;
    ZipFields fields(std::span<const std::byte>(bytes).subspan(at), size - tail + at, origin);
    if (fields.u32() != end_signature) continue;
    fields.skip(16);
    if (fields.u16() == bytes.size() - at - end_size) return size - tail + at;
  }
  throw origin.data_loss(
      fmt::format("expected the end record of a zip archive in the last {} bytes of {}, got none.",
                  tail, size));
}

void require_one_disk(bool one, const Origin& origin) {
  if (!one) {
    throw origin.unimplemented("expected a zip archive in one file, got a part of several.");
  }
}

/// The directory by the zip64 end record, where there is one before the end record.
bool read_end64(const ByteSource& source, const Origin& origin, Directory* directory) {
  if (directory->end_record < locator_size) return false;
  const std::uint64_t position = directory->end_record - locator_size;
  const auto bytes = read_zip_bytes(source, position, locator_size, "zip64 locator", origin);
  ZipFields locator(bytes, position, origin);
  if (locator.u32() != locator_signature) return false;
  const std::uint32_t disk = locator.u32();
  const std::uint64_t at = locator.u64();
  require_one_disk(disk == 0 && locator.u32() <= 1, origin);

  const auto record = read_zip_bytes(source, at, end64_size, "zip64 end record", origin);
  ZipFields fields(record, at, origin);
  fields.signature(end64_signature, "a zip64 end record");
  const std::uint64_t size = fields.u64();
  if (at > position || size != position - at - 12) {
    throw origin.data_loss(
        fmt::format("expected the zip64 end record at byte {} to end at byte {}, got a size of {}.",
                    at, position, size));
  }
  fields.skip(4);  // versions
  const std::uint32_t this_disk = fields.u32(), first_disk = fields.u32();
  const std::uint64_t here = fields.u64();
  directory->count = fields.u64();
  require_one_disk(this_disk == 0 && first_disk == 0 && here == directory->count, origin);
  directory->size = fields.u64();
  directory->begin = fields.u64();
  directory->end_record = at;
  return true;
}

Directory find_directory(const ByteSource& source, const Origin& origin) {
  Directory directory;
  directory.end_record = find_end_record(source, origin);
  const auto bytes = read_zip_bytes(source, directory.end_record, end_size, "end record", origin);
  ZipFields fields(bytes, directory.end_record, origin);
  fields.signature(end_signature, "an end record");
  const std::uint16_t disk = fields.u16(), first_disk = fields.u16(), here = fields.u16();
  directory.count = fields.u16();
  directory.size = fields.u32();
  directory.begin = fields.u32();
  if (!read_end64(source, origin, &directory)) {
    require_one_disk(disk == 0 && first_disk == 0 && here == directory.count, origin);
  }
  const std::uint64_t end = directory.end_record;
  if (directory.begin > end || directory.size != end - directory.begin ||
      directory.count > directory.size / entry_size) {
    throw origin.data_loss(fmt::format(
        "expected the central directory to fill the bytes up to its end record at {}, got {} "
        "entries in {} bytes at byte {}.",
        end, directory.count, directory.size, directory.begin));
  }
  return directory;
}

ZipEntry read_entry(ZipFields& fields, const Origin& origin) {
  ZipEntry entry;
  fields.signature(entry_signature, "an entry of the central directory");
  fields.skip(4);  // versions
  entry.flags = fields.u16();
  entry.method = fields.u16();
  fields.skip(4);  // time and date
  entry.crc = fields.u32();
  entry.packed = fields.u32();
  entry.unpacked = fields.u32();
  const std::size_t name = fields.u16(), extra = fields.u16(), comment = fields.u16();
  const std::uint16_t disk = fields.u16();
  fields.skip(6);  // attributes
  entry.header = fields.u32();
  const auto name_bytes = fields.take(name);
  entry.name.assign(reinterpret_cast<const char*>(name_bytes.data()), name_bytes.size());
  const std::uint64_t extra_position = fields.position();
  std::uint64_t* const numbers[] = {&entry.unpacked, &entry.packed, &entry.header};
  apply_zip64(fields.take(extra), extra_position, origin, numbers);
  fields.skip(comment);
  require_one_disk(disk == 0 || disk == 0xffff, origin);
  return entry;
}

/// Sets how far each member's data may reach, and refuses members that overlap or share a name.
void check_entries(std::vector<ZipEntry>& entries, std::uint64_t directory, const Origin& origin) {
  std::vector<ZipEntry*> order;
  for (ZipEntry& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(),
            [](const ZipEntry* a, const ZipEntry* b) { return a->header < b->header; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    ZipEntry& entry = *order[i];
    entry.end = i + 1 < order.size() ? order[i + 1]->header : directory;
    const std::uint64_t least = zip_local_header_size + entry.name.size();
    const std::uint64_t room = entry.end < entry.header ? 0 : entry.end - entry.header;
    if (room < least || room - least < entry.packed) {
      throw origin.data_loss(
          fmt::format("expected {} of {} packed bytes at byte {} to end before byte {}, where {} "
                      "begins.",
                      in_quotes(entry.name), entry.packed, entry.header, entry.end,
                      i + 1 < order.size() ? in_quotes(order[i + 1]->name) : "the directory"));
    }
  }
  std::sort(order.begin(), order.end(),
            [](const ZipEntry* a, const ZipEntry* b) { return a->name < b->name; });
  const auto twin =
      std::adjacent_find(order.begin(), order.end(),
                         [](const ZipEntry* a, const ZipEntry* b) { return a->name == b->name; });
  if (twin != order.end()) {
    throw origin.data_loss(fmt::format("expected members of different names, got {} twice.",
                                       in_quotes((*twin)->name)));
  }
}

}  // namespace

std::span<const std::byte> ZipFields::take(std::size_t size) {
  if (size > bytes_.size()) {
    throw origin_->data_loss(fmt::format("expected {} bytes of a zip record at byte {}, got {}.",
                                         size, position_, bytes_.size()));
  }
  const auto taken = bytes_.first(size);
  bytes_ = bytes_.subspan(size);
  position_ += size;
  return taken;
}

std::uint64_t ZipFields::number(std::size_t size) {
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (std::byte b : take(size)) {
    value |= std::to_integer<std::uint64_t>(b) << shift;
    shift += 8;
  }
  return value;
}

void ZipFields::signature(std::uint32_t expected, const char* what) {
  const std::uint64_t at = position_;
  const auto start = bytes_;
  if (u32() != expected) {
    throw origin_->data_loss(
        fmt::format("expected {} at byte {}, got {}.", what, at, hex(start, 4)));
  }
}

void apply_zip64(std::span<const std::byte> extra, std::uint64_t position, const Origin& origin,
                 std::span<std::uint64_t* const> numbers) {
  constexpr std::uint16_t zip64 = 0x0001;
  ZipFields fields(extra, position, origin);
  while (fields.left() >= 4) {
    const std::uint16_t id = fields.u16(), size = fields.u16();
    const std::uint64_t at = fields.position();
    const auto body = fields.take(size);
    if (id != zip64) continue;
    ZipFields wide(body, at, origin);
    for (std::uint64_t* number : numbers) {
      if (*number == all_ones_32) *number = wide.u64();
    }
    return;
  }
}

std::vector<std::byte> read_zip_bytes(const ByteSource& source, std::uint64_t position,
                                      std::uint64_t size, const char* what, const Origin& origin) {
  const std::uint64_t there = source.size() - std::min(source.size(), position);
  std::vector<std::byte> bytes(size <= there ? static_cast<std::size_t>(size) : 0);
  if (size > there || source.read_at(position, bytes.data(), bytes.size()) < bytes.size()) {
    throw origin.data_loss(
        fmt::format("expected {} bytes of {} at byte {}, got {}.", size, what, position, there));
  }
  return bytes;
}

std::vector<ZipEntry> read_zip_directory(const ByteSource& source, const Origin& origin) {
  const Directory directory = find_directory(source, origin);
  const auto bytes =
      read_zip_bytes(source, directory.begin, directory.size, "central directory", origin);
  ZipFields fields(bytes, directory.begin, origin);
  std::vector<ZipEntry> entries;
  for (std::uint64_t i = 0; i < directory.count; ++i) entries.push_back(read_entry(fields, origin));
  if (fields.left() > 0) {
    throw origin.data_loss(fmt::format(
        "expected the central directory of {} entries to end at byte {}, got {} more bytes.",
        directory.count, fields.position(), fields.left()));
  }
  check_entries(entries, directory.begin, origin);
  return entries;
}

}  // namespace minnow::detail
