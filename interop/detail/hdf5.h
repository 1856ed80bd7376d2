#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/train/model.h"

namespace minnow::detail {

/// Whether this build has the HDF5 library (CMake: MINNOW_KERAS).
bool has_hdf5() noexcept;

/// A tree of groups and datasets as Keras keeps weights in, to be written.
struct Hdf5Tree {
  std::vector<NamedTensor> datasets;                        ///< under "layers/dense/vars/0"
  std::vector<std::pair<std::string, std::string>> groups;  ///< path, and its attribute "name"
};

/// The bytes of an HDF5 file with this tree. Throws IoError where the library fails.
std::vector<std::byte> encode_hdf5(const Hdf5Tree& tree);

/// The datasets of an HDF5 file in memory, as JSON: {"datasets": [{path, type, shape, offset}]}, or
/// {"refusal", "damaged"}. Damage may crash the library or worse.
std::string list_hdf5(std::span<const std::byte> image);

/// An HDF5 file in memory, as Keras writes weights: groups of hard links, and datasets that lie in
/// one piece. The library reads its structure in a process of its own (it is known to crash on
/// damaged files); the numbers are then copied from places that were checked.
class Hdf5Image {
 public:
  /// `bytes` must outlive it; `where` and `name` begin every message. Throws DataLoss for damage,
  /// Unimplemented for soft, external and circular links, filters, chunks and virtual datasets.
  Hdf5Image(std::span<const std::byte> bytes, std::string where, std::string name);

  /// The paths of all datasets, in order.
  std::vector<std::string> paths() const;
  bool contains(const std::string& path) const { return datasets_.contains(path); }
  /// The shape, as stored. The path must be there.
  const Shape& shape(const std::string& path) const { return datasets_.at(path).shape; }
  /// Throws Unimplemented for a type that no Tensor has. The path must be there.
  Tensor read(const std::string& path) const;

 private:
  struct Dataset {
    Shape shape;
    std::string type;  // "float32"; empty for one that is not supported
    std::uint64_t offset = 0;
  };

  std::span<const std::byte> bytes_;
  std::string where_, name_;
  std::map<std::string, Dataset> datasets_;
};

}  // namespace minnow::detail
