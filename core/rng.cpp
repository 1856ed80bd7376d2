#include "core/rng.h"

#include <bit>
#include <cmath>
#include <limits>

namespace minnow {
namespace {

constexpr std::uint32_t low(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
constexpr std::uint32_t high(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

// The natural logarithm of a positive normal number, correct to about an ulp. A library's log may
// differ in its last bit from one platform to the next, and with it every drawn weight.
double portable_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // exact: x = m 2^exponent, m in [1/2, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  // log m = 2 atanh(s) = 2 (s + s^3/3 + s^5/5 + ...), |s| < 0.172: 12 terms reach 1e-19.
  const double s = (m - 1) / (m + 1), s2 = s * s;
  double series = 0;
  for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * s2;
  // log 2 in two parts, so that the product with the exponent is exact in the first.
  constexpr double log2_high = 0x1.62e42fee00000p-1, log2_low = 0x1.a39ef35793c76p-33;
  return exponent * log2_high + (exponent * log2_low + 2 * (s + s * series));
}

// numerator(r) / denominator(r), both of degree 7, lowest coefficient first.
double rational(double r, const double (&numerator)[8], const double (&denominator)[8]) {
  double p = 0, q = 0;
  for (int i = 7; i >= 0; --i) {
    p = p * r + numerator[i];
    q = q * r + denominator[i];
  }
  return p / q;
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept {
  auto [c0, c1, c2, c3] = counter;  // copies that live in registers
  auto [k0, k1] = key;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{philox_multipliers[0]} * c0;
    const std::uint64_t p1 = std::uint64_t{philox_multipliers[1]} * c2;
    c0 = high(p1) ^ c1 ^ k0;
    c1 = low(p1);
    c2 = high(p0) ^ c3 ^ k1;
    c3 = low(p0);
    k0 += philox_increments[0];
    k1 += philox_increments[1];
  }
  return {c0, c1, c2, c3};
}

Rng::Rng(std::uint64_t seed, std::uint64_t stream) noexcept
    : key_{low(seed), high(seed)}, stream_(stream) {}

Rng::Rng(std::uint64_t seed, std::string_view path) noexcept : Rng(seed, hash_name(path)) {}

std::uint32_t Rng::next_u32() noexcept {
  if (used_ == 4) {
    block_ = philox4x32({low(counter_), high(counter_), low(stream_), high(stream_)}, key_);
    ++counter_;
    used_ = 0;
  }
  return block_[static_cast<unsigned>(used_++)];
}

std::uint64_t Rng::next_u64() noexcept {
  const std::uint64_t first = next_u32();
  return first | (std::uint64_t{next_u32()} << 32);
}

std::uint64_t Rng::below(std::uint64_t bound) noexcept {
  // The high half of bound * random is uniform once the 2^32 mod bound lowest products are redrawn
  // (Lemire, "Fast random integer generation in an interval", 2019).
  if (bound <= 0xFFFFFFFF) {
    std::uint64_t product = bound * next_u32();
    if (low(product) < bound) {
      const std::uint32_t surplus = (0 - low(bound)) % low(bound);
      while (low(product) < surplus) product = bound * next_u32();
    }
    return high(product);
  }
  // Wider bounds are rare: as many bits as they have, drawn until they are below.
  const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero(bound);
  std::uint64_t v = next_u64() & mask;
  while (v >= bound) v = next_u64() & mask;
  return v;
}

double Rng::normal() noexcept {
  // An odd multiple of 2^-53: never 0 nor 1, and exact. (53 bits and a half would round up to 1.)
  const double p = (static_cast<double>(next_u64() >> 12) + 0.5) * 0x1p-52;
  return normal_quantile(p);
}

double normal_quantile(double p) noexcept {
  static constexpr double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                 1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                 3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double b[] = {1.0,
                                 4.2313330701600911252e+1,
                                 6.8718700749205790830e+2,
                                 5.3941960214247511077e+3,
                                 2.1213794301586595867e+4,
                                 3.9307895800092710610e+4,
                                 2.8729085735721942674e+4,
                                 5.2264952788528545610e+3};
  static constexpr double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                 5.76949722146069140550e0,  3.64784832476320460504e0,
                                 1.27045825245236838258e0,  2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[] = {1.0,
                                 2.05319162663775882187e0,
                                 1.67638483018380384940e0,
                                 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1,
                                 1.51986665636164571966e-2,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  static constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                 1.78482653991729133580e0,  2.96560571828504891230e-1,
                                 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[] = {1.0,
                                 5.99832206555887937690e-1,
                                 1.36929880922735805310e-1,
                                 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4,
                                 1.84631831751005468180e-5,
                                 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};
  if (!(p > 0 && p < 1)) return std::numeric_limits<double>::quiet_NaN();
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) return q * rational(0.180625 - q * q, a, b);
  const double r = std::sqrt(-portable_log(q < 0 ? p : 1 - p));
  const double tail = r <= 5 ? rational(r - 1.6, c, d) : rational(r - 5, e, f);
  return q < 0 ? -tail : tail;
}

std::uint64_t hash_name(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace minnow
