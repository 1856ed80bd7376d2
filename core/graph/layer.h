#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../config.h"
#include "../parallel.h"
#include "../shape.h"
#include "constraint.h"
#include "initializer.h"
#include "regularizer.h"
#include "run.h"

namespace minnow {

/// A tensor of trainable or other numbers that a layer asks for.
struct WeightSpec {
  std::string name;  ///< "kernel", "bias"
  Shape shape;
  Initializer initializer;
  bool trainable = true;
  /// Of a matrix: it lies in memory as its transpose, which users never see.
  bool stored_transposed = false;
  Regularizer regularizer = {};  ///< its penalty counts while the weight is trained
  Constraint constraint = {};    ///< on the shape above, after every update
  /// First values that are known, in the order of the shape; empty: the initializer's.
  std::vector<float> values = {};
};

/// Bytes of a buffer: so many whatever the batch, and so many for each row of it.
struct BufferSize {
  std::int64_t fixed = 0;
  std::int64_t per_row = 0;
};

/// What a layer declares once it knows its input shapes. The plan is made from this alone.
struct Declaration {
  Shape output;  ///< of one row, without the batch axis
  std::vector<WeightSpec> weights = {};
  /// Applied to the output by the engine, which also takes its derivative: backward always gets
  /// the gradient before the activation.
  ActivationFn activation = {};
  bool takes_epilogue = false;  ///< forward applies ForwardRun::epilogue on the way out
  bool view = false;            ///< the output is the input under another shape: nothing ever runs
  bool identity_in_inference = false;  ///< outside training it is as a view
  bool keeps_inputs = false;           ///< backward reads the inputs again
  bool keeps_output = false;           ///< backward reads the output again
  /// Backward multiplies the one input's gradient by the derivative of the activation behind it.
  bool takes_derivative = false;
  /// The same for relu, whose derivative it finds in its own output: that is positive where the
  /// input is to which a gradient goes. Of finite gradients it makes finite ones.
  bool passes_relu = false;
  bool shares_features = false;  ///< threads share the input's numbers, not the rows
  bool couples_rows = false;     ///< a row's output depends on the other rows of the batch
  BufferSize saved = {};         ///< written by forward, read by the backward of the same step
  BufferSize scratch = {};       ///< free to use within one call
};

/// Where a layer is being built: its name, its inputs, and the errors that name both neighbours.
struct BuildContext {
  std::string layer;                    ///< "Conv2D 'conv2d'"
  std::vector<Shape> inputs;            ///< of one row each
  std::vector<std::string> input_from;  ///< "Input 'input_layer'", one for each input
  bool trainable = true;                ///< the layer, and every Submodel around any of its uses

  const Shape& input() const { return inputs.front(); }
  /// Throws InvalidArgument unless there is one input.
  void require_one_input() const;
  /// Throws InvalidArgument unless there is one input, of this rank (without the batch axis).
  void require_one_input(int rank) const;
  /// Throws InvalidArgument: the input from that neighbour is not what the layer expected.
  [[noreturn]] void wrong_input(std::string expected, std::string hint = "",
                                std::size_t index = 0) const;
};

/// One use of a layer, its shapes known: what runs. Immutable; every number it works on is in the
/// run it is handed. It allocates nothing.
class LayerOp {
 public:
  explicit LayerOp(Declaration declaration) : declaration_(std::move(declaration)) {}
  virtual ~LayerOp() = default;
  LayerOp(const LayerOp&) = delete;
  LayerOp& operator=(const LayerOp&) = delete;

  const Declaration& declaration() const noexcept { return declaration_; }

  virtual void forward(const ForwardRun& run) const;
  virtual void backward(const BackwardRun& run) const;
  /// After a step that stood: the time to move weights that no gradient reaches (moving averages).
  virtual void finish_step(const FinishRun& run) const;

 private:
  Declaration declaration_;
};

/// What a layer is before it is built: its class and settings. Adding a layer is writing one of
/// these, its LayerOp, and the small class that users see; CONTRIBUTING.md walks through one.
///
/// The life of a layer in a training run:
///
///     op = impl.build(context)            shapes checked; output, weights, needs declared
///     -- the plan is made, memory is laid out, weights get their first values --
///     for every step:
///       op.forward(run)                   in order of the graph
///       -- the loss leaves its delta --
///       op.backward(run)                  in reverse: weight gradients, then input gradients,
///                                         each only where asked for
///       -- the optimizer updates --
///       op.finish_step(run)
class LayerImpl {
 public:
  LayerImpl(std::string name, bool trainable) : name_(std::move(name)), trainable_(trainable) {}
  virtual ~LayerImpl() = default;
  LayerImpl(const LayerImpl&) = delete;
  LayerImpl& operator=(const LayerImpl&) = delete;

  /// Keras's class name: "Conv2D".
  virtual std::string_view class_name() const noexcept = 0;
  /// The settings as Keras's get_config writes them, without name, trainable and dtype.
  virtual Config config() const = 0;
  /// Checks the input shapes and declares. Throws InvalidArgument.
  virtual std::unique_ptr<LayerOp> build(const BuildContext& context) const = 0;

  /// The name the user gave, or empty: then the model gives one.
  const std::string& name() const noexcept { return name_; }
  bool trainable() const noexcept { return trainable_; }

 private:
  std::string name_;
  bool trainable_;
};

class Symbol;

/// A layer as users hold it: a copyable description with an identity. Copies are the same layer;
/// used twice in a model, it shares its weights. The weights belong to the model.
class Layer {
 public:
  explicit Layer(std::shared_ptr<const LayerImpl> impl) : impl_(std::move(impl)) {}

  std::string_view class_name() const noexcept { return impl_->class_name(); }
  const std::string& name() const noexcept { return impl_->name(); }
  const LayerImpl& impl() const noexcept { return *impl_; }

  /// This layer applied to one or several symbols, as in Keras: `Dense(10)(x)`.
  Symbol operator()(const Symbol& input) const;
  Symbol operator()(std::vector<Symbol> inputs) const;

  friend bool operator==(const Layer& a, const Layer& b) noexcept { return a.impl_ == b.impl_; }

 private:
  std::shared_ptr<const LayerImpl> impl_;
};

}  // namespace minnow
