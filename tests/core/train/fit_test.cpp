// What fit does when all is well.
#include "core/train/model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "core/ops.h"
#include "core/random.h"
#include "core/train/progress_bar.h"
#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/max_pooling2d.h"
#include "layers/relu.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

bool same_weights(const Model& a, const Model& b) {
  const auto x = a.get_weights(), y = b.get_weights();
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), same_bits);
}

Sequential convnet(int threads = 1, std::uint64_t seed = 7) {
  Sequential model({Input({12, 12, 3}), Conv2D(8, {3, 3}, {.activation = "relu"}), MaxPooling2D(),
                    Conv2D(5, {3, 3}, {.padding = "same"}), ReLU(), Flatten(), Dropout(0.25F),
                    Dense(4, {.activation = "softmax"})},
                   {.seed = seed, .threads = threads});
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

struct Data {
  Rng rng{5};
  Tensor x = uniform({53, 12, 12, 3}, rng);
  Tensor y = randint(0, 4, {53}, rng);
};

TEST(Fit, LearnsWhatIsThereToLearn) {
  Rng rng(1);
  const Tensor x = normal({200, 2}, rng);
  Tensor y({200});
  for (std::int64_t i = 0; i < 200; ++i) {
    y.mutable_values<float>()[static_cast<std::size_t>(i)] =
        x.at<float>({i, 0}) > x.at<float>({i, 1}) ? 1.F : 0.F;
  }
  Sequential model(
      {Input({2}), Dense(8, {.activation = "tanh"}), Dense(1, {.activation = "sigmoid"})});
  model.compile({.optimizer = Adam({.learning_rate = 0.05F}),
                 .loss = "binary_crossentropy",
                 .metrics = {"accuracy"}});
  const History history = model.fit(x, y, {.epochs = 30});
  EXPECT_GT(history["accuracy"].back(), 0.97);
  EXPECT_LT(history["loss"].back(), 0.1);
  EXPECT_EQ(history.epoch.size(), 30U);
  EXPECT_EQ(history.epoch.front(), 0);
}

TEST(Fit, SameBitsForAnyNumberOfThreads) {
  const Data data;
  Sequential one = convnet(1);
  const History expected = one.fit(data.x, data.y, {.epochs = 2, .batch_size = 16});
  for (int threads : {2, 3, 4, 7}) {
    Sequential many = convnet(threads);
    EXPECT_EQ(many.fit(data.x, data.y, {.epochs = 2, .batch_size = 16}), expected) << threads;
    EXPECT_TRUE(same_weights(one, many)) << threads;
  }
}

TEST(Fit, ASeedFixesEverything) {
  const Data data;
  Sequential a = convnet(), b = convnet(), other = convnet(1, 8);
  EXPECT_TRUE(same_weights(a, b));
  EXPECT_FALSE(same_weights(a, other));
  a.fit(data.x, data.y, {.seed = 3});
  b.fit(data.x, data.y, {.seed = 3});
  EXPECT_TRUE(same_weights(a, b));
  a.fit(data.x, data.y, {.seed = 3});
  b.fit(data.x, data.y, {.seed = 4});
  EXPECT_FALSE(same_weights(a, b));
}

TEST(Fit, ShuffleTakesEveryRowOnceAndAnewForEachEpoch) {
  // With momentum-free SGD on a linear model without bias, the sum of one epoch's inputs seen is
  // read off a weight whose gradient is the input itself: here the loss of each batch of one row.
  struct Losses : Callback {
    std::vector<std::vector<double>> epochs;
    double total = 0;
    void on_epoch_begin(FitContext&, std::int64_t) override { epochs.emplace_back(), total = 0; }
    void on_batch_end(FitContext&, std::int64_t batch, const Logs& logs) override {
      const double sum = logs["loss"] * static_cast<double>(batch + 1);
      epochs.back().push_back(std::round(sum - total));
      total = sum;
    }
  } seen;
  Sequential model({Input({1}), Dense(1, {.use_bias = false, .kernel_initializer = "zeros"})});
  model.compile({.optimizer = SGD({.learning_rate = 1e-30F}), .loss = "mse"});
  Tensor y({7, 1});
  for (std::int64_t i = 0; i < 7; ++i) {
    y.mutable_values<float>()[static_cast<std::size_t>(i)] = std::sqrt(static_cast<float>(i));
  }
  model.fit(ones({7, 1}), y, {.epochs = 3, .batch_size = 1, .callbacks = {&seen}});
  ASSERT_EQ(seen.epochs.size(), 3U);
  EXPECT_NE(seen.epochs[0], seen.epochs[1]);
  EXPECT_NE(seen.epochs[1], seen.epochs[2]);
  for (auto& epoch : seen.epochs) {
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, (std::vector<double>{0, 1, 2, 3, 4, 5, 6}));
  }
}

// A callback that stops fit at a given step, as an interrupt does.
struct StopAt : Callback {
  std::int64_t epoch = 0, batch = 0, now = 0;
  StopAt(std::int64_t e, std::int64_t b) : epoch(e), batch(b) {}
  void on_epoch_begin(FitContext&, std::int64_t e) override { now = e; }
  void on_batch_end(FitContext& context, std::int64_t b, const Logs&) override {
    if (now == epoch && b == batch) context.stop();
  }
};

