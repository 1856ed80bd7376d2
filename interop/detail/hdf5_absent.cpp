// What stands in for the HDF5 library where it was not found, or left out. Nobody gets here: calls
// ask has_hdf5() first.
#include "core/error.h"
#include "interop/detail/hdf5.h"

namespace minnow::detail {
namespace {

[[noreturn]] void absent() {
  throw Unimplemented("HDF5", "HDF5 is left out of this build of minnow (MINNOW_KERAS).");
}

}  // namespace

bool has_hdf5() noexcept { return false; }

std::vector<std::byte> encode_hdf5(const Hdf5Tree&) { absent(); }

std::string list_hdf5(std::span<const std::byte>) { absent(); }

}  // namespace minnow::detail
