#include "interop/detail/onnx_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/ops.h"
#include "core/text.h"
#include "interop/detail/onnx_activation.h"

namespace minnow::detail {
namespace {

using Integers = std::vector<std::int64_t>;

/// A layer that is being translated.
struct LayerUse {
  OnnxGraph& graph;
  const GraphNode& node;
  Config config;
  std::vector<OnnxValue> inputs;
  std::vector<NamedTensor> weights;  // "conv2d/kernel"

  const OnnxValue& input() const { return inputs.front(); }
  const Shape& output() const { return node.output(); }
  std::string_view class_name() const { return node.layer.class_name(); }
  std::string last(std::size_t i = 0) const { return graph.channels_last(inputs[i]).name; }
  /// The weight of that name, or null where the layer has none.
  const Tensor* weight(std::string_view name) const {
    const auto& specs = node.declaration().weights;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (specs[i].name == name) return &weights[i].value;
    }
    return nullptr;
  }
  std::string own(std::string_view what, const Tensor& value) const {
    return graph.constant(fmt::format("{}/{}", node.name, what), value);
  }
  Integers integers(std::string_view key) const {
    Integers result;
    for (const Config& item : config[key].list()) result.push_back(item.integer());
    return result;
  }
};

Tensor integers(const Integers& values) {
  return Tensor::from(values, {static_cast<std::int64_t>(values.size())});
}

// (kh, kw, channels, filters) as ONNX has it: (filters, channels, kh, kw).
Tensor filters_first(const Tensor& kernel) {
  const Shape& s = kernel.shape();
  Tensor result({s[3], s[2], s[0], s[1]});
  const std::int64_t outer = s[0] * s[1], channels = s[2], filters = s[3];
  const auto from = kernel.values<float>();
  const auto to = result.mutable_values<float>();
  for (std::int64_t place = 0; place < outer; ++place) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t f = 0; f < filters; ++f) {
        to[static_cast<std::size_t>((f * channels + c) * outer + place)] =
            from[static_cast<std::size_t>((place * channels + c) * filters + f)];
      }
    }
  }
  return result;
}

// What a window needs around the image: {top, left, bottom, right}, the odd one at the end.
Integers pads_of(const LayerUse& use, const Integers& size, const Integers& strides,
                 const Integers& dilation) {
  Integers pads{0, 0, 0, 0};
  if (use.config["padding"] != Config("same")) return pads;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const int i = static_cast<int>(axis);
    const std::int64_t extent = (size[axis] - 1) * dilation[axis] + 1;
    const std::int64_t all = std::max<std::int64_t>(
        (use.output()[i] - 1) * strides[axis] + extent - use.input().row[i], 0);
    pads[axis] = all / 2;
    pads[axis + 2] = all - all / 2;
  }
  return pads;
}

OnnxValue convolution(const LayerUse& use, const Tensor& kernel, std::int64_t groups) {
  OnnxGraph& graph = use.graph;
  const Integers size = use.integers("kernel_size"), strides = use.integers("strides"),
                 dilation = use.integers("dilation_rate");
  std::vector<std::string> operands{graph.channels_first(use.input()).name,
                                    graph.constant(use.weights[0].name, filters_first(kernel))};
  if (use.weights.size() > 1) {
    operands.push_back(graph.constant(use.weights[1].name, use.weights[1].value));
  }
  return {graph.node("Conv", operands,
                     {{"kernel_shape", size},
                      {"strides", strides},
                      {"dilations", dilation},
                      {"group", groups},
                      {"pads", pads_of(use, size, strides, dilation)}}),
          use.output(), true};
}

OnnxValue conv2d(const LayerUse& use) {
  return convolution(use, use.weights[0].value, use.config["groups"].integer());
}

// Every channel is a group, with filters of its own.
OnnxValue depthwise_conv2d(const LayerUse& use) {
  const Tensor& kernel = use.weights[0].value;
  const Shape& s = kernel.shape();
  return convolution(use, kernel.reshape({s[0], s[1], 1, s[2] * s[3]}), s[2]);
}

