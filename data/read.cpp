#include "data/read.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"
#include "data/detail/readers.h"

namespace minnow {
namespace {

enum class Format { npy, zip, idx, csv, tsv, unknown };

Format format_by_content(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\x93NUMPY")) return Format::npy;
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return Format::zip;
  constexpr std::string_view idx_types = "\x08\x09\x0b\x0c\x0d\x0e";
  if (text.size() >= 4 && text.starts_with(std::string_view("\0\0", 2)) &&
      idx_types.find(text[2]) != idx_types.npos) {
    return Format::idx;
  }
  return Format::unknown;
}

/// What the name promises; its reader then says what is wrong with the content.
Format format_by_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".npy")) return Format::npy;
  if (name.ends_with(".npz")) return Format::zip;
  if (name.ends_with(".csv")) return Format::csv;
  if (name.ends_with(".tsv")) return Format::tsv;
  if (name.ends_with("-ubyte") || name.ends_with(".idx")) return Format::idx;
  return Format::unknown;
}

struct Spec {
  std::string path;
  std::string array;  // of an npz; empty for none
};

/// A colon may belong to the path as well: the first one that a file stands before is the split.
Spec parse_spec(const std::string& spec) {
  std::error_code ignored;
  if (std::filesystem::exists(spec, ignored)) return {spec, ""};
  for (std::size_t at = spec.find(':'); at != spec.npos; at = spec.find(':', at + 1)) {
    std::string path = spec.substr(0, at);
    if (std::filesystem::exists(path, ignored)) return {std::move(path), spec.substr(at + 1)};
  }
  // Not there: the message shall name the file, not file and array.
  const std::size_t at = spec.rfind(".npz:");
  if (at == spec.npos) return {spec, ""};
  return {spec.substr(0, at + 4), spec.substr(at + 5)};
}

Tensor read_zip(const detail::Source& source, const Spec& spec, const ReadOptions& options) {
  const detail::Origin origin{"read_npz", spec.path};
  const detail::ZipArchive archive = detail::open_npz(source, origin, options);
  if (!spec.array.empty()) return detail::read_npz(archive, spec.array, origin, options);
  const std::vector<std::string> names = detail::npz_names(archive);
  if (names.size() != 1) {
    throw detail::Origin{"read_tensor", spec.path}.invalid_argument(
        fmt::format("the name of an array behind the path, as {}:NAME", spec.path),
        fmt::format("a file of {} arrays", names.size()),
        names.empty() ? "" : fmt::format("It holds {}.", joined(names)));
  }
  return detail::read_npz(archive, names.front(), origin, options);
}

}  // namespace

Tensor read_tensor(const std::string& text, const ReadOptions& options) {
  const Spec spec = parse_spec(text);
  const detail::Origin origin{"read_tensor", spec.path};
  const detail::Source source = detail::open_source(origin, options);
  const std::vector<std::byte> start = detail::peek(source, 8, origin, options);
  Format format = format_by_content(start);
  if (format == Format::unknown) format = format_by_name(spec.path);
  if (format != Format::zip && !spec.array.empty()) {
    throw origin.invalid_argument(fmt::format("an .npz file before ':{}'", spec.array),
                                  "another format");
  }
  const detail::Origin csv{"read_csv", spec.path};
  switch (format) {
    case Format::npy:
      return detail::read_npy(source, {"read_npy", spec.path}, options);
    case Format::zip:
      return read_zip(source, spec, options);
    case Format::idx:
      return detail::read_idx(source, {"read_idx", spec.path}, options);
    case Format::csv:
      return detail::read_csv(source, csv, {.read = options});
    case Format::tsv:
      return detail::read_csv(source, csv, {.delimiter = '\t', .read = options});
    case Format::unknown:
      break;
  }
  throw origin.invalid_argument(
      "an .npy, .npz, .csv, .tsv or IDX file, gzipped or not",
      start.empty() ? "an empty file"
                    : fmt::format("a file that begins with the bytes {}", detail::hex(start)));
}

}  // namespace minnow
