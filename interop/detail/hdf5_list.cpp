// The structure of an HDF5 file, as the library sees it.
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "interop/detail/hdf5.h"
#include "interop/detail/hdf5_library.h"
#include "interop/json.h"

namespace minnow::detail {
namespace {

struct Refusal {
  bool damaged;
  std::string text;
};

[[noreturn]] void damaged(const std::string& text) { throw Refusal{true, text}; }
[[noreturn]] void not_supported(const std::string& path, std::string_view what) {
  throw Refusal{false, fmt::format("'{}' is {}, which is not supported. Supported: groups and "
                                   "datasets as Keras writes them.",
                                   path, what)};
}

constexpr std::size_t most_objects = 200'000;
constexpr std::size_t most_depth = 32;

struct StoredType {
  std::string_view name;
  hid_t type;
};

std::string type_name(hid_t type) {
  const std::array types = {
      StoredType{"float32", H5T_IEEE_F32LE}, StoredType{"float64", H5T_IEEE_F64LE},
      StoredType{"int32", H5T_STD_I32LE},    StoredType{"int64", H5T_STD_I64LE},
      StoredType{"uint32", H5T_STD_U32LE},   StoredType{"uint8", H5T_STD_U8LE}};
  for (const StoredType& known : types) {
    if (H5Tequal(type, known.type) > 0) return std::string(known.name);
  }
  return "";
}

/// Walks the tree and writes down where each dataset lies.
class Walker {
 public:
  explicit Walker(hid_t file) { walk_group(file, "", 0); }

  Config take() { return Config(std::move(datasets_)); }

 private:
  struct Link {
    std::string name;
    H5L_type_t type;
  };

  static herr_t collect(hid_t, const char* name, const H5L_info_t* info, void* into) {
    auto& links = *static_cast<std::vector<Link>*>(into);
    if (links.size() >= most_objects) return -1;
    links.push_back({name, info->type});
    return 0;
  }

  void walk_group(hid_t group, const std::string& path, std::size_t depth) {
    if (depth > most_depth) damaged(fmt::format("'{}' nests deeper than {}", path, most_depth));
    std::vector<Link> links;
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &links) < 0) {
      damaged(fmt::format("the group '/{}' cannot be read", path));
    }
    for (const Link& link : links) {
      const std::string inner = path.empty() ? link.name : path + "/" + link.name;
      if (link.type == H5L_TYPE_SOFT) not_supported(inner, "a soft link");
      if (link.type != H5L_TYPE_HARD) not_supported(inner, "an external link");
      const Hdf5Handle object(H5Oopen(group, link.name.c_str(), H5P_DEFAULT), H5Oclose);
      H5O_info_t info{};
      if (!object.valid() || H5Oget_info(object.get(), &info) < 0) {
        damaged(fmt::format("the object '{}' cannot be read", inner));
      }
      if (!seen_.insert(info.addr).second) not_supported(inner, "a second link to one object");
      if (seen_.size() > most_objects) damaged("there are more objects than Keras writes");
      if (info.type == H5O_TYPE_GROUP) {
        walk_group(object.get(), inner, depth + 1);
      } else if (info.type == H5O_TYPE_DATASET) {
        note(object.get(), inner);
      } else {
        not_supported(inner, "a type of its own");
      }
    }
  }

  void note(hid_t dataset, const std::string& path) {
    const Hdf5Handle settings(H5Dget_create_plist(dataset), H5Pclose);
    const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
    const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
    if (!settings.valid() || !type.valid() || !space.valid()) {
      damaged(fmt::format("the dataset '{}' cannot be read", path));
    }
    const H5D_layout_t layout = H5Pget_layout(settings.get());
    if (layout == H5D_VIRTUAL) not_supported(path, "a virtual dataset");
    if (H5Pget_external_count(settings.get()) != 0) not_supported(path, "in another file");
    if (H5Pget_nfilters(settings.get()) != 0) not_supported(path, "compressed");
    if (layout != H5D_CONTIGUOUS) not_supported(path, "not stored in one piece");
    const int rank = H5Sget_simple_extent_ndims(space.get());
    if (rank < 0 || rank > H5S_MAX_RANK || H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
      damaged(fmt::format("the dataset '{}' has no shape", path));
    }
    std::array<hsize_t, H5S_MAX_RANK> dims{};
    H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
    Config::List shape;
    for (int i = 0; i < rank; ++i) {
      const hsize_t dim = dims[static_cast<std::size_t>(i)];
      if (dim > static_cast<hsize_t>(INT64_MAX)) {
        damaged(fmt::format("the dataset '{}' has an axis of {}", path, dim));
      }
      shape.emplace_back(static_cast<std::int64_t>(dim));
    }
    const haddr_t offset = H5Dget_offset(dataset);
    datasets_.push_back(
        Config::object({{"path", path},
                        {"type", type_name(type.get())},
                        {"shape", std::move(shape)},
                        {"offset", offset == HADDR_UNDEF || offset > static_cast<haddr_t>(INT64_MAX)
                                       ? std::int64_t{-1}
                                       : static_cast<std::int64_t>(offset)}}));
  }

  std::set<haddr_t> seen_;
  Config::List datasets_;
};

}  // namespace

bool has_hdf5() noexcept { return true; }

std::string list_hdf5(std::span<const std::byte> image) {
  const Hdf5Silence silence;
  Config result;
  try {
    const Hdf5Handle access = memory_access(image);
    const Hdf5Handle file(H5Fopen("image", H5F_ACC_RDONLY, access.get()), H5Fclose);
    if (!file.valid()) damaged("it cannot be opened");
    result.set("datasets", Walker(file.get()).take());
  } catch (const Refusal& refusal) {
    result = Config::object({{"damaged", refusal.damaged}, {"refusal", refusal.text}});
  }
  return write_json(result);
}

}  // namespace minnow::detail
