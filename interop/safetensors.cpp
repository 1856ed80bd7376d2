#include "interop/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <ostream>
#include <utility>

#include "core/error.h"
#include "data/file.h"
#include "interop/json.h"

namespace minnow {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors is little-endian and its bytes are copied as they are");

constexpr std::uint64_t max_header = 100'000'000;  // as the format's own reader has it

struct Name {
  std::string_view stored;
  DType dtype;
};
constexpr std::array<Name, 6> dtypes = {{{"F32", DType::float32},
                                         {"F64", DType::float64},
                                         {"I32", DType::int32},
                                         {"I64", DType::int64},
                                         {"U8", DType::uint8},
                                         {"BOOL", DType::boolean}}};

[[noreturn]] void damaged(const std::string& path, std::uint64_t at, const std::string& what) {
  throw DataLoss("read_safetensors", fmt::format("{}: at byte {}: {}.", path, at, what));
}

DType dtype_from(const std::string& stored, const std::string& path, const std::string& tensor) {
  for (const Name& name : dtypes) {
    if (name.stored == stored) return name.dtype;
  }
  throw InvalidArgument({"read_safetensors", fmt::format("{}: tensor '{}'", path, tensor),
                         "dtype F32, F64, I32, I64, U8 or BOOL", stored, ""});
}

std::uint64_t header_length(std::span<const std::byte> bytes) {
  std::uint64_t n = 0;
  std::memcpy(&n, bytes.data(), sizeof n);
  return n;
}

// One entry of the header, checked against the bytes that are there.
class TensorReader {
 public:
  TensorReader(const std::string& path, std::span<const std::byte> data, std::uint64_t start)
      : path_(path), data_(data), start_(start) {}

  Tensor read(const std::string& name, const Config& entry) {
    const auto integers = [&](std::string_view key) {
      std::vector<std::int64_t> values;
      const Config& list = entry[key];
      if (!list.is_list()) fail(name, fmt::format("expected a list as '{}'", key));
      for (const Config& item : list.list()) {
        if (!item.is_integer() || item.integer() < 0) {
          fail(name, fmt::format("expected whole numbers of at least 0 in '{}'", key));
        }
        values.push_back(item.integer());
      }
      return values;
    };
    if (!entry["dtype"].is_string()) fail(name, "expected a string as 'dtype'");
    const DType dtype = dtype_from(entry["dtype"].string(), path_, name);
    const std::vector<std::int64_t> dims = integers("shape"), place = integers("data_offsets");
    if (place.size() != 2 || place[0] > place[1] ||
        static_cast<std::uint64_t>(place[1]) > data_.size()) {
      fail(name, fmt::format("expected offsets within the {} bytes of data", data_.size()));
    }
    const Shape shape = shape_of(name, dims);
    std::int64_t bytes = 0;
    if (multiply_overflows(shape.numel(), static_cast<std::int64_t>(size_of(dtype)), &bytes) ||
        bytes != place[1] - place[0]) {
      fail(name, fmt::format("expected the bytes of shape {} and {}, got {}", shape.str(),
                             minnow::name(dtype), place[1] - place[0]));
    }
    places_.emplace_back(place[0], place[1]);
    return copy(shape, dtype,
                data_.subspan(static_cast<std::size_t>(place[0]), static_cast<std::size_t>(bytes)));
  }

