#include "core/graph/updater.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/elementwise.h"
#include "core/kernels/updates.h"

namespace minnow {
namespace {

constexpr double ns_per_number = 0.3;

void scale(const Workers& workers, float* gradient, std::int64_t n, float times, float over) {
  workers.for_range(n, ns_per_number, [&](std::int64_t begin, std::int64_t end) {
    kernels::scale_gradient(end - begin, times, over, gradient + begin);
  });
}

}  // namespace

Updater::Updater(const Graph& graph) : graph_(&graph) {
  std::vector<bool> seen(graph.parameters().size(), false);
  for (int node = 0; node < static_cast<int>(graph.nodes().size()); ++node) {
    for (const int w : graph.node(node).weights) {
      const Parameter& parameter = graph.parameters()[static_cast<std::size_t>(w)];
      if (!parameter.trainable || seen[static_cast<std::size_t>(w)]) continue;
      seen[static_cast<std::size_t>(w)] = true;
      const Regularizer& r = parameter.spec.regularizer;
      trained_.push_back({.parameter = w,
                          .node = node,
                          .n = parameter.spec.shape.numel(),
                          .penalty = {.l1 = r.l1_factor(), .l2 = r.l2_factor()}});
      if (r) penalized_.push_back(trained_.back());
      if (parameter.spec.constraint) constrained_.push_back(w);
    }
  }
}

double Updater::penalty(const Workers& workers, const ParameterStore& parameters) const {
  double sum = 0;
  for (const Trained& p : penalized_) {
    sum += kernels::penalty(workers, p.n, p.penalty, parameters.weight(p.parameter));
  }
  return sum;
}

std::optional<NonFinite> Updater::add_penalty_gradients(const Workers& workers,
                                                        ParameterStore& parameters) const {
  for (const Trained& p : penalized_) {
    float* gradient = parameters.gradient(p.parameter);
    kernels::add_penalty_gradient(workers, p.n, p.penalty, parameters.weight(p.parameter),
                                  gradient);
    if (!kernels::all_finite(workers, p.n, gradient)) return NonFinite{p.node, p.parameter};
  }
  return std::nullopt;
}

// Zero clips nothing, as in Keras.
void Updater::clip(const Workers& workers, ParameterStore& parameters,
                   const BeforeUpdate& before) const {
  if (const float most = before.clipnorm.value_or(0); most > 0) {
    for (const Trained& t : trained_) {
      float* gradient = parameters.gradient(t.parameter);
      const double square = kernels::sum_of_squares(workers, t.n, gradient);
      scale(workers, gradient, t.n, most, std::max(static_cast<float>(std::sqrt(square)), most));
    }
  } else if (const float all = before.global_clipnorm.value_or(0); all > 0) {
    double square = 0;
    for (const Trained& t : trained_) {
      square += kernels::sum_of_squares(workers, t.n, parameters.gradient(t.parameter));
    }
    const float factor = all * std::min(1 / static_cast<float>(std::sqrt(square)), 1 / all);
    for (const Trained& t : trained_) {
      scale(workers, parameters.gradient(t.parameter), t.n, factor, 1);
    }
  } else if (const float size = before.clipvalue.value_or(0); size > 0) {
    float* gradients = parameters.gradients_block();
    workers.for_range(parameters.trainable_extent(), ns_per_number,
                      [&](std::int64_t begin, std::int64_t end) {
                        kernels::clip_gradient(end - begin, size, gradients + begin);
                      });
  }
}

void Updater::update(const Workers& workers, ParameterStore& parameters,
                     const OptimizerImpl& optimizer, std::int64_t step, float learning_rate) const {
  const BeforeUpdate& before = optimizer.before_update();
  const float decay = before.weight_decay.value_or(0);
  const StepNumbers numbers = optimizer.begin_step(step, learning_rate);
  clip(workers, parameters, before);
  workers.for_range(parameters.trainable_extent(), 2.0, [&](std::int64_t begin, std::int64_t end) {
    WeightRange range{.n = end - begin,
                      .gradient = parameters.gradients_block() + begin,
                      .weight = parameters.weights_block() + begin};
    for (std::size_t s = 0; s < parameters.slots(); ++s) {
      range.slots[s] = parameters.slots_block(s) + begin;
    }
    if (decay != 0) kernels::decay_update(range.n, decay, learning_rate, range.weight);
    optimizer.update(numbers, range);
  });
  for (const int w : constrained_) {
    constrain(workers, graph_->parameters()[static_cast<std::size_t>(w)].spec,
              parameters.weight(w));
  }
}

std::vector<float> first_slot_values(const OptimizerImpl& optimizer) {
  std::vector<float> values;
  for (std::size_t slot = 0; slot < optimizer.slots().size(); ++slot) {
    values.push_back(optimizer.first_value(slot));
  }
  return values;
}

}  // namespace minnow
