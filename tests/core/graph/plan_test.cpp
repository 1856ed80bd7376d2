#include "core/graph/plan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "core/graph/symbol.h"
#include "layers/activation.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/max_pooling2d.h"
#include "layers/relu.h"

namespace minnow {
namespace {

Graph graph_of(const std::vector<Layer>& layers) {
  const Chain symbols = chain(layers);
  return Graph(symbols.inputs, symbols.outputs);
}

TEST(Plan, FoldsAnActivationLayerIntoTheLayerBefore) {
  const Graph graph = graph_of({Input({4}), Dense(3), ReLU()});
  const Plan plan(graph, {.training = true}, 2);
  EXPECT_EQ(plan.nodes()[1].activation.kind, ActivationKind::relu);
  EXPECT_TRUE(plan.nodes()[1].epilogue);
  EXPECT_FALSE(plan.nodes()[2].runs);
  EXPECT_EQ(plan.nodes()[2].activation.kind, ActivationKind::linear);
  EXPECT_EQ(plan.nodes()[1].value, plan.nodes()[2].value);
  EXPECT_EQ(plan.nodes()[1].delta, plan.nodes()[2].delta);
}

TEST(Plan, KeepsTheInputOfAnActivationThatNeedsIt) {
  const Graph graph = graph_of({Input({4}), Dense(3, {.activation = "gelu"})});
  const Plan training(graph, {.training = true}, 2), inference(graph, {}, 2);
  EXPECT_NE(training.nodes()[1].before, training.nodes()[1].value);
  EXPECT_EQ(inference.nodes()[1].before, inference.nodes()[1].value);
}

TEST(Plan, TheLossTakesTheLastActivationOver) {
  const Graph graph = graph_of({Input({4}), Dense(3), Activation("softmax")});
  const PlanOptions options{
      .training = true, .merged = {ActivationKind::softmax}, .targets = {{0, 4}}};
  const Plan plan(graph, options, 2);
  EXPECT_TRUE(plan.nodes()[1].merged);
  const Plan other(graph,
                   {.training = true, .merged = {ActivationKind::sigmoid}, .targets = {{0, 4}}}, 2);
  EXPECT_FALSE(other.nodes()[1].merged);
}

TEST(Plan, TheFirstLayerGetsNoInputGradient) {
  const Graph graph = graph_of({Input({4}), Dense(3), Dense(2)});
  const Plan plan(graph, {.training = true}, 2);
  EXPECT_EQ(plan.nodes()[1].routes, std::vector{Route::none});
  EXPECT_EQ(plan.nodes()[2].routes, std::vector{Route::write});
}

TEST(Plan, NothingFlowsBackThroughFrozenLayers) {
  const Graph graph = graph_of({Input({4}), Dense(3, {.trainable = false}), Dense(2)});
  const Plan plan(graph, {.training = true}, 2);
  EXPECT_FALSE(plan.nodes()[1].backward);
  EXPECT_EQ(plan.nodes()[1].delta, -1);
  EXPECT_EQ(plan.nodes()[2].routes, std::vector{Route::none});
}

TEST(Plan, ALayerAppliesTheDerivativeOfTheActivationBehindIt) {
  const PlanOptions training{.training = true};
  const auto plan_of = [&](const std::vector<Layer>& layers) {
    return Plan(graph_of(layers), training, 2);
  };
  const Conv2D relu(4, 3, {.activation = "relu"}), tanh(4, 3, {.activation = "tanh"});
  const Plan dense = plan_of({Input({6, 6, 1}), tanh, Flatten(), Dense(3)});
  EXPECT_EQ(dense.nodes()[3].derived, 1);
  EXPECT_TRUE(dense.nodes()[1].is_derived);
  const Plan folded = plan_of({Input({6}), Dense(5), ReLU(), Dense(3)});
  EXPECT_EQ(folded.nodes()[3].derived, 1);
  const Plan behind = plan_of(
      {Input({6}), Dropout(0.5F), Dense(5), BatchNormalization(), Activation("tanh"), Dense(3)});
  EXPECT_EQ(behind.nodes()[5].derived, 3);  // an epilogue of the normalization
  const Plan pool = plan_of({Input({6, 6, 1}), relu, MaxPooling2D(), Flatten(), Dense(3)});
  EXPECT_EQ(pool.nodes()[2].derived, 1);
  EXPECT_EQ(pool.nodes()[4].derived, -1);
}

TEST(Plan, ADerivativeStaysWhereTheNextLayerCannotApplyIt) {
  const PlanOptions training{.training = true};
  const auto joins = [&](const Graph& graph) {
    const Plan plan(graph, training, 2);
    return std::any_of(plan.nodes().begin(), plan.nodes().end(),
                       [](const NodePlan& n) { return n.derived >= 0 || n.is_derived; });
  };
  const Conv2D relu(4, 3, {.activation = "relu"}), tanh(4, 3, {.activation = "tanh"});
  EXPECT_FALSE(joins(graph_of({Input({6, 6, 1}), tanh, MaxPooling2D()})));
  EXPECT_FALSE(joins(graph_of({Input({6, 6, 1}), relu, MaxPooling2D(3, {.strides = 1})})));
  EXPECT_FALSE(joins(graph_of({Input({6, 6, 1}), relu, MaxPooling2D(), Activation("tanh")})));
  EXPECT_FALSE(joins(graph_of({Input({6, 6, 1}), relu, tanh})));
  EXPECT_FALSE(joins(graph_of({Input({6}), Dense(5), Dense(3)})));
  EXPECT_FALSE(joins(graph_of({Input({6}), Dense(5, {.activation = "softmax"}), Dense(3)})));
  EXPECT_FALSE(
      joins(graph_of({Input({6}), Dense(5, {.activation = "relu"}), Dropout(0.5F), Dense(3)})));
  const std::vector<Symbol> x = {Input({6})};
  const Symbol hidden = Dense(5, {.activation = "relu"})(x[0]);
  EXPECT_FALSE(joins(Graph(x, std::vector{Dense(3)(hidden), hidden})));            // an output
  EXPECT_FALSE(joins(Graph(x, std::vector{Dense(3)(hidden), Dense(2)(hidden)})));  // read twice
  const Plan frozen(
      graph_of({Input({6}), Dense(5, {.activation = "relu", .trainable = false}), Dense(3)}),
      training, 2);
  EXPECT_EQ(frozen.nodes()[2].derived, -1);
}

TEST(Plan, ConvolutionsWriteInBandsForThinLayers) {
  const auto in_bands = [](const std::vector<Layer>& layers) {
    return Plan(graph_of(layers), {.training = true}, 2).nodes()[1].in_bands;
  };
  EXPECT_TRUE(in_bands({Input({9, 9, 1}), Conv2D(4, 3), Flatten(), Dense(3)}));
  EXPECT_FALSE(in_bands({Input({9, 9, 1}), Conv2D(4, 3), Flatten(), Dense(30)}));
  EXPECT_FALSE(in_bands({Input({9, 9, 1}), Conv2D(4, 3), Dropout(0.5F), Flatten(), Dense(3)}));
}

TEST(Plan, DropoutIsAViewInInference) {
  const Graph graph = graph_of({Input({4}), Dropout(0.5F), Dense(2)});
  EXPECT_TRUE(Plan(graph, {.training = true}, 2).nodes()[1].runs);
  EXPECT_FALSE(Plan(graph, {}, 2).nodes()[1].runs);
}

TEST(Plan, InferenceReusesMemory) {
  const Graph graph = graph_of({Input({256}), Dense(256), Dense(256), Dense(256), Dense(256)});
  const std::int64_t one = 256 * 4 * 8;
  EXPECT_EQ(Plan(graph, {}, 8).arena_bytes(), 2 * one);
  EXPECT_GT(Plan(graph, {.training = true}, 8).arena_bytes(), 5 * one);
}

TEST(Plan, RowsGoThroughAFewAtATimeWhereActivationsAreMost) {
  const PlanOptions training{.training = true};
  const auto at_a_time = [&](const std::vector<Layer>& layers) {
    return rows_at_a_time(graph_of(layers), training);
  };
  // 28 x 28 + 3 x 26 x 26 x 32 floats or so in a row: 4 MiB hold about 20.
  const std::int64_t images = at_a_time({Input({28, 28, 1}), Conv2D(32, 3), Flatten(), Dense(10)});
  EXPECT_GE(images, 16);
  EXPECT_LE(images, 24);
  EXPECT_EQ(images % 8, 0);
  EXPECT_EQ(at_a_time({Input({1024, 1024, 3}), Conv2D(32, 3)}), 16);
  // Each pass reads 4 MB of weights: batches should be large.
  EXPECT_GE(at_a_time({Input({1000}), Dense(1000), Dense(10)}), 1000);
  EXPECT_GT(at_a_time({Input({28, 28, 1}), Conv2D(32, 3), BatchNormalization()}), 1LL << 60);
  EXPECT_LE(rows_at_a_time(graph_of({Input({28, 28, 1}), Conv2D(32, 3), BatchNormalization()}), {}),
            1000);
}

RC_GTEST_PROP(PlaceBuffers, NoTwoThatLiveTogetherOverlap, ()) {
  std::vector<PlannedBuffer> buffers;
  for (int i = *rc::gen::inRange(0, 30); i > 0; --i) {
    const int first = *rc::gen::inRange(0, 20);
    buffers.push_back(
        {{*rc::gen::inRange<std::int64_t>(0, 1000), *rc::gen::inRange<std::int64_t>(0, 50)},
         first,
         first + *rc::gen::inRange(0, 10)});
  }
  const std::int64_t rows = *rc::gen::inRange<std::int64_t>(1, 40);
  const std::int64_t total = place_buffers(buffers, rows);
  const auto end = [&](const PlannedBuffer& b) {
    return b.offset + b.size.fixed + b.size.per_row * rows;
  };
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    RC_ASSERT(buffers[i].offset >= 0 && buffers[i].offset % 64 == 0 && end(buffers[i]) <= total);
    for (std::size_t j = 0; j < i; ++j) {
      const auto &a = buffers[i], &b = buffers[j];
      const bool together = a.first <= b.last && b.first <= a.last;
      RC_ASSERT(!together || end(a) <= b.offset || end(b) <= a.offset || end(a) == a.offset ||
                end(b) == b.offset);
    }
  }
}

}  // namespace
}  // namespace minnow
