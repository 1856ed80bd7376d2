#include "data/idx.h"

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "data/detail/elements.h"
#include "data/detail/readers.h"

namespace minnow {
namespace {

DType dtype_of_code(std::uint8_t code, const detail::Origin& origin) {
  const auto refuse = [&](const char* type) -> DType {
    throw origin.invalid_argument("dtype uint8, int32, float32 or float64", type,
                                  "Write the file with one of these.");
  };
  switch (code) {
    case 0x08:
      return DType::uint8;
    case 0x09:
      return refuse("int8 (IDX type 0x09)");
    case 0x0b:
      return refuse("int16 (IDX type 0x0b)");
    case 0x0c:
      return DType::int32;
    case 0x0d:
      return DType::float32;
    case 0x0e:
      return DType::float64;
    default:
      throw origin.data_loss(
          fmt::format("expected the type of an IDX file at byte 2, got 0x{:02x}.", code));
  }
}

}  // namespace

Tensor detail::read_idx(const Source& source, const Origin& origin, const ReadOptions& options) {
  StreamReader reader(stream_all(source, origin, options), origin);
  std::array<std::uint8_t, 4> magic{};  // two zeros, the type, the number of axes
  reader.read(reinterpret_cast<std::byte*>(magic.data()), magic.size(), "magic number");
  if (magic[0] != 0 || magic[1] != 0) {
    throw origin.data_loss(
        fmt::format("expected the bytes 00 00 of an IDX file at byte 0, got {:02x} {:02x}.",
                    magic[0], magic[1]));
  }
  const DType dtype = dtype_of_code(magic[2], origin);
  if (magic[3] == 0) {
    throw origin.data_loss("expected at least one axis at byte 3, got 0.");
  }
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < magic[3]; ++axis) {
    std::array<std::uint8_t, 4> size{};
    reader.read(reinterpret_cast<std::byte*>(size.data()), size.size(), "sizes");
    sizes.push_back(std::int64_t{size[0]} << 24 | std::int64_t{size[1]} << 16 |
                    std::int64_t{size[2]} << 8 | std::int64_t{size[3]});
  }
  Tensor tensor = read_elements(reader, sizes, dtype, std::endian::native == std::endian::little);
  reader.expect_end();
  return tensor;
}

Tensor read_idx(const std::string& path, const ReadOptions& options) {
  const detail::Origin origin{"read_idx", path};
  return detail::read_idx(detail::open_source(origin, options), origin, options);
}

Tensor parse_idx(std::span<const std::byte> bytes, const std::string& name,
                 const ReadOptions& options) {
  return detail::read_idx(detail::view_source(bytes), {"parse_idx", name}, options);
}

}  // namespace minnow
