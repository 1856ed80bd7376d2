#include "interop/keras.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "data/detail/byte_source.h"
#include "data/detail/zip.h"
#include "data/detail/zip_write.h"
#include "data/file.h"
#include "interop/architecture.h"
#include "interop/detail/hdf5.h"
#include "interop/detail/keras_weights.h"
#include "interop/json.h"

namespace minnow {
namespace {

constexpr std::string_view metadata_member = "metadata.json", config_member = "config.json",
                           weights_member = "model.weights.h5";
// Thousands of layers fit; a config takes some twenty times as much memory as its text.
constexpr std::uint64_t most_json = std::uint64_t{4} << 20;

void require_hdf5(std::string_view where) {
  if (detail::has_hdf5()) return;
  throw Unimplemented(where,
                      "Keras's .keras and .weights.h5 files are left out of this build of minnow. "
                      "Build it with -DMINNOW_KERAS=ON and the HDF5 library (libhdf5-dev).");
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A `.keras` file that was opened: its members are checked, and unpacked only up to a limit.
class Archive {
 public:
  Archive(const std::string& path, const std::string& where)
      : origin_{where, path}, zip_(detail::open_source(origin_, {}), origin_) {
    for (const detail::ZipEntry& entry : zip_.entries()) {
      const std::string& name = entry.name;
      if (name.starts_with('/') || ("/" + name + "/").find("/../") != std::string::npos) {
        throw origin_.data_loss(
            fmt::format("expected members within the archive, got {}.", detail::in_quotes(name)));
      }
      if (name != metadata_member && name != config_member && name != weights_member) {
        throw origin_.unimplemented(
            fmt::format("the member {} is not supported. Supported: {}, {}, {}.",
                        detail::in_quotes(name), metadata_member, config_member, weights_member));
      }
    }
  }

  Config json(std::string_view member) const {
    const std::vector<std::byte> bytes = read(member, most_json);
    return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                      fmt::format("{}:{}", origin_.name, member));
  }

  bool has(std::string_view member) const { return zip_.find(std::string(member)) != nullptr; }

  /// Throws before it unpacks anything where the member says that it is larger than `most`.
  std::vector<std::byte> read(std::string_view member, std::uint64_t most) const {
    const detail::ZipEntry* entry = zip_.find(std::string(member));
    if (entry == nullptr) {
      throw origin_.data_loss(fmt::format("expected a member '{}', got none.", member));
    }
    if (entry->unpacked > most) {
      throw origin_.data_loss(
          fmt::format("expected at most {} bytes of {}, got {}.", most, member, entry->unpacked));
    }
    const detail::Origin origin{origin_.where, fmt::format("{}:{}", origin_.name, member)};
    return detail::read_all(*zip_.open(*entry, origin, most), origin);
  }

 private:
  detail::Origin origin_;
  detail::ZipArchive zip_;
};

std::string metadata() {
  const std::time_t now = std::time(nullptr);
  return write_json(
      Config::object({{"keras_version", "3.15.1"},  // whose format this is
                      {"date_saved", fmt::format("{:%Y-%m-%d@%H:%M:%S}", fmt::localtime(now))}}));
}

void check_version(const Archive& archive, const std::string& path) {
  if (!archive.has(metadata_member)) return;
  const Config version = archive.json(metadata_member)["keras_version"];
  if (!version.is_string() || version.string().starts_with("3.")) return;
  throw Unimplemented(
      "load_keras", fmt::format("{}: the format of Keras {} is not supported. Supported: Keras 3.",
                                path, detail::in_quotes(version.string())));
}

Model load(const std::string& path, ModelOptions options) {
  const Archive archive(path, "load_keras");
  check_version(archive, path);
  const Config architecture = archive.json(config_member);
  DescribedModel described = described_model(architecture, path, std::move(options));
  Model& model = described.model;
  const std::vector<std::byte> weights =
      archive.read(weights_member, model.built() ? detail::keras_tree_bound(model) : most_json);
  if (!model.built()) return std::move(model);  // so there are no weights yet
  if (described.settings) model.compile(std::move(*described.settings));
  const detail::Hdf5Image image(weights, "load_keras", fmt::format("{}:{}", path, weights_member));
  try {
    detail::restore_keras(model, image, "load_keras", path);
  } catch (const InvalidArgument& e) {
    // One file says all of it: parts that do not fit each other are damage.
    const std::string_view text = e.what();
    throw DataLoss("load_keras", text.substr(text.find("] ") + 2));
  }
  return std::move(model);
}

}  // namespace

bool looks_like_zip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "PK\x03\x04", 4) == 0;
}

bool looks_like_hdf5(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 8 && std::memcmp(bytes.data(), "\x89HDF\r\n\x1a\n", 8) == 0;
}

void save_keras(const std::string& path, const Model& model) {
  require_hdf5("save_keras");
  const std::string config = write_json(architecture_of(model));
  const std::vector<std::byte> weights = detail::encode_hdf5(detail::keras_tree(model));
  write_file_atomically(path, [&](std::ostream& out) {
    detail::ZipWriter zip(out);
    zip.add(metadata_member, as_bytes(metadata()));
    zip.add(config_member, as_bytes(config));
    zip.add(weights_member, weights);
    zip.finish();
  });
}

Model load_keras(const std::string& path, ModelOptions options) {
  require_hdf5("load_keras");
  return load(path, std::move(options));
}

void save_keras_weights(const std::string& path, const Model& model) {
  require_hdf5("save_keras_weights");
  const std::vector<std::byte> bytes = detail::encode_hdf5(detail::keras_tree(model));
  write_file_atomically(path, [&](std::ostream& out) {
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  });
}

void load_keras_weights(const std::string& path, Model& model) {
  constexpr std::string_view where = "load_keras_weights";
  require_hdf5(where);
  const std::uint64_t most = detail::keras_tree_bound(model);
  const detail::Origin origin{std::string(where), path};
  const detail::Source source = detail::open_source(origin, {});
  std::array<std::byte, 8> first{};
  const std::size_t got = source->read_at(0, first.data(), first.size());
  std::vector<std::byte> bytes;
  std::string name = path;
  if (looks_like_zip(std::span(first).first(got))) {
    bytes = Archive(path, origin.where).read(weights_member, most);
    name = fmt::format("{}:{}", path, weights_member);
  } else {
    if (source->size() > most) {
      throw origin.invalid_argument(fmt::format("at most {} bytes for the model's weights", most),
                                    fmt::format("{}", source->size()));
    }
    bytes = detail::read_all(*detail::stream_range(source, 0, source->size()), origin);
  }
  const detail::Hdf5Image image(bytes, origin.where, name);
  detail::restore_keras(model, image, origin.where, name);
}

}  // namespace minnow
