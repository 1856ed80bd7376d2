#pragma once

#define H5_USE_110_API
#include <hdf5.h>

#include <cstddef>
#include <span>

// What the sources on the HDF5 library share.
namespace minnow::detail {

/// A thing of the library's, closed at the end.
class Hdf5Handle {
 public:
  Hdf5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const noexcept { return id_; }
  bool valid() const noexcept { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// A file in memory only, with these bytes or without any.
inline Hdf5Handle memory_access(std::span<const std::byte> image) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, std::size_t{1} << 16, /*backing_store=*/0);
  if (!image.empty()) {
    // The library copies the image and leaves ours alone; its interface does not say const.
    H5Pset_file_image(access, const_cast<std::byte*>(image.data()), image.size());
  }
  return {access, H5Pclose};
}

/// The library prints its errors, ours are typed: none while this lives.
class Hdf5Silence {
 public:
  Hdf5Silence() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  Hdf5Silence(const Hdf5Silence&) = delete;
  Hdf5Silence& operator=(const Hdf5Silence&) = delete;
  ~Hdf5Silence() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace minnow::detail