OnnxValue pooling2d(const LayerUse& use) {
  const Integers size = use.integers("pool_size"), strides = use.integers("strides");
  const bool largest = use.class_name() == "MaxPooling2D";
  return {use.graph.node(largest ? "MaxPool" : "AveragePool",
                         {use.graph.channels_first(use.input()).name},
                         {{"kernel_shape", size},
                          {"strides", strides},
                          {"pads", pads_of(use, size, strides, {1, 1})}}),
          use.output(), true};
}

OnnxValue dense(const LayerUse& use) {
  OnnxGraph& graph = use.graph;
  const std::string x = graph.channels_last(use.input()).name;
  const std::string kernel = graph.constant(use.weights[0].name, use.weights[0].value);
  std::string y = graph.node("MatMul", {x, kernel});
  if (use.weights.size() > 1) {
    y = graph.node("Add", {y, graph.constant(use.weights[1].name, use.weights[1].value)});
  }
  return {y, use.output()};
}

OnnxValue reshape(const LayerUse& use) {
  const Shape& row = use.output();
  Tensor dims({row.rank() + 1}, DType::int64);
  dims.mutable_values<std::int64_t>()[0] = -1;
  std::copy(row.begin(), row.end(), dims.mutable_values<std::int64_t>().begin() + 1);
  return {use.graph.node("Reshape", {use.graph.channels_last(use.input()).name,
                                     use.graph.constant(use.node.name + "/shape", dims)}),
          row};
}

OnnxValue softmax_layer(const LayerUse& use) {
  // Along the last axis it is the declared activation, which follows.
  if (use.node.declaration().activation.kind == ActivationKind::softmax) return use.input();
  const std::int64_t axis = use.config["axis"].integer();
  return {use.graph.node("Softmax", {use.graph.channels_last(use.input()).name}, {{"axis", axis}}),
          use.output()};
}

// Inputs of fewer axes than the output have theirs at the end, behind the batch's.
OnnxValue merge(const LayerUse& use) {
  static constexpr std::array<std::array<std::string_view, 2>, 6> operators = {
      {{"Add", "Sum"},
       {"Subtract", "Sub"},
       {"Multiply", "Mul"},
       {"Average", "Mean"},
       {"Maximum", "Max"},
       {"Minimum", "Min"}}};
  const auto op = std::find_if(operators.begin(), operators.end(),
                               [&](const auto& o) { return o[0] == use.class_name(); });
  std::vector<std::string> operands;
  for (std::size_t i = 0; i < use.inputs.size(); ++i) {
    const Shape& row = use.inputs[i].row;
    std::string x = use.last(i);
    if (row.rank() < use.output().rank()) {
      Integers dims(static_cast<std::size_t>(use.output().rank() - row.rank() + 1), 1);
      dims[0] = -1;
      dims.insert(dims.end(), row.begin(), row.end());
      x = use.graph.node("Reshape", {x, use.own(fmt::format("shape_{}", i), integers(dims))});
    }
    operands.push_back(std::move(x));
  }
  if ((*op)[1] != "Mul") return {use.graph.node((*op)[1], operands), use.output()};
  std::string product = operands.front();
  for (std::size_t i = 1; i < operands.size(); ++i) {
    product = use.graph.node("Mul", {product, operands[i]});
  }
  return {product, use.output()};
}

OnnxValue concatenate(const LayerUse& use) {
  std::vector<std::string> operands;
  for (std::size_t i = 0; i < use.inputs.size(); ++i) operands.push_back(use.last(i));
  return {use.graph.node("Concat", operands, {{"axis", use.config["axis"].integer()}}),
          use.output()};
}

OnnxValue global_pooling2d(const LayerUse& use) {
  const bool largest = use.class_name() == "GlobalMaxPooling2D";
  return {use.graph.node(largest ? "ReduceMax" : "ReduceMean", {use.last()},
                         {{"axes", Integers{1, 2}},
                          {"keepdims", std::int64_t{use.config["keepdims"].boolean()}}}),
          use.output()};
}

