#include "core/buffer.h"

#include <fmt/format.h>

#include <cstring>
#include <new>

#include "core/error.h"

namespace minnow {

void Buffer::Free::operator()(std::byte* p) const noexcept {
  ::operator delete (p, std::align_val_t{alignment});
}

Buffer::Buffer(std::int64_t bytes, std::string_view what) : size_(bytes) {
  if (bytes == 0) return;
  const auto refuse = [&] {
    throw ResourceExhausted(what, fmt::format("expected {} bytes of memory to be free, but the "
                                              "system has not got them.",
                                              bytes));
  };
  // malloc may promise any amount below the address space; a sane bound keeps zeroing honest.
  if (bytes < 0 || bytes > (std::int64_t{1} << 46)) refuse();
  void* p =
      ::operator new (static_cast<std::size_t>(bytes), std::align_val_t{alignment}, std::nothrow);
  if (p == nullptr) refuse();
  data_.reset(static_cast<std::byte*>(p));
  std::memset(p, 0, static_cast<std::size_t>(bytes));
}

}  // namespace minnow
