#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace minnow {

/// How a file may be read.
struct ReadOptions {
  /// What a gzipped file may unpack to, and how much a pipe may deliver, before ResourceExhausted:
  /// a few megabytes of gzip can hold as many gigabytes.
  std::int64_t max_unpacked_bytes = std::int64_t{8} << 30;
};

/// The contents of a file, unpacked where it is gzip, which its first two bytes tell. Throws
/// NotFound where there is no such file, IoError where it cannot be read, DataLoss where the gzip
/// is damaged or cut short, and ResourceExhausted beyond the limit or the memory.
std::vector<std::byte> read_file(const std::string& path, const ReadOptions& options = {});

/// Whether the bytes begin as gzip does.
bool is_gzip(std::span<const std::byte> bytes) noexcept;

/// `bytes` unpacked where they are gzip (of any number of members), else as they are. `name`
/// stands for a path in messages. Throws as read_file.
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& name,
                              const ReadOptions& options = {});

/// Calls `writer` with a binary stream into a new file beside `path`, brings it to the disk and
/// renames it to `path`: who looks sees the old file or the whole new one. An existing file keeps
/// its permissions; what is no regular file (a pipe, /dev/stdout) is written to directly. Throws
/// IoError, and leaves `path` as it was and no other file behind; also where `writer` throws.
void write_file_atomically(const std::string& path,
                           const std::function<void(std::ostream&)>& writer);

}  // namespace minnow
