#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"
#include "interop/detail/hdf5.h"
#include "interop/detail/hdf5_library.h"

namespace minnow::detail {
namespace {

hid_t library_type(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return H5T_IEEE_F32LE;
    case DType::float64:
      return H5T_IEEE_F64LE;
    case DType::int32:
      return H5T_STD_I32LE;
    case DType::int64:
      return H5T_STD_I64LE;
    case DType::uint8:
    case DType::boolean:
      break;
  }
  return H5T_STD_U8LE;
}

void require(bool done) {
  if (!done) throw IoError("encode_hdf5", "the HDF5 library failed to write.");
}

void write_name(hid_t group, const std::string& name) {
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle attribute(
      H5Acreate2(group, "name", type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const char* text = name.c_str();
  require(attribute.valid() && H5Awrite(attribute.get(), type.get(), &text) >= 0);
}

void write_dataset(hid_t file, hid_t links, const NamedTensor& dataset) {
  const Tensor& value = dataset.value;
  std::vector<hsize_t> dims;
  for (const std::int64_t dim : value.shape()) dims.push_back(static_cast<hsize_t>(dim));
  const Hdf5Handle space(
      dims.empty() ? H5Screate(H5S_SCALAR)
                   : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
      H5Sclose);
  const hid_t type = library_type(value.dtype());
  const Hdf5Handle made(
      H5Dcreate2(file, dataset.name.c_str(), type, space.get(), links, H5P_DEFAULT, H5P_DEFAULT),
      H5Dclose);
  require(made.valid() &&
          H5Dwrite(made.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value.bytes()) >= 0);
}

void write_tree(hid_t file, const Hdf5Tree& tree) {
  const Hdf5Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.get(), 1);
  for (const auto& [path, name] : tree.groups) {
    const Hdf5Handle group(H5Gcreate2(file, path.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT),
                           H5Gclose);
    require(group.valid());
    write_name(group.get(), name);
  }
  for (const NamedTensor& dataset : tree.datasets) write_dataset(file, links.get(), dataset);
}

}  // namespace

std::vector<std::byte> encode_hdf5(const Hdf5Tree& tree) {
  // As it is packaged, the library is not for several threads at once.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const Hdf5Silence silence;
  const Hdf5Handle access = memory_access({});
  const Hdf5Handle file(H5Fcreate("image", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  require(file.valid());
  write_tree(file.get(), tree);
  require(H5Fflush(file.get(), H5F_SCOPE_LOCAL) >= 0);
  const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
  require(size > 0);
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  require(H5Fget_file_image(file.get(), bytes.data(), bytes.size()) == size);
  return bytes;
}

}  // namespace minnow::detail
