#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "layer.h"

namespace minnow {

/// The result of a layer in a graph that is being written down: Keras's symbolic tensor. It has no
/// numbers; shapes are worked out and checked when the Model is made.
class Symbol {
 public:
  Symbol(Layer layer, std::vector<Symbol> inputs);

  const Layer& layer() const noexcept;
  std::span<const Symbol> inputs() const noexcept;

  /// Another output of the same call. Only a Submodel has more than one.
  Symbol output(std::size_t index) const;
  std::size_t index() const noexcept { return index_; }

  /// The same output of the same use of the same layer.
  friend bool operator==(const Symbol& a, const Symbol& b) noexcept {
    return a.node_ == b.node_ && a.index_ == b.index_;
  }
  /// The same for all outputs of one call.
  const void* id() const noexcept { return node_.get(); }

 private:
  struct Node;
  std::shared_ptr<const Node> node_;
  std::size_t index_ = 0;
};

/// Every value of the data lies in [low, high].
struct Range {
  float low = 0;
  float high = 1;
};

/// The data are standardised: mean near 0 and standard deviation near 1.
struct Standardized {
  enum class Over { all, feature, sample };
  Over over = Over::all;        ///< one mean for all values, for each feature, or for each sample
  float mean_tolerance = 0.5F;  ///< |mean| at most this
  float min_stddev = 0.5F;
  float max_stddev = 2.0F;
};

/// What an Input declares of its data; nothing by default.
using Expectation = std::variant<std::monostate, Range, Standardized>;

struct InputOptions {
  Expectation expects = std::monostate{};
  std::string name = "";
};

/// Where data come in: their shape, without the batch axis, and what they are expected to be.
/// float32. A layer in a Sequential, a symbol in a functional graph.
class Input : public Layer {
 public:
  /// Throws InvalidArgument where an expectation cannot be met (low > high, a tolerance < 0).
  explicit Input(const Shape& shape, InputOptions options = {});

  operator Symbol() const { return symbol_; }  // NOLINT(google-explicit-constructor)

  /// From Keras's InputLayer config. Throws Unimplemented for a dtype other than float32.
  static Layer from_config(const Config& config);

 private:
  Symbol symbol_;
};

/// The implementation behind Input, which the graph asks for shape and expectation.
class InputImpl : public LayerImpl {
 public:
  InputImpl(const Shape& shape, InputOptions options);

  const Shape& shape() const noexcept { return shape_; }
  const Expectation& expects() const noexcept { return expects_; }

  std::string_view class_name() const noexcept override { return "InputLayer"; }
  Config config() const override;
  std::unique_ptr<LayerOp> build(const BuildContext& context) const override;

 private:
  Shape shape_;
  Expectation expects_;
};

/// The Input behind a layer, or null where it is another kind of layer.
const InputImpl* as_input(const Layer& layer) noexcept;

}  // namespace minnow
