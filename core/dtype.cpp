#include "core/dtype.h"

namespace minnow {

std::string_view name(DType dtype) noexcept {
  switch (dtype) {
    case DType::float32:
      return "float32";
    case DType::float64:
      return "float64";
    case DType::int32:
      return "int32";
    case DType::int64:
      return "int64";
    case DType::uint8:
      return "uint8";
    case DType::boolean:
      return "bool";
  }
  return "unknown";
}

std::optional<DType> dtype_from_name(std::string_view text) noexcept {
  for (DType d :
       {DType::float32, DType::float64, DType::int32, DType::int64, DType::uint8, DType::boolean}) {
    if (name(d) == text) return d;
  }
  return std::nullopt;
}

std::size_t size_of(DType dtype) noexcept {
  return visit_dtype(dtype, [](auto zero) { return sizeof(zero); });
}

bool is_floating(DType dtype) noexcept {
  return dtype == DType::float32 || dtype == DType::float64;
}

}  // namespace minnow