TEST(Fit, ResumesToTheBit) {
  const Data data;
  const FitOptions options{.epochs = 3, .batch_size = 8, .validation_split = 0.2};
  Sequential whole = convnet();
  const History expected = whole.fit(data.x, data.y, options);
  for (const auto& [epoch, batch] : {std::pair{0, 0}, {0, 5}, {1, 3}, {2, 4}}) {
    Sequential parts = convnet();
    StopAt stop(epoch, batch);
    FitOptions first = options;
    first.callbacks = {&stop};
    parts.fit(data.x, data.y, first);
    FitOptions rest = options;
    rest.resume = true;
    EXPECT_EQ(parts.fit(data.x, data.y, rest), expected) << epoch << ", " << batch;
    EXPECT_TRUE(same_weights(whole, parts)) << epoch << ", " << batch;
  }
}

TEST(Fit, ValidationIsTheLastRowsBeforeAnyShuffle) {
  const Data data;
  Sequential split = convnet(), given = convnet();
  const History a = split.fit(data.x, data.y, {.validation_split = 0.3});
  const std::int64_t cut = 37;  // floor(53 * 0.7)
  const History b = given.fit(
      data.x.slice_rows(0, cut), data.y.slice_rows(0, cut),
      {.validation_data = Validation{data.x.slice_rows(cut, 53), data.y.slice_rows(cut, 53)}});
  EXPECT_EQ(a, b);
  EXPECT_TRUE(same_weights(split, given));
  EXPECT_TRUE(a.contains("val_loss"));
  const Logs logs = given.evaluate(data.x.slice_rows(cut, 53), data.y.slice_rows(cut, 53));
  EXPECT_EQ(logs["loss"], a["val_loss"].back());
  EXPECT_EQ(logs["accuracy"], a["val_accuracy"].back());
}

TEST(Fit, SampleWeightsCountAsTheLossSays) {
  // Keras: the weighted sum divided by the number of rows.
  Sequential model({Input({1}), Dense(1, {.kernel_initializer = "ones"})});
  model.compile({.optimizer = SGD({.learning_rate = 0.125F}),
                 .loss = "mse",
                 .metrics = {"mean_absolute_error"}});
  const Tensor x = tensor({{1}, {2}}), y = zeros({2, 1});
  const Logs logs = model.test_on_batch(x, y, {.sample_weight = tensor({3, 0.5})});
  EXPECT_DOUBLE_EQ(logs["loss"], (3 * 1 + 0.5 * 4) / 2);
  EXPECT_DOUBLE_EQ(logs["mean_absolute_error"], 1.5);  // plain metrics see no weights
  model.train_on_batch(x, y, {.sample_weight = tensor({3, 0.5})});
  // d/dw = (3 * 2 * 1 * 1 + 0.5 * 2 * 2 * 2) / 2 = 5, d/db = (3 * 2 + 0.5 * 2 * 2) / 2 = 4.
  EXPECT_FLOAT_EQ(model.get_weights()[0].item<float>(), 1 - 0.125F * 5);
  EXPECT_FLOAT_EQ(model.get_weights()[1].item<float>(), -0.125F * 4);
}

TEST(Fit, ClassWeightsAreSampleWeights) {
  const Data data;
  Sequential by_class = convnet(), by_sample = convnet();
  Tensor weights = ones({53});
  for (std::size_t i = 0; i < 53; ++i) {
    if (data.y.values<std::int64_t>()[i] == 2) weights.mutable_values<float>()[i] = 2.5F;
  }
  EXPECT_EQ(by_class.fit(data.x, data.y, {.class_weight = {{2, 2.5F}}}),
            by_sample.fit(data.x, data.y, {.sample_weight = weights}));
  EXPECT_TRUE(same_weights(by_class, by_sample));
}

