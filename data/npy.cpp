#include "data/npy.h"

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <ostream>

#include <fmt/format.h>

#include "data/detail/elements.h"
#include "data/detail/npy_header.h"
#include "data/detail/readers.h"

namespace minnow {
namespace {

constexpr bool little_endian = std::endian::native == std::endian::little;
constexpr std::string_view magic = "\x93NUMPY";

struct StoredType {
  std::string_view code;  // numpy's, without the byte order
  std::string_view name;
  std::optional<DType> dtype;
};

constexpr std::array stored_types{
    StoredType{"f4", "float32", DType::float32},
    StoredType{"f8", "float64", DType::float64},
    StoredType{"i4", "int32", DType::int32},
    StoredType{"i8", "int64", DType::int64},
    StoredType{"u1", "uint8", DType::uint8},
    StoredType{"b1", "bool", DType::boolean},
    StoredType{"f2", "float16", {}},
    StoredType{"f16", "float128", {}},
    StoredType{"i1", "int8", {}},
    StoredType{"i2", "int16", {}},
    StoredType{"u2", "uint16", {}},
    StoredType{"u4", "uint32", {}},
    StoredType{"u8", "uint64", {}},
    StoredType{"c8", "complex64", {}},
    StoredType{"c16", "complex128", {}},
    StoredType{"c32", "complex256", {}},
};

/// What numpy calls the type, empty for none of its types.
std::string_view type_name(std::string_view code) {
  for (const StoredType& type : stored_types) {
    if (type.code == code) return type.name;
  }
  switch (code.empty() ? '\0' : code.front()) {
    case 'O':
      return "object";
    case 'S':
    case 'a':
      return "bytes";
    case 'U':
      return "string";
    case 'V':
      return "void";
    case 'M':
      return "datetime64";
    case 'm':
      return "timedelta64";
    default:
      return "";
  }
}

[[noreturn]] void refuse_type(const detail::NpyHeader& header, const detail::Origin& origin) {
  const std::string_view code = std::string_view(header.descr).substr(header.descr.empty() ? 0 : 1);
  const std::string_view known = header.descr_is_string ? type_name(code) : "structured";
  std::string hint;
  if (known == "object") {
    hint = "Objects are stored as Python code; save an array of numbers.";
  } else if (known == "structured") {
    hint = "Save each field as an array of its own.";
  } else if (known.starts_with("complex")) {
    hint = "Save the real and the imaginary part as arrays of their own.";
  } else if (known.starts_with("float")) {
    hint = "Save array.astype('float32').";
  } else if (known.starts_with("int") || known.starts_with("uint")) {
    hint = "Save array.astype('int64').";
  }
  throw origin.invalid_argument(
      "dtype float32, float64, int32, int64, uint8 or bool",
      detail::in_quotes(header.descr) + (known.empty() ? "" : fmt::format(" ({})", known)),
      std::move(hint));
}

struct Layout {
  DType dtype;
  bool swap;
};

Layout layout_of(const detail::NpyHeader& header, const detail::Origin& origin) {
  if (!header.descr_is_string || header.descr.empty()) refuse_type(header, origin);
  const char order = header.descr.front();
  const std::string_view code = std::string_view(header.descr).substr(1);
  for (const StoredType& type : stored_types) {
    if (type.code != code || !type.dtype) continue;
    const bool one_byte = size_of(*type.dtype) == 1;
    if (order == '=' || (order == '|' && one_byte)) return {*type.dtype, false};
    if (order == '<') return {*type.dtype, !little_endian};
    if (order == '>') return {*type.dtype, little_endian};
  }
  refuse_type(header, origin);
}

std::string read_header_text(detail::StreamReader& reader) {
  std::array<char, 6> start{};
  std::array<std::uint8_t, 2> version{};
  std::array<std::uint8_t, 4> length{};
  const auto read = [&](auto& into, std::size_t size, std::string_view what) {
    reader.read(reinterpret_cast<std::byte*>(into.data()), size, what);
  };
  read(start, start.size(), "magic number");
  if (std::string_view(start.data(), start.size()) != magic) {
    throw reader.origin().data_loss(
        fmt::format("expected the bytes 93 4e 55 4d 50 59 of an npy file at byte 0, got {}.",
                    detail::hex(std::as_bytes(std::span(start)))));
  }
  read(version, version.size(), "version");
  if (version[0] < 1 || version[0] > 3 || version[1] != 0) {
    throw reader.origin().unimplemented(fmt::format(
        "expected version 1.0, 2.0 or 3.0 of the npy format, got {}.{}.", version[0], version[1]));
  }
  read(length, version[0] == 1 ? 2U : 4U, "header length");
  const std::uint32_t size = length[0] | static_cast<std::uint32_t>(length[1]) << 8 |
                             static_cast<std::uint32_t>(length[2]) << 16 |
                             static_cast<std::uint32_t>(length[3]) << 24;
  constexpr std::uint32_t most = 1U << 20;  // the header of an array of numbers has some 100 bytes
  if (size > most) {
    throw reader.origin().data_loss(
        fmt::format("expected a header of at most {} bytes at byte {}, got {}.", most,
                    reader.position(), size));
  }
  reader.require(size, "header");
  std::string text(size, '\0');
  read(text, text.size(), "header");
  return text;
}

std::string encode_header(const Tensor& tensor) {
  std::string_view code;
  for (const StoredType& type : stored_types) {
    if (type.dtype == tensor.dtype()) code = type.code;
  }
  const char order = size_of(tensor.dtype()) == 1 ? '|' : (little_endian ? '<' : '>');
  std::string text = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': {}, }}",
                                 order, code, tensor.shape().str());
  // numpy starts the data at a multiple of 64, so that they can be mapped.
  constexpr std::size_t prefix = 10, alignment = 64;
  while ((prefix + text.size() + 1) % alignment != 0) text += ' ';
  text += '\n';
  std::string header = std::string(magic) + std::string("\x01\x00", 2);
  header += static_cast<char>(text.size() & 0xff);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace

Tensor detail::read_npy(StreamReader& reader) {
  const std::string text = read_header_text(reader);
  const NpyHeader header = parse_npy_header(text, reader.position() - text.size(), reader.origin());
  const Layout layout = layout_of(header, reader.origin());
  Tensor tensor = read_elements(reader, header.shape, layout.dtype, layout.swap);
  reader.expect_end();
  return header.fortran_order ? from_column_major(tensor) : tensor;
}

Tensor detail::read_npy(const Source& source, const Origin& origin, const ReadOptions& options) {
  StreamReader reader(stream_all(source, origin, options), origin);
  return read_npy(reader);
}

Tensor read_npy(const std::string& path, const ReadOptions& options) {
  const detail::Origin origin{"read_npy", path};
  return detail::read_npy(detail::open_source(origin, options), origin, options);
}

Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name,
                 const ReadOptions& options) {
  return detail::read_npy(detail::view_source(bytes), {"parse_npy", name}, options);
}

void write_npy(const std::string& path, const Tensor& tensor) {
  write_file_atomically(path, [&](std::ostream& out) {
    out << encode_header(tensor);
    out.write(reinterpret_cast<const char*>(tensor.bytes()), tensor.nbytes());
  });
}

std::vector<std::byte> encode_npy(const Tensor& tensor) {
  const std::string header = encode_header(tensor);
  const auto size = static_cast<std::size_t>(tensor.nbytes());
  std::vector<std::byte> bytes(header.size() + size);
  std::memcpy(bytes.data(), header.data(), header.size());
  if (size > 0) std::memcpy(bytes.data() + header.size(), tensor.bytes(), size);
  return bytes;
}

}  // namespace minnow
