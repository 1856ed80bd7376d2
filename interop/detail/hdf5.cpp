#include "interop/detail/hdf5.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <type_traits>

#include "core/error.h"
#include "interop/detail/contained.h"
#include "interop/json.h"

namespace minnow::detail {
namespace {

constexpr std::size_t size_of_type(std::string_view type) {
  return type == "float64" || type == "int64" ? 8 : type == "uint8" ? 1 : 4;
}

template <class Stored, class T>
Tensor copied(const Shape& shape, DType dtype, std::span<const std::byte> bytes) {
  Tensor tensor(shape, dtype);
  if constexpr (std::is_same_v<Stored, T>) {
    if (!bytes.empty()) std::memcpy(tensor.mutable_bytes(), bytes.data(), bytes.size());
  } else {
    const std::span<T> out = tensor.mutable_values<T>();
    for (std::size_t i = 0; i < out.size(); ++i) {
      Stored value;
      std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
      out[i] = static_cast<T>(value);
    }
  }
  return tensor;
}

}  // namespace

Hdf5Image::Hdf5Image(std::span<const std::byte> bytes, std::string where, std::string name)
    : bytes_(bytes), where_(std::move(where)), name_(std::move(name)) {
  const auto lost = [&](std::string_view what) {
    throw DataLoss(where_,
                   fmt::format("{}: expected an HDF5 file that is whole, but {}.", name_, what));
  };
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  if (bytes.size() < signature.size() ||
      std::memcmp(bytes.data(), signature.data(), signature.size()) != 0) {
    lost("it does not begin as one");
  }
  const std::optional<std::string> text = run_contained(
      [&] { return list_hdf5(bytes); },
      {.memory = (std::size_t{1} << 28) + 2 * bytes.size(), .time = std::chrono::seconds(60)});
  if (!text) lost("reading it crashes the HDF5 library or takes it too far");
  const Config result = parse_json(*text, name_);
  if (const Config& refusal = result["refusal"]; refusal.is_string()) {
    if (result["damaged"] == Config(true)) lost(refusal.string());
    throw Unimplemented(where_, fmt::format("{}: {}", name_, refusal.string()));
  }
  for (const Config& entry : result["datasets"].list()) {
    Dataset dataset{.shape = {}, .type = entry["type"].string()};
    const std::string& path = entry["path"].string();
    std::vector<std::int64_t> dims;
    for (const Config& dim : entry["shape"].list()) dims.push_back(dim.integer());
    try {
      dataset.shape = Shape(dims);
    } catch (const InvalidArgument& e) {
      lost(fmt::format("'{}' has the shape {}", path, e.received()));
    }
    // A type that is not known still takes a byte for each element.
    std::int64_t size = 0;
    const auto element = dataset.type.empty() ? std::size_t{1} : size_of_type(dataset.type);
    const std::int64_t offset = entry["offset"].integer();
    const auto all = static_cast<std::int64_t>(bytes.size());
    if (multiply_overflows(dataset.shape.numel(), static_cast<std::int64_t>(element), &size) ||
        (size > 0 && (offset < 0 || offset > all || size > all - offset))) {
      lost(fmt::format("'{}' of shape {} is not within its {} bytes", path, dataset.shape.str(),
                       all));
    }
    dataset.offset = size > 0 ? static_cast<std::uint64_t>(offset) : 0;
    datasets_.emplace(path, std::move(dataset));
  }
}

std::vector<std::string> Hdf5Image::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, dataset] : datasets_) paths.push_back(path);
  return paths;
}

Tensor Hdf5Image::read(const std::string& path) const {
  const Dataset& dataset = datasets_.at(path);
  const std::string& type = dataset.type;
  const std::size_t size =
      static_cast<std::size_t>(dataset.shape.numel()) * (type.empty() ? 0 : size_of_type(type));
  const auto bytes = bytes_.subspan(static_cast<std::size_t>(dataset.offset), size);
  if (type == "float32") return copied<float, float>(dataset.shape, DType::float32, bytes);
  if (type == "float64") return copied<double, double>(dataset.shape, DType::float64, bytes);
  if (type == "int32")
    return copied<std::int32_t, std::int32_t>(dataset.shape, DType::int32, bytes);
  if (type == "int64")
    return copied<std::int64_t, std::int64_t>(dataset.shape, DType::int64, bytes);
  if (type == "uint32") {
    return copied<std::uint32_t, std::int64_t>(dataset.shape, DType::int64, bytes);
  }
  if (type == "uint8")
    return copied<std::uint8_t, std::uint8_t>(dataset.shape, DType::uint8, bytes);
  throw Unimplemented(where_, fmt::format("{}: the type of '{}' is not supported. Supported: "
                                          "float32, float64, int32, int64, uint32, uint8.",
                                          name_, path));
}

}  // namespace minnow::detail
