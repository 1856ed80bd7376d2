#include "data/detail/byte_source.h"
#include "data/file.h"

namespace minnow {

std::vector<std::byte> read_file(const std::string& path, const ReadOptions& options) {
  const detail::Origin origin{"read_file", path};
  const detail::Source source = detail::open_source(origin, options);
  return detail::read_all(*detail::stream_all(source, origin, options), origin);
}

bool is_gzip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& name,
                              const ReadOptions& options) {
  const detail::Origin origin{"gunzip", name};
  return detail::read_all(*detail::stream_all(detail::view_source(bytes), origin, options), origin);
}

}  // namespace minnow
