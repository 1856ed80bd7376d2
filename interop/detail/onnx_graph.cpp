// Field numbers and codes are those of onnx.proto3.
#include "interop/detail/onnx_graph.h"

#include <cstring>

#include <fmt/format.h>

namespace minnow::detail {
namespace {

constexpr std::int64_t ir_version = 8, opset = 17;
constexpr std::int64_t type_float = 1, type_int64 = 7;  // TensorProto
constexpr std::int64_t attribute_float = 1, attribute_int = 2,
                       attribute_ints = 7;  // AttributeProto

ProtoMessage attribute_message(const OnnxAttribute& attribute) {
  ProtoMessage message;
  message.add(1, attribute.name);
  if (const auto* number = std::get_if<float>(&attribute.value)) {
    message.add(2, *number);
    message.add(20, attribute_float);
  } else if (const auto* integer = std::get_if<std::int64_t>(&attribute.value)) {
    message.add(3, *integer);
    message.add(20, attribute_int);
  } else {
    for (const std::int64_t i : std::get<std::vector<std::int64_t>>(attribute.value)) {
      message.add(8, i);
    }
    message.add(20, attribute_ints);
  }
  return message;
}

// ValueInfoProto of float32 with a free batch axis.
ProtoMessage value_info(const std::string& name, const Shape& row) {
  ProtoMessage dims, batch;
  batch.add(2, std::string_view("N"));  // dim_param
  dims.add(1, batch);
  for (const std::int64_t size : row) {
    ProtoMessage dim;
    dim.add(1, size);
    dims.add(1, dim);
  }
  ProtoMessage tensor, type, info;
  tensor.add(1, type_float);
  tensor.add(2, dims);
  type.add(1, tensor);
  info.add(1, name);
  info.add(2, type);
  return info;
}

}  // namespace

void ProtoMessage::add(int field, float value) {
  tag(field, 5);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);  // little-endian, as all of minnow's files
  bytes_.append(bytes, sizeof value);
}

OnnxValue OnnxGraph::input(const std::string& name, const Shape& row) {
  graph_.add(11, value_info(name, row));
  names_.insert(name);
  return {name, row};
}

void OnnxGraph::output(const OnnxValue& value, const std::string& wanted) {
  std::string name = wanted;
  for (int n = 1; !names_.insert(name).second; ++n) name = fmt::format("{}_{}", wanted, n);
  ProtoMessage identity;  // gives the output its name, whatever it is the result of
  identity.add(1, channels_last(value).name);
  identity.add(2, name);
  identity.add(3, name + "/output");
  identity.add(4, std::string_view("Identity"));
  graph_.add(1, identity);
  graph_.add(12, value_info(name, value.row));
}

std::string OnnxGraph::node(std::string_view op, const std::vector<std::string>& inputs,
                            const std::vector<OnnxAttribute>& attributes) {
  const std::string base = fmt::format("{}/{}", layer_, op);
  const int n = results_[base]++;
  std::string name = n == 0 ? base : fmt::format("{}_{}", base, n);
  ProtoMessage message;
  for (const std::string& input : inputs) message.add(1, input);
  message.add(2, name);
  message.add(3, name);
  message.add(4, op);
  for (const OnnxAttribute& attribute : attributes) message.add(5, attribute_message(attribute));
  graph_.add(1, message);
  return name;
}

std::string OnnxGraph::constant(const std::string& name, const Tensor& value) {
  if (!constants_.insert(name).second) return name;
  ProtoMessage tensor;
  for (const std::int64_t dim : value.shape()) tensor.add(1, dim);
  tensor.add(2, value.dtype() == DType::int64 ? type_int64 : type_float);
  tensor.add(8, name);
  tensor.add(9, std::string_view(reinterpret_cast<const char*>(value.bytes()),
                                 static_cast<std::size_t>(value.nbytes())));
  graph_.add(5, tensor);
  return name;
}

std::string OnnxGraph::scalar(std::string_view what, float value) {
  return constant(fmt::format("{}/{}", layer_, what), full({}, static_cast<double>(value)));
}

OnnxValue OnnxGraph::transposed(const OnnxValue& value, bool channels_first) {
  if (value.channels_first == channels_first || value.row.rank() != 3) return value;
  auto& known = transposes_[{value.name, channels_first}];
  if (known.name.empty()) {
    using Axes = std::vector<std::int64_t>;
    const Axes axes = channels_first ? Axes{0, 3, 1, 2} : Axes{0, 2, 3, 1};
    known = {node("Transpose", {value.name}, {{"perm", axes}}), value.row, channels_first};
  }
  return known;
}

std::string OnnxGraph::model(std::string_view name) const {
  ProtoMessage graph = graph_, operators, file;
  graph.add(2, name);
  operators.add(1, std::string_view());
  operators.add(2, opset);
  file.add(1, ir_version);
  file.add(2, std::string_view("minnow"));
  file.add(7, graph);
  file.add(8, operators);
  return std::string(file.bytes());
}

}  // namespace minnow::detail
