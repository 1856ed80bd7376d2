#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "byte_source.h"
#include "origin.h"

namespace minnow::detail {

/// One member of a zip archive, as the central directory has it.
struct ZipEntry {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0;    ///< bytes in the archive
  std::uint64_t unpacked = 0;  ///< bytes of the member
  std::uint64_t header = 0;    ///< position of its local header
  std::uint64_t end = 0;       ///< position that its data may reach: the next header
};

/// A zip archive (PKWARE's APPNOTE 6.3), read strictly: the central directory must fill the space
/// before its end record and describe members of different names that do not overlap. Members may
/// be stored or deflated, with sizes of 64 bits or data descriptors. Throws DataLoss with the
/// position where the archive contradicts itself, Unimplemented for archives of several disks.
class ZipArchive {
 public:
  ZipArchive(Source source, Origin origin);

  const std::vector<ZipEntry>& entries() const noexcept { return entries_; }  ///< as stored
  const ZipEntry* find(const std::string& name) const noexcept;

  /// The bytes of a member. Reading to the end checks size and CRC-32. `origin` is who reads the
  /// member. Throws Unimplemented for an encrypted member and for other compressions.
  std::unique_ptr<ByteStream> open(const ZipEntry& entry, const Origin& origin,
                                   std::uint64_t limit) const;

 private:
  Source source_;
  Origin origin_;
  std::vector<ZipEntry> entries_;
};

}  // namespace minnow::detail
