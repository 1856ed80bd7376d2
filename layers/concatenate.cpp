#include "layers/concatenate.h"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/kernels/layout.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class ConcatenateOp : public LayerOp {
 public:
  /// `outer` pieces a row, of lengths[k] numbers from each input.
  ConcatenateOp(Declaration declaration, std::int64_t outer, std::vector<std::int64_t> lengths)
      : LayerOp(std::move(declaration)), outer_(outer), lengths_(std::move(lengths)) {
    for (const std::int64_t length : lengths_) whole_ += length;
  }

  void forward(const ForwardRun& run) const override {
    if (run.rows == 0) return;  // null has no parts to point to
    float* to = run.output;
    for (std::size_t k = 0; k < lengths_.size(); to += lengths_[k++]) {
      kernels::copy_pieces(run.workers, {run.rows * outer_, lengths_[k], lengths_[k], whole_},
                           run.inputs[k], to);
    }
  }

  // dx = its part of dy
  void backward(const BackwardRun& run) const override {
    if (run.rows == 0) return;
    const float* from = run.d_output;
    for (std::size_t k = 0; k < lengths_.size(); from += lengths_[k++]) {
      if (run.d_inputs[k] == nullptr) continue;
      kernels::copy_pieces(run.workers, {run.rows * outer_, lengths_[k], whole_, lengths_[k]}, from,
                           run.d_inputs[k]);
    }
  }

 private:
  std::int64_t outer_, whole_ = 0;
  std::vector<std::int64_t> lengths_;
};

class ConcatenateImpl : public LayerImpl {
 public:
  explicit ConcatenateImpl(ConcatenateOptions options)
      : LayerImpl(std::move(options.name), options.trainable), axis_(options.axis) {
    if (axis_ == 0) {
      throw InvalidArgument({LayerLabel{"Concatenate", this->name()}.str(), "axis",
                             "an axis other than the batch's", "0", ""});
    }
  }

  std::string_view class_name() const noexcept override { return "Concatenate"; }
  Config config() const override { return Config::object({{"axis", axis_}}); }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    const Shape& first = context.input();
    const int axis = row_axis(context, axis_);
    std::int64_t outer = 1, inner = 1, joined = 0;
    for (int i = 0; i < axis; ++i) outer *= first[i];
    for (int i = axis + 1; i < first.rank(); ++i) inner *= first[i];
    std::vector<std::int64_t> lengths;
    for (std::size_t k = 0; k < context.inputs.size(); ++k) {
      const Shape& input = context.inputs[k];
      bool fits = input.rank() == first.rank();
      for (int i = 0; fits && i < first.rank(); ++i) fits = i == axis || input[i] == first[i];
      if (!fits) {
        context.wrong_input(fmt::format("{} but for axis {}", first.batch_str(), axis + 1), "", k);
      }
      lengths.push_back(input[axis] * inner);
      if (__builtin_add_overflow(joined, input[axis], &joined)) {
        context.wrong_input("sizes whose sum fits in 63 bits", "", k);
      }
    }
    std::vector<std::int64_t> output(first.begin(), first.end());
    output[static_cast<std::size_t>(axis)] = joined;
    return std::make_unique<ConcatenateOp>(
        Declaration{.output = checked_shape(context, "output", output)}, outer, std::move(lengths));
  }

 private:
  std::int64_t axis_;
};

}  // namespace

Concatenate::Concatenate(ConcatenateOptions options)
    : Layer(std::make_shared<ConcatenateImpl>(std::move(options))) {}

Layer Concatenate::from_config(const Config& config) {
  LayerReader reader(config, "Concatenate");
  const ConcatenateOptions options{
      .axis = reader.integer("axis", -1), .name = reader.name(), .trainable = reader.trainable()};
  reader.finish();
  return Concatenate(options);
}

}  // namespace minnow
