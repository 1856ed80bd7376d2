#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace minnow::test {

/// Numbers behind whose last one a page lies that nobody may touch: to do so stops the program.
class Guarded {
 public:
  explicit Guarded(const std::vector<float>& numbers) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = numbers.size() * sizeof(float);
    const std::size_t used = (bytes + page - 1) / page * page;
    size_ = used + page;
    memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::runtime_error("no memory");
    auto* const begin = static_cast<std::byte*>(memory_);
    if (mprotect(begin + used, page, PROT_NONE) != 0) throw std::runtime_error("no guard");
    data_ = reinterpret_cast<float*>(begin + used - bytes);
    std::copy(numbers.begin(), numbers.end(), data_);
  }
  ~Guarded() { munmap(memory_, size_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  float* data() const { return data_; }

 private:
  void* memory_;
  std::size_t size_;
  float* data_;
};

}  // namespace minnow::test