  // The format leaves no holes and no overlaps.
  void check_cover() {
    std::sort(places_.begin(), places_.end());
    std::int64_t end = 0;
    for (const auto& [first, last] : places_) {
      if (first != end) {
        damaged(path_, start_ + static_cast<std::uint64_t>(end),
                "expected tensors without gaps or overlaps");
      }
      end = last;
    }
    if (static_cast<std::uint64_t>(end) != data_.size()) {
      damaged(path_, start_ + static_cast<std::uint64_t>(end),
              fmt::format("expected the end of the file, got {} more bytes",
                          data_.size() - static_cast<std::uint64_t>(end)));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& name, const std::string& what) const {
    damaged(path_, 8, fmt::format("tensor '{}': {}", name, what));
  }

  Shape shape_of(const std::string& name, const std::vector<std::int64_t>& dims) const {
    try {
      return Shape(dims);
    } catch (const InvalidArgument& e) {
      fail(name, fmt::format("expected {}, got {}", e.expected(), e.received()));
    }
  }

  static Tensor copy(const Shape& shape, DType dtype, std::span<const std::byte> bytes) {
    Tensor tensor(shape, dtype);
    std::byte* out = tensor.mutable_bytes();
    // Any other byte in a bool would be undefined to read.
    if (dtype == DType::boolean) {
      std::transform(bytes.begin(), bytes.end(), out,
                     [](std::byte b) { return b == std::byte{0} ? b : std::byte{1}; });
    } else if (!bytes.empty()) {
      std::memcpy(out, bytes.data(), bytes.size());
    }
    return tensor;
  }

  const std::string& path_;
  std::span<const std::byte> data_;
  std::uint64_t start_;
  std::vector<std::pair<std::int64_t, std::int64_t>> places_;
};

}  // namespace

bool looks_like_safetensors(std::span<const std::byte> bytes) noexcept {
  return bytes.size() > 9 && header_length(bytes) <= max_header && bytes[8] == std::byte{'{'};
}

SafeTensors read_safetensors(const std::string& path) {
  const std::vector<std::byte> file = read_file(path);
  const std::span<const std::byte> bytes(file);
  if (bytes.size() < 8) damaged(path, bytes.size(), "expected a header of 8 bytes");
  const std::uint64_t length = header_length(bytes);
  if (length > max_header || length > bytes.size() - 8) {
    damaged(path, 0,
            fmt::format("expected a header within the {} bytes of the file, got a length "
                        "of {}",
                        bytes.size(), length));
  }
  const auto* text = reinterpret_cast<const char*>(bytes.data()) + 8;
  const Config header = parse_json(std::string_view(text, static_cast<std::size_t>(length)), path);
  if (!header.is_object()) damaged(path, 8, "expected a JSON object");
  SafeTensors contents;
  TensorReader reader(path, bytes.subspan(8 + static_cast<std::size_t>(length)), 8 + length);
  for (const auto& [key, value] : header.entries()) {
    if (key != "__metadata__") {
      contents.tensors.push_back({key, reader.read(key, value)});
      continue;
    }
    if (!value.is_object()) damaged(path, 8, "expected an object as '__metadata__'");
    for (const auto& [name, text_value] : value.entries()) {
      if (!text_value.is_string()) damaged(path, 8, "expected strings in '__metadata__'");
      contents.metadata[name] = text_value.string();
    }
  }
  reader.check_cover();
  return contents;
}

void write_safetensors(const std::string& path, const SafeTensors& contents) {
  Config header = Config(Config::Object{});
  Config metadata = Config(Config::Object{});
  for (const auto& [key, value] : contents.metadata) metadata.set(key, value);
  if (!contents.metadata.empty()) header.set("__metadata__", metadata);
  std::int64_t offset = 0;
  for (const auto& [key, tensor] : contents.tensors) {
    const auto stored =
        std::find_if(dtypes.begin(), dtypes.end(),
                     [dtype = tensor.dtype()](const Name& n) { return n.dtype == dtype; });
    header.set(key,
               Config::object({{"dtype", stored->stored},
                               {"shape", Config::integers(tensor.shape().dims())},
                               {"data_offsets", Config::List{offset, offset + tensor.nbytes()}}}));
    offset += tensor.nbytes();
  }
  std::string text = write_json(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the tensors lie aligned
  write_file_atomically(path, [&](std::ostream& out) {
    const std::uint64_t length = text.size();
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const auto& [key, tensor] : contents.tensors) {
      out.write(reinterpret_cast<const char*>(tensor.bytes()), tensor.nbytes());
    }
  });
}

}  // namespace minnow
