#include "data/npz.h"

#include <ostream>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "data/detail/inflate.h"
#include "data/detail/readers.h"
#include "data/detail/zip_write.h"
#include "data/npy.h"

namespace minnow {
namespace {

constexpr std::string_view suffix = ".npy";

detail::ZipArchive open_archive(const std::string& path, const char* where,
                                const ReadOptions& options) {
  const detail::Origin origin{where, path};
  return detail::open_npz(detail::open_source(origin, options), origin, options);
}

}  // namespace

namespace detail {

ZipArchive open_npz(Source source, const Origin& origin, const ReadOptions& options) {
  std::byte first[2];
  const std::size_t got = source->read_at(0, first, 2);
  if (is_gzip({first, got})) {
    // The directory stands at the end, so a gzipped archive must be unpacked as a whole.
    source = own_source(read_all(*stream_all(source, origin, options), origin));
  }
  return ZipArchive(std::move(source), origin);
}

std::vector<std::string> npz_names(const ZipArchive& archive) {
  std::vector<std::string> names;
  for (const ZipEntry& entry : archive.entries()) {
    if (!entry.name.ends_with(suffix)) continue;
    names.push_back(entry.name.substr(0, entry.name.size() - suffix.size()));
  }
  return names;
}

Tensor read_npz(const ZipArchive& archive, const std::string& name, const Origin& origin,
                const ReadOptions& options) {
  const ZipEntry* entry = archive.find(name + std::string(suffix));
  if (entry == nullptr) {
    const std::vector<std::string> names = npz_names(archive);
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw origin.not_found(
        fmt::format("there is no array {}. {}", in_quotes(name), suggest_name(name, known)));
  }
  const Origin member{origin.where, origin.name + ":" + name};
  StreamReader reader(archive.open(*entry, member, unpack_limit(options)), member);
  return read_npy(reader);
}

}  // namespace detail

Tensor read_npz(const std::string& path, const std::string& name, const ReadOptions& options) {
  return detail::read_npz(open_archive(path, "read_npz", options), name, {"read_npz", path},
                          options);
}

std::vector<std::string> npz_names(const std::string& path, const ReadOptions& options) {
  return detail::npz_names(open_archive(path, "npz_names", options));
}

void write_npz(const std::string& path, std::span<const std::pair<std::string, Tensor>> arrays) {
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : arrays) {
    if (names.insert(name).second) continue;
    throw InvalidArgument({"write_npz", "arrays", "a name of its own for every array",
                           fmt::format("{} twice", detail::in_quotes(name)), ""});
  }
  write_file_atomically(path, [&](std::ostream& out) {
    detail::ZipWriter zip(out);
    for (const auto& [name, tensor] : arrays) {
      zip.add(name + std::string(suffix), encode_npy(tensor));
    }
    zip.finish();
  });
}

}  // namespace minnow
