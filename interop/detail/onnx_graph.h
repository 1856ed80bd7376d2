#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../../core/shape.h"
#include "../../core/tensor.h"
#include "protobuf.h"

namespace minnow::detail {

/// A value of an ONNX graph: a name, and how its axes lie.
struct OnnxValue {
  std::string name;
  Shape row;                    ///< as minnow has it, without the batch axis
  bool channels_first = false;  ///< (N, channels, height, width) where minnow has channels last
};

/// An attribute of a node.
struct OnnxAttribute {
  std::string_view name;
  std::variant<std::int64_t, float, std::vector<std::int64_t>> value;
};

/// An ONNX graph that is being put together, node after node.
class OnnxGraph {
 public:
  /// Nodes and their results that follow are named after this layer.
  void begin_layer(const std::string& name) { layer_ = name; }

  OnnxValue input(const std::string& name, const Shape& row);
  /// Under this name, or where an input or output has it, numbered.
  void output(const OnnxValue& value, const std::string& wanted);

  /// A node with one result, whose name is returned.
  std::string node(std::string_view op, const std::vector<std::string>& inputs,
                   const std::vector<OnnxAttribute>& attributes = {});
  /// Numbers of the model: float32 or int64. The same name stands for the same numbers.
  std::string constant(const std::string& name, const Tensor& value);
  /// Numbers of this layer's own.
  std::string scalar(std::string_view what, float value);

  OnnxValue channels_first(const OnnxValue& value) { return transposed(value, true); }
  OnnxValue channels_last(const OnnxValue& value) { return transposed(value, false); }

  /// The bytes of the file.
  std::string model(std::string_view name) const;

 private:
  OnnxValue transposed(const OnnxValue& value, bool channels_first);

  std::string layer_;
  std::map<std::string, int> results_;
  std::set<std::string> constants_;
  std::set<std::string> names_;  // of inputs and outputs
  std::map<std::pair<std::string, bool>, OnnxValue> transposes_;
  ProtoMessage graph_;
};

}  // namespace minnow::detail
