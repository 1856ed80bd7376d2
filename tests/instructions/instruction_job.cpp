// instruction_job NAME: does a piece of work for valgrind to count.
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/kernels/activation.h"
#include "core/kernels/conv2d.h"
#include "core/kernels/elementwise.h"
#include "core/kernels/gemm.h"
#include "core/kernels/updates.h"
#include "core/parallel.h"
#include "minnow.h"

namespace minnow {
namespace {

std::vector<float> numbers(std::int64_t n) {
  Rng rng(1);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& v : values) v = rng.uniform() - 0.5F;
  return values;
}

using Run = std::function<void()>;

Run gemm(const kernels::GemmSize& size, bool transpose_a, bool transpose_b) {
  return [=, a = numbers(size.m * size.k), b = numbers(size.k * size.n),
          c = numbers(size.m * size.n)]() mutable {
    kernels::gemm(Workers(1), size, {a.data(), transpose_a ? size.m : size.k, transpose_a},
                  {b.data(), transpose_b ? size.k : size.n, transpose_b}, c.data(), size.n, false);
  };
}

constexpr kernels::Conv2DSize convolution{13, 13, 32, 3, 3, 64, 11, 11};

struct Images {
  std::vector<float> x = numbers(std::int64_t{13} * 13 * 32);
  std::vector<float> y = numbers(std::int64_t{11} * 11 * 64);
  std::vector<float> kernel = numbers(std::int64_t{9} * 32 * 64), bias = numbers(64);
};

Run conv2d_forward() {
  return [d = Images()]() mutable {
    kernels::conv2d_forward(Workers(1), convolution, 1, d.x.data(), d.kernel.data(), d.y.data(),
                            {d.bias.data(), {ActivationKind::relu}});
  };
}

Run conv2d_input() {
  return [d = Images()]() mutable {
    kernels::conv2d_backward_input(Workers(1), convolution, 1, d.y.data(), d.kernel.data(),
                                   d.x.data());
  };
}

Run conv2d_kernel() {
  return [d = Images()]() mutable {
    kernels::conv2d_backward_kernel(Workers(1), convolution, 1, d.x.data(), d.y.data(),
                                    d.kernel.data(), d.bias.data(), false);
  };
}

Run elementwise() {
  constexpr std::int64_t n = 10000;
  return [a = numbers(n), b = numbers(n), c = numbers(n), d = std::vector<float>(n, 1)]() mutable {
    kernels::activate(Workers(1), {ActivationKind::sigmoid}, 1, n, a.data(), b.data());
    kernels::activate_backward(Workers(1), {ActivationKind::relu}, 1, n, a.data(), b.data());
    kernels::dropout(Workers(1), n, 0.5F, {{1, 2}, 3}, a.data(), c.data());
    kernels::adam_update(n, {1e-3F, 0.1F, 0.001F, 1e-7F}, a.data(), b.data(), c.data(), d.data());
  };
}

Run step(const std::vector<Layer>& layers, const Shape& row, int classes, const char* loss,
         std::int64_t batch) {
  auto model = std::make_shared<Sequential>(layers, ModelOptions{.threads = 1});
  model->compile({.optimizer = "adam", .loss = loss});
  Rng rng(1);
  return [model, x = uniform(row.with_batch(batch), rng), y = randint(0, classes, {batch}, rng)] {
    model->train_on_batch(x, y);
  };
}

const std::map<std::string, std::function<Run()>> jobs = {
    {"gemm_256",
     [] {
       return gemm({256, 256, 256}, false, false);
     }},
    {"gemm_thin",
     [] {
       return gemm({32, 10, 2000}, false, true);
     }},
    {"gemm_flat",
     [] {
       return gemm({32, 2000, 10}, false, false);
     }},
    {"conv2d_forward", conv2d_forward},
    {"conv2d_input", conv2d_input},
    {"conv2d_kernel", conv2d_kernel},
    {"elementwise", elementwise},
    {"step_ex1",
     [] {
       return step({Input({28, 28, 1}), Conv2D(32, 3, {.activation = "relu"}), Flatten(),
                    Dense(10, {.activation = "softmax"})},
                   {28, 28, 1}, 10, "sparse_categorical_crossentropy", 8);
     }},
    {"step_mlp10",
     [] {
       return step(
           {Input({10}), Dense(10, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})},
           {10}, 2, "binary_crossentropy", 32);
     }},
};

}  // namespace
}  // namespace minnow

// By its name valgrind knows what to count.
extern "C" __attribute__((noinline)) void minnow_counted(const std::function<void()>& run) {
  run();
}

int main(int argc, char** argv) {
  const auto job = argc == 2 ? minnow::jobs.find(argv[1]) : minnow::jobs.end();
  if (job == minnow::jobs.end()) {
    std::cerr << "usage: instruction_job NAME\n";
    return EXIT_FAILURE;
  }
  const minnow::Run run = job->second();
  run();  // whatever happens the first time only
  minnow_counted(run);
  return EXIT_SUCCESS;
}
