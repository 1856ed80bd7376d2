#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/graph/layer.h"

namespace minnow {

/// y = sum of its inputs: a layer made outside minnow, for graphs with branches.
class Plus : public Layer {
 public:
  explicit Plus(std::string name = "") : Layer(std::make_shared<Impl>(std::move(name))) {}

 private:
  struct Op : LayerOp {
    explicit Op(const Shape& shape) : LayerOp({.output = shape}) {}
    void forward(const ForwardRun& run) const override {
      const std::int64_t n = run.rows * declaration().output.numel();
      for (std::int64_t i = 0; i < n; ++i) {
        run.output[i] = 0;
        for (const float* input : run.inputs) run.output[i] += input[i];
      }
    }
    void backward(const BackwardRun& run) const override {
      const std::int64_t n = run.rows * declaration().output.numel();
      for (float* d : run.d_inputs) {
        for (std::int64_t i = 0; d != nullptr && i < n; ++i) d[i] = run.d_output[i];
      }
    }
  };
  struct Impl : LayerImpl {
    explicit Impl(std::string name) : LayerImpl(std::move(name), true) {}
    std::string_view class_name() const noexcept override { return "Plus"; }
    Config config() const override { return Config(Config::Object{}); }
    std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
      for (std::size_t i = 1; i < context.inputs.size(); ++i) {
        if (context.inputs[i] != context.input()) {
          context.wrong_input(context.input().batch_str(), "", i);
        }
      }
      return std::make_unique<Op>(context.input());
    }
  };
};

}  // namespace minnow
