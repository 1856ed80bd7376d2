#include "core/subnormals.h"

namespace minnow {
namespace {

#if defined(__SSE2__)
constexpr std::uint64_t flush = 0x8040;  // results to zero, and operands
std::uint64_t control() noexcept { return __builtin_ia32_stmxcsr(); }
void set_control(std::uint64_t bits) noexcept {
  __builtin_ia32_ldmxcsr(static_cast<unsigned>(bits));
}
#elif defined(__aarch64__)
constexpr std::uint64_t flush = std::uint64_t{1} << 24;
std::uint64_t control() noexcept {
  std::uint64_t bits;
  asm volatile("mrs %0, fpcr" : "=r"(bits));
  return bits;
}
void set_control(std::uint64_t bits) noexcept { asm volatile("msr fpcr, %0" : : "r"(bits)); }
#else
constexpr std::uint64_t flush = 0;
std::uint64_t control() noexcept { return 0; }
void set_control(std::uint64_t) noexcept {}
#endif

}  // namespace

FlushSubnormals::FlushSubnormals() noexcept : before_(control()) { set_control(before_ | flush); }

FlushSubnormals::~FlushSubnormals() { set_control(before_); }

}  // namespace minnow
