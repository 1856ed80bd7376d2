#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace minnow {

/// Owned bytes, aligned for any SIMD width and for a cache line, zeroed when made. Movable only.
class Buffer {
 public:
  static constexpr std::size_t alignment = 64;

  Buffer() = default;
  /// Throws ResourceExhausted, naming `what` it was for, where the memory cannot be had.
  Buffer(std::int64_t bytes, std::string_view what);

  std::byte* data() noexcept { return data_.get(); }
  const std::byte* data() const noexcept { return data_.get(); }
  std::int64_t size() const noexcept { return size_; }

  template <class T>
  T* as() noexcept {
    return reinterpret_cast<T*>(data_.get());
  }
  template <class T>
  const T* as() const noexcept {
    return reinterpret_cast<const T*>(data_.get());
  }

 private:
  struct Free {
    void operator()(std::byte* p) const noexcept;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::int64_t size_ = 0;
};

}  // namespace minnow
