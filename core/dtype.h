#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace minnow {

/// The element types a Tensor can hold. The engine computes in float32; the others are what data
/// comes in.
enum class DType : std::uint8_t { float32, float64, int32, int64, uint8, boolean };

/// numpy's name: "float32", ..., "bool".
std::string_view name(DType dtype) noexcept;

/// The dtype of that name ("float32", ..., "bool"), or nothing.
std::optional<DType> dtype_from_name(std::string_view name) noexcept;

/// Bytes of one element.
std::size_t size_of(DType dtype) noexcept;

bool is_floating(DType dtype) noexcept;

/// The types behind the dtypes.
template <class T>
concept Element =
    std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int32_t> ||
    std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint8_t> || std::is_same_v<T, bool>;

template <Element T>
constexpr DType dtype_of() noexcept {
  if constexpr (std::is_same_v<T, float>) return DType::float32;
  if constexpr (std::is_same_v<T, double>) return DType::float64;
  if constexpr (std::is_same_v<T, std::int32_t>) return DType::int32;
  if constexpr (std::is_same_v<T, std::int64_t>) return DType::int64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return DType::uint8;
  if constexpr (std::is_same_v<T, bool>) return DType::boolean;
}

/// Calls `f` with a value-initialised element of the type behind `dtype`:
/// `visit_dtype(d, [&](auto zero) { using T = decltype(zero); ... })`.
template <class F>
decltype(auto) visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float64:
      return std::forward<F>(f)(double{});
    case DType::int32:
      return std::forward<F>(f)(std::int32_t{});
    case DType::int64:
      return std::forward<F>(f)(std::int64_t{});
    case DType::uint8:
      return std::forward<F>(f)(std::uint8_t{});
    case DType::boolean:
      return std::forward<F>(f)(bool{});
    case DType::float32:
      break;
  }
  return std::forward<F>(f)(float{});
}

}  // namespace minnow