TEST(Fit, InitialEpochAndZeroEpochs) {
  const Data data;
  Sequential model = convnet();
  EXPECT_TRUE(model.fit(data.x, data.y, {.epochs = 0}).epoch.empty());
  EXPECT_EQ(model.step(), 0);
  const History history = model.fit(data.x, data.y, {.epochs = 5, .initial_epoch = 3});
  EXPECT_EQ(history.epoch, (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(model.fit(data.x, data.y, {.epochs = 2, .initial_epoch = 3}).epoch.empty());
}

TEST(Fit, OptimizerStateSurvivesASecondFit) {
  const Data data;
  Sequential twice = convnet(), once = convnet();
  twice.fit(data.x, data.y, {.shuffle = false});
  twice.fit(data.x, data.y, {.shuffle = false});
  once.fit(data.x, data.y, {.epochs = 2, .shuffle = false});
  EXPECT_TRUE(same_weights(once, twice));
  EXPECT_EQ(twice.step(), 4);
}

TEST(Fit, TrainOnBatchIsAStepOfFit) {
  const Data data;
  Sequential by_batch = convnet(), by_fit = convnet();
  for (std::int64_t first = 0; first < 53; first += 20) {
    const std::int64_t last = std::min<std::int64_t>(53, first + 20);
    by_batch.train_on_batch(data.x.slice_rows(first, last), data.y.slice_rows(first, last));
  }
  by_fit.fit(data.x, data.y, {.batch_size = 20, .shuffle = false});
  EXPECT_TRUE(same_weights(by_batch, by_fit));
}

TEST(Fit, PredictDoesNotDependOnTheBatchSize) {
  const Data data;
  Sequential model = convnet();
  const Tensor whole = model.predict(data.x, {.batch_size = 53});
  EXPECT_TRUE(same_bits(model.predict(data.x, {.batch_size = 1}), whole));
  EXPECT_TRUE(same_bits(model.predict(data.x, {.batch_size = 9}), whole));
  EXPECT_TRUE(same_bits(model.predict(data.x), whole));
}

TEST(Fit, ACallbackThatThrowsLeavesTheLastFinishedStep) {
  struct Failing : Callback {
    void on_batch_end(FitContext&, std::int64_t batch, const Logs&) override {
      if (batch == 2) throw std::runtime_error("no more");
    }
  } failing;
  const Data data;
  Sequential broken = convnet(), whole = convnet();
  EXPECT_THROW(broken.fit(data.x, data.y, {.batch_size = 8, .callbacks = {&failing}}),
               std::runtime_error);
  EXPECT_EQ(broken.step(), 3);
  whole.fit(data.x, data.y, {.batch_size = 8});
  broken.fit(data.x, data.y, {.batch_size = 8, .resume = true});
  EXPECT_TRUE(same_weights(broken, whole));
}

TEST(Fit, FrozenLayersStayAsTheyAre) {
  Rng rng(1);
  Sequential model({Input({4}),
                    Dense(3, {.activation = "relu", .name = "frozen", .trainable = false}),
                    Dense(1)});
  model.compile({.loss = "mse"});
  const auto before = model.get_weights();
  model.fit(uniform({20, 4}, rng), ones({20, 1}));
  const auto after = model.get_weights();
  EXPECT_TRUE(same_bits(before[0], after[0]));
  EXPECT_TRUE(same_bits(before[1], after[1]));
  EXPECT_FALSE(same_bits(before[2], after[2]));
  EXPECT_EQ(model.optimizer_state().size(), 4U);
}

TEST(Fit, LearningRateMayBeSetInTraining) {
  Sequential model({Input({1}), Dense(1, {.use_bias = false, .kernel_initializer = "ones"})});
  model.compile({.optimizer = SGD({.learning_rate = 0.5F}), .loss = "mse"});
  EXPECT_EQ(model.learning_rate(), 0.5F);
  model.set_learning_rate(0.25F);
  model.train_on_batch(ones({1, 1}), zeros({1, 1}));
  EXPECT_FLOAT_EQ(model.get_weights()[0].item<float>(), 1 - 0.25F * 2);
  expect_error<InvalidArgument>(
      [&] { model.set_learning_rate(0); },
      "[set_learning_rate] rate: expected a finite number above 0, got 0.");
}

TEST(ProgressBar, ShowsWhatKerasShows) {
  std::ostringstream out;
  ProgressBar lines(2, out);
  Sequential model({Input({1}), Dense(1, {.kernel_initializer = "zeros"})});
  model.compile({.optimizer = SGD({.learning_rate = 1e-30F}), .loss = "mse"});
  model.fit(ones({8, 1}), full({8, 1}, 0.5), {.epochs = 2, .batch_size = 2, .callbacks = {&lines}});
  const std::string text = out.str();
  EXPECT_EQ(text.find("Epoch 1/2\n4/4 - 0s "), 0U) << text;
  EXPECT_NE(text.find("/step - loss: 0.2500\nEpoch 2/2\n4/4"), std::string::npos) << text;
}

TEST(Summary, IsKerasTableAndTheMemory) {
  Sequential model({Input({28, 28, 1}), Conv2D(32, 3, {.activation = "relu"}), Flatten(),
                    Dense(10, {.activation = "softmax"})});
  EXPECT_EQ(model.summary().substr(0, model.summary().find(" Memory")),
            "Model: \"sequential\"\n"
            "┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┓\n"
            "┃ Layer (type)      ┃ Output Shape       ┃ Param # ┃\n"
            "┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━┩\n"
            "│ conv2d (Conv2D)   │ (None, 26, 26, 32) │     320 │\n"
            "├───────────────────┼────────────────────┼─────────┤\n"
            "│ flatten (Flatten) │ (None, 21632)      │       0 │\n"
            "├───────────────────┼────────────────────┼─────────┤\n"
            "│ dense (Dense)     │ (None, 10)         │ 216,330 │\n"
            "└───────────────────┴────────────────────┴─────────┘\n"
            " Total params: 216,650 (846.29 KB)\n"
            " Trainable params: 216,650 (846.29 KB)\n"
            " Non-trainable params: 0 (0.00 B)\n");
}

}  // namespace
}  // namespace minnow