Tensor square_root(Tensor values) {
  for (float& v : values.mutable_values<float>()) v = std::sqrt(v);
  return values;
}

// x scale + shift
OnnxValue scaled(const LayerUse& use, const Tensor& scale, const Tensor& shift) {
  const std::string product = use.graph.node("Mul", {use.last(), use.own("scale", scale)});
  return {use.graph.node("Add", {product, use.own("shift", shift)}), use.output()};
}

// In inference it is a scale and a shift of each feature.
OnnxValue batch_normalization(const LayerUse& use) {
  const double epsilon = use.config["epsilon"].number();
  const Tensor *gamma = use.weight("gamma"), *beta = use.weight("beta");
  Tensor scale = 1.0 / square_root(*use.weight("moving_variance") + epsilon);
  if (gamma != nullptr) scale = scale * *gamma;
  Tensor shift = -(*use.weight("moving_mean") * scale);
  if (beta != nullptr) shift = shift + *beta;
  return scaled(use, scale, shift);
}

OnnxValue layer_normalization(const LayerUse& use) {
  const auto axes = static_cast<std::int64_t>(use.integers("axis").size());
  const Tensor *gamma = use.weight("gamma"), *beta = use.weight("beta");
  const Shape& row = use.input().row;
  const std::vector<std::int64_t> normalised(row.end() - axes, row.end());
  std::vector<std::string> operands{
      use.last(), use.own("scale", gamma != nullptr ? *gamma : ones(Shape(normalised)))};
  if (beta != nullptr) operands.push_back(use.own("shift", *beta));
  return {use.graph.node(
              "LayerNormalization", operands,
              {{"axis", -axes}, {"epsilon", static_cast<float>(use.config["epsilon"].number())}}),
          use.output()};
}

// A number or a list of them.
Tensor numbers(const Config& config) {
  if (config.is_number()) return full({}, config.number());
  std::vector<float> values;
  for (const Config& item : config.list()) values.push_back(static_cast<float>(item.number()));
  return Tensor::from(values, {static_cast<std::int64_t>(values.size())});
}

OnnxValue rescaling(const LayerUse& use) {
  return scaled(use, numbers(use.config["scale"]), numbers(use.config["offset"]));
}

// (x - mean) / max(sqrt(variance), 1e-7), each number of the statistics at its place under a row
OnnxValue normalization(const LayerUse& use) {
  const bool given = !use.config["mean"].is_null();
  Tensor mean = given ? numbers(use.config["mean"]) : *use.weight("mean");
  Tensor variance = given ? numbers(use.config["variance"]) : *use.weight("variance");
  const Shape& row = use.input().row;
  std::vector<std::int64_t> under(static_cast<std::size_t>(row.rank()), 1);
  for (const std::int64_t axis : use.integers("axis")) {
    const std::int64_t of_row = axis < 0 ? row.rank() + axis : axis - 1;
    under[static_cast<std::size_t>(of_row)] = row[static_cast<int>(of_row)];
  }
  if (mean.numel() == Shape(under).numel()) {  // others are one number, or those of the last axis
    mean = mean.reshape(Shape(under));
    variance = variance.reshape(Shape(under));
  }
  Tensor deviation = square_root(variance);
  for (float& v : deviation.mutable_values<float>()) v = std::max(v, 1e-7F);
  if (use.config["invert"].boolean()) return scaled(use, deviation, mean);
  const std::string moved = use.graph.node("Sub", {use.last(), use.own("mean", mean)});
  return {use.graph.node("Div", {moved, use.own("deviation", deviation)}), use.output()};
}

OnnxValue prelu(const LayerUse& use) {
  return {use.graph.node("PRelu", {use.last(), use.own("slope", *use.weight("alpha"))}),
          use.output()};
}

OnnxValue permute(const LayerUse& use) {
  Integers order = use.integers("dims");
  order.insert(order.begin(), 0);
  return {use.graph.node("Transpose", {use.last()}, {{"perm", order}}), use.output()};
}

