// A training step allocates nothing, and the memory plan says what is allocated before.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "core/random.h"
#include "core/train/model.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/max_pooling2d.h"
#include "optim/cosine_decay.h"
#include "optim/nadam.h"

namespace {

// Counted here, in a program of its own: replacing operator new is for a whole program.
std::atomic<std::int64_t> allocations{0};
std::atomic<std::int64_t> allocated_bytes{0};

void* counted(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1);
  allocated_bytes.fetch_add(static_cast<std::int64_t>(size));
  return alignment <= alignof(std::max_align_t)
             ? std::malloc(size == 0 ? 1 : size)
             : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* counted_or_throw(std::size_t size, std::size_t alignment) {
  if (void* p = counted(size, alignment)) return p;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted_or_throw(size, 1); }
void* operator new(std::size_t size, std::align_val_t a) {
  return counted_or_throw(size, static_cast<std::size_t>(a));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t a, const std::nothrow_t&) noexcept {
  return counted(size, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace minnow {
namespace {

Sequential network() {
  Sequential model(
      {Input({14, 14, 2}), Conv2D(8, 3, {.activation = "gelu"}), MaxPooling2D(), Flatten(),
       Dropout(0.5F), Dense(32, {.activation = "relu"}), Dense(10, {.activation = "softmax"})},
      {.threads = 2});
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

// Counts from the end of the first batch to the end of the last: the first makes OpenMP's threads.
struct Between : Callback {
  std::int64_t first = 0, last = 0;
  void on_batch_end(FitContext&, std::int64_t batch, const Logs&) override {
    if (batch == 0) first = allocations.load();
    last = allocations.load();
  }
};

TEST(Allocation, AStepAllocatesNothing) {
  Sequential model = network();
  Rng rng(1);
  const Tensor x = uniform({1000, 14, 14, 2}, rng), y = randint(0, 10, {1000}, rng);
  Between between;
  model.fit(x, y, {.batch_size = 32, .callbacks = {&between}});
  EXPECT_EQ(between.last - between.first, 0);
}

TEST(Allocation, NeitherDoPenaltiesClipsSchedulesOrCurves) {
  Sequential model(
      {Input({20}),
       Dense(32,
             {.activation = "relu", .kernel_regularizer = "l2", .kernel_constraint = "max_norm"}),
       Dense(3, {.activation = "sigmoid"})},
      {.threads = 2});
  model.compile({.optimizer = Nadam({.learning_rate = CosineDecay(0.01F, 100),
                                     .weight_decay = 0.01F,
                                     .global_clipnorm = 1.0F}),
                 .loss = "binary_crossentropy",
                 .metrics = {"auc", "precision", "recall", "mse"}});
  Rng rng(1);
  const Tensor x = uniform({500, 20}, rng), y = randint(0, 2, {500, 3}, rng);
  Between between;
  model.fit(x, y, {.batch_size = 32, .callbacks = {&between}});
  EXPECT_EQ(between.last - between.first, 0);
}

TEST(Allocation, TheMemoryPlanIsWhatIsAllocated) {
  for (std::int64_t batch : {1, 32, 100}) {
    const std::int64_t before = allocated_bytes.load();
    Sequential model = network();
    const std::int64_t weights = allocated_bytes.load() - before;
    const MemoryPlan plan = model.memory_plan(batch);
    EXPECT_GE(weights, plan.weights);
    Rng rng(1);
    const Tensor x = uniform({batch, 14, 14, 2}, rng), y = randint(0, 10, {batch}, rng);
    const std::int64_t start = allocated_bytes.load();
    model.fit(x, y, {.batch_size = batch, .shuffle = false});
    const std::int64_t taken = allocated_bytes.load() - start;
    const std::int64_t claimed = plan.total() - plan.weights;
    EXPECT_GE(taken, claimed) << batch;
    EXPECT_LE(taken, claimed + 64 * 1024) << batch;  // plans, names, History
  }
}

}  // namespace
}  // namespace minnow
