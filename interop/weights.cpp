#include "interop/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "data/detail/byte_source.h"
#include "data/npz.h"
#include "interop/keras.h"
#include "interop/safetensors.h"

namespace minnow {
namespace {

constexpr std::string_view formats = "a name that ends in .npz, .safetensors or .h5";

// A checkpoint keeps its optimizer's state beside the weights, under this.
constexpr std::string_view beside = "optimizer/";

// Nothing is unpacked that is larger than the largest weight, whatever its number type.
std::vector<NamedTensor> read_npz_weights(const std::string& path, const Model& model) {
  constexpr std::int64_t header = 1 << 16, widest = 8;
  std::int64_t most = 0;
  for (const Parameter& parameter : model.graph().parameters()) {
    most = std::max(most, parameter.spec.shape.numel());
  }
  std::vector<NamedTensor> tensors;
  for (const std::string& name : npz_names(path)) {
    tensors.push_back({name, read_npz(path, name, {.max_unpacked_bytes = most * widest + header})});
  }
  return tensors;
}

void set_by_name(const std::string& path, std::vector<NamedTensor> tensors, Model& model) {
  const auto wrong = [&](const std::string& name, std::string expected, std::string received) {
    throw InvalidArgument(
        {"load_weights", fmt::format("{}: '{}'", path, name), expected, received, ""});
  };
  std::erase_if(tensors, [](const NamedTensor& t) { return t.name.starts_with(beside); });
  std::vector<Tensor> weights;
  for (const Parameter& parameter : model.graph().parameters()) {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [&](const NamedTensor& t) { return t.name == parameter.path; });
    const Shape& shape = parameter.spec.shape;
    if (found == tensors.end()) wrong(parameter.path, fmt::format("shape {}", shape.str()), "none");
    if (found->value.shape() != shape) {
      wrong(parameter.path, fmt::format("shape {}", shape.str()), found->value.shape().str());
    }
    weights.push_back(std::move(found->value));
    tensors.erase(found);
  }
  if (!tensors.empty()) {
    wrong(tensors.front().name, "only weights of the model",
          fmt::format("numbers of shape {}", tensors.front().value.shape().str()));
  }
  model.set_weights(weights);
}

// Of a .keras archive's members none is an array.
bool holds_arrays(const std::string& path) { return !npz_names(path).empty(); }

}  // namespace

void save_weights(const std::string& path, const Model& model) {
  if (path.ends_with(".npz")) {
    std::vector<std::pair<std::string, Tensor>> arrays;
    for (NamedTensor& weight : model.named_weights()) {
      arrays.emplace_back(std::move(weight.name), std::move(weight.value));
    }
    return write_npz(path, arrays);
  }
  if (path.ends_with(".safetensors")) return write_safetensors(path, {{}, model.named_weights()});
  if (path.ends_with(".h5")) return save_keras_weights(path, model);
  throw InvalidArgument({"save_weights", "path", formats, path, ""});
}

void load_weights(const std::string& path, Model& model) {
  std::array<std::byte, 16> bytes{};
  const detail::Source source = detail::open_source({"load_weights", path}, {});
  const std::span<const std::byte> first =
      std::span(bytes).first(source->read_at(0, bytes.data(), bytes.size()));
  if (looks_like_zip(first) && holds_arrays(path)) {
    return set_by_name(path, read_npz_weights(path, model), model);
  }
  if (looks_like_zip(first) || looks_like_hdf5(first)) return load_keras_weights(path, model);
  if (looks_like_safetensors(first)) {
    return set_by_name(path, read_safetensors(path).tensors, model);
  }
  throw InvalidArgument({"load_weights", path,
                         "weights as .npz, .safetensors, .weights.h5 or a .keras archive",
                         "a file of another kind", ""});
}

}  // namespace minnow