OnnxValue zero_padding2d(const LayerUse& use) {
  const Config::List& sides = use.config["padding"].list();
  const auto side = [&](std::size_t axis, std::size_t end) {
    return sides[axis].list()[end].integer();
  };
  const Integers pads{0, side(0, 0), side(1, 0), 0, 0, side(0, 1), side(1, 1), 0};
  return {use.graph.node("Pad", {use.last(), use.own("pads", integers(pads))}), use.output()};
}

OnnxValue up_sampling2d(const LayerUse& use) {
  const Integers size = use.integers("size");
  const Tensor scales = Tensor::from(
      std::vector<float>{1, 1, static_cast<float>(size[0]), static_cast<float>(size[1])}, {4});
  const std::string x = use.graph.channels_first(use.input()).name;
  return {use.graph.node("Resize", {x, "", use.own("scales", scales)}), use.output(), true};
}

// Nothing but the declared activation, or nothing in inference.
OnnxValue as_it_is(const LayerUse& use) { return use.input(); }

struct Translation {
  std::string_view class_name;
  OnnxValue (*translate)(const LayerUse& use);
};
constexpr std::array translations = {
    Translation{"Activation", as_it_is},
    Translation{"Add", merge},
    Translation{"Average", merge},
    Translation{"AveragePooling2D", pooling2d},
    Translation{"BatchNormalization", batch_normalization},
    Translation{"Concatenate", concatenate},
    Translation{"Conv2D", conv2d},
    Translation{"Dense", dense},
    Translation{"DepthwiseConv2D", depthwise_conv2d},
    Translation{"Dropout", as_it_is},
    Translation{"ELU", as_it_is},
    Translation{"Flatten", reshape},
    Translation{"GaussianNoise", as_it_is},
    Translation{"GlobalAveragePooling2D", global_pooling2d},
    Translation{"GlobalMaxPooling2D", global_pooling2d},
    Translation{"LayerNormalization", layer_normalization},
    Translation{"LeakyReLU", as_it_is},
    Translation{"MaxPooling2D", pooling2d},
    Translation{"Maximum", merge},
    Translation{"Minimum", merge},
    Translation{"Multiply", merge},
    Translation{"Normalization", normalization},
    Translation{"PReLU", prelu},
    Translation{"Permute", permute},
    Translation{"ReLU", as_it_is},
    Translation{"Rescaling", rescaling},
    Translation{"Reshape", reshape},
    Translation{"Softmax", softmax_layer},
    Translation{"SpatialDropout2D", as_it_is},
    Translation{"Subtract", merge},
    Translation{"UpSampling2D", up_sampling2d},
    Translation{"ZeroPadding2D", zero_padding2d},
};

const Translation* find_translation(std::string_view class_name) {
  const auto found = std::find_if(translations.begin(), translations.end(),
                                  [&](const Translation& t) { return t.class_name == class_name; });
  return found == translations.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> translated_layers() {
  std::vector<std::string> names;
  for (const Translation& translation : translations) {
    names.emplace_back(translation.class_name);
  }
  return names;
}

OnnxValue onnx_layer(OnnxGraph& graph, const GraphNode& node, std::vector<OnnxValue> inputs,
                     const std::vector<NamedTensor>& weights) {
  if (as_input(node.layer) != nullptr) return graph.input(node.name, node.output());
  const Translation* translation = find_translation(node.layer.class_name());
  if (translation == nullptr) {
    throw Unimplemented(node.label(),
                        fmt::format("this layer has no translation to ONNX. Supported: {}.",
                                    joined(translated_layers())));
  }
  LayerUse use{graph, node, node.layer.impl().config(), std::move(inputs), {}};
  for (const int weight : node.weights) {
    use.weights.push_back(weights[static_cast<std::size_t>(weight)]);
  }
  return onnx_activated(graph, translation->translate(use), node.declaration().activation);
}

}  // namespace minnow::detail
