// Batches that are cut into slices: what is computed must not show it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/graph/engine.h"
#include "minnow.h"

namespace minnow {
namespace {

constexpr std::int64_t all_rows = 100;

// 40 rows or so go through it at a time.
Sequential sliced_network(const std::vector<Layer>& more = {}, int threads = 1) {
  std::vector<Layer> layers{Input({28, 28, 1}), Conv2D(32, 3, {.activation = "relu"})};
  layers.insert(layers.end(), more.begin(), more.end());
  layers.push_back(Flatten());
  layers.push_back(Dense(10, {.activation = "softmax"}));
  return Sequential(layers, {.seed = 5, .threads = threads});
}

CompileOptions slowly(float rate = 0.5F) {
  return {.optimizer = SGD({.learning_rate = rate}),
          .loss = "sparse_categorical_crossentropy",
          .metrics = {"accuracy"},
          .weighted_metrics = {"sparse_top_k_categorical_accuracy"}};
}

struct SlicedRows {
  Tensor x, y, weights;
  SlicedRows() {
    Rng rng(3);
    x = uniform({all_rows, 28, 28, 1}, rng);
    y = randint(0, 10, {all_rows}, rng);
    weights = uniform({all_rows}, rng);
  }
};

double largest_difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto u = a[i].values<float>(), v = b[i].values<float>();
    for (std::size_t j = 0; j < u.size(); ++j) {
      largest = std::max(largest, std::fabs(double{u[j]} - double{v[j]}));
    }
  }
  return largest;
}

// One step of the whole batch moves weights by the mean of what its parts move them by.
TEST(Slices, AStepIsTheMeanOfItsParts) {
  const SlicedRows d;
  Sequential whole = sliced_network();
  EXPECT_LT(whole.memory_plan(all_rows).arena, sliced_network().memory_plan(50).arena + 1);
  whole.compile(slowly());
  const std::vector<Tensor> start = whole.get_weights();
  const Logs logs = whole.train_on_batch(d.x, d.y, {.sample_weight = d.weights});

  std::vector<std::vector<double>> expected;
  for (const Tensor& w : start) {
    expected.emplace_back(w.values<float>().begin(), w.values<float>().end());
  }
  double loss = 0;
  constexpr std::int64_t part = 20;  // fits in a slice
  for (std::int64_t row = 0; row < all_rows; row += part) {
    Sequential some = sliced_network();
    some.compile(slowly());
    const Logs some_logs =
        some.train_on_batch(d.x.slice_rows(row, row + part), d.y.slice_rows(row, row + part),
                            {.sample_weight = d.weights.slice_rows(row, row + part)});
    loss += some_logs["loss"] * part / all_rows;
    const auto weights = some.get_weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto now = weights[i].values<float>(), before = start[i].values<float>();
      for (std::size_t j = 0; j < now.size(); ++j) {
        expected[i][j] += (double{now[j]} - double{before[j]}) * part / all_rows;
      }
    }
  }
  EXPECT_NEAR(logs["loss"], loss, 1e-6 * loss);
  const auto weights = whole.get_weights();
  double moved = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    for (std::size_t j = 0; j < expected[i].size(); ++j) {
      const double w = double{weights[i].values<float>()[j]};
      ASSERT_NEAR(w, expected[i][j], 2e-6) << i << ", " << j;
      moved = std::max(moved, std::fabs(w - double{start[i].values<float>()[j]}));
    }
  }
  EXPECT_GT(moved, 1e-3);
}

TEST(Slices, MeasuresAreThoseOfTheWholeBatch) {
  const SlicedRows d;
  Sequential model = sliced_network();
  model.compile(slowly());
  const Logs at_once =
      model.evaluate(d.x, d.y, {.batch_size = all_rows, .sample_weight = d.weights});
  const Logs in_parts = model.evaluate(d.x, d.y, {.batch_size = 10, .sample_weight = d.weights});
  ASSERT_EQ(at_once.size(), in_parts.size());
  for (const auto& [name, value] : at_once) {
    EXPECT_NEAR(value, in_parts[name], 1e-6 * (1 + std::fabs(value))) << name;
  }
  const Logs step = model.train_on_batch(d.x, d.y, {.sample_weight = d.weights});
  for (const auto& [name, value] : step) {
    EXPECT_NEAR(value, at_once[name], 1e-6 * (1 + std::fabs(value))) << name;
  }
}

TEST(Slices, PredictionsAreInTheirRows) {
  const SlicedRows d;
  Sequential model = sliced_network();
  const Tensor all = model.predict(d.x, {.batch_size = all_rows});
  for (const std::int64_t row : {0, 33, 34, 66, 67, 99}) {
    const Tensor one = model.predict(d.x.slice_rows(row, row + 1));
    EXPECT_LT(largest_difference({one}, {all.slice_rows(row, row + 1)}), 1e-6) << row;
  }
}

TEST(Slices, HaveTheSameBitsForAnyNumberOfThreads) {
  const SlicedRows d;
  std::vector<Tensor> alone;
  for (const int threads : {1, 2, 3, 7}) {
    Sequential model = sliced_network({Dropout(0.4F), Conv2D(16, 3)}, threads);
    model.compile(slowly(0.01F));
    model.fit(d.x, d.y, {.epochs = 2, .batch_size = 90});
    if (threads == 1) alone = model.get_weights();
    EXPECT_EQ(largest_difference(alone, model.get_weights()), 0) << threads;
  }
}

TEST(Slices, DropOtherNumbersInEachOne) {
  const std::vector<Layer> layers{Input({64}), Dropout(0.5F)};
  const Chain symbols = chain(layers);
  const Graph graph(symbols.inputs, symbols.outputs);
  ParameterStore none(graph.parameters(), 1);
  Engine engine(graph, {.training = true}, 4, 1);
  Buffer arena(engine.plan().arena_bytes(), "activations");
  engine.bind(arena.data(), none);
  const Workers workers(1);
  const auto kept = [&](std::uint64_t step, std::uint64_t slice) {
    std::fill_n(engine.input(0), 4 * 64, 1.0F);
    engine.forward({.workers = workers, .rows = 4, .step = step, .slice = slice});
    return std::vector<float>(engine.output(0), engine.output(0) + 4 * 64);
  };
  EXPECT_EQ(kept(7, 2), kept(7, 2));
  EXPECT_NE(kept(7, 2), kept(7, 0));
  EXPECT_NE(kept(7, 2), kept(7, 1));
  EXPECT_NE(kept(7, 2), kept(8, 2));
}

TEST(Slices, AStepThatDivergesInItsLastSliceChangesNothing) {
  SlicedRows d;
  Sequential model = sliced_network();
  model.compile(slowly());
  const std::vector<Tensor> before = model.get_weights();
  d.x.mutable_values<float>()[static_cast<std::size_t>(99 * 28 * 28 + 400)] = 3e38F;
  std::vector<Tensor> large = before;
  large[0] = full(large[0].shape(), 100);
  model.set_weights(large);
  try {
    model.fit(d.x, d.y, {.batch_size = all_rows, .shuffle = false});
    FAIL() << "expected Diverged";
  } catch (const Diverged& e) {
    EXPECT_NE(std::string(e.what()).find("first in the output of Conv2D 'conv2d'"),
              std::string::npos)
        << e.what();
  }
  EXPECT_EQ(largest_difference(large, model.get_weights()), 0);
  EXPECT_EQ(model.step(), 0);
}

}  // namespace
}  // namespace minnow
