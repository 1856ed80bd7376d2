// Trains example 1's network with LibTorch and prints one JSON line per epoch, as peer_train.py
// does. On numbers made up: what they are changes no speed. compare.py compiles it.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

long option(int argc, char** argv, const char* name, long otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::strtol(argv[i + 1], nullptr, 10);
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const long rows = option(argc, argv, "--rows", 60000), batch = option(argc, argv, "--batch", 32);
  torch::set_num_threads(static_cast<int>(option(argc, argv, "--threads", 1)));
  const torch::Tensor x = torch::rand({rows, 1, 28, 28}),
                      y = torch::randint(10, {rows}, torch::kLong);
  torch::nn::Sequential model(torch::nn::Conv2d(1, 32, 3), torch::nn::ReLU(), torch::nn::Flatten(),
                              torch::nn::Linear(26 * 26 * 32, 10));
  torch::optim::Adam adam(model->parameters());
  for (long epoch = 0; epoch < option(argc, argv, "--epochs", 2); ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    const torch::Tensor order = torch::randperm(rows);
    torch::Tensor total = torch::zeros({});
    for (long i = 0; i < rows; i += batch) {
      const torch::Tensor rows_of_batch = order.slice(0, i, std::min(rows, i + batch));
      const torch::Tensor loss = torch::nn::functional::cross_entropy(
          model->forward(x.index_select(0, rows_of_batch)), y.index_select(0, rows_of_batch));
      adam.zero_grad();
      loss.backward();
      adam.step();
      total += loss.detach();
    }
    const double mean =
        total.item<double>() * static_cast<double>(batch) / static_cast<double>(rows);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf(
        "{\"framework\": \"libtorch\", \"job\": \"ex1\", \"samples_per_s\": %.0f, \"loss\": "
        "%.4f}\n",
        static_cast<double>(rows) / seconds.count(), mean);
  }
}
