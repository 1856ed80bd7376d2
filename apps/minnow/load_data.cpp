#include "apps/minnow/load_data.h"

#include <fmt/format.h>

#include <array>
#include <iostream>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "data/dataset.h"
#include "data/read.h"

namespace minnow::apps {
namespace {

constexpr std::array<std::string_view, 1> dataset_names = {"fashion-mnist"};
constexpr std::string_view embedded_source = "the embedded sample";  // data/dataset.h

Tensors read_all(const std::vector<std::string>& files) {
  std::vector<Tensor> tensors;
  for (const std::string& file : files) tensors.push_back(read_tensor(file));
  return tensors;
}

Tensors read_required(std::string_view where, std::string_view option, std::string_view what,
                      const std::vector<std::string>& files) {
  if (files.empty()) {
    throw InvalidArgument(
        {where, option, what, "none", "Give --dataset fashion-mnist to try it without files."});
  }
  return read_all(files);
}

Dataset open_dataset(std::string_view where, const DataArguments& arguments) {
  if (arguments.dataset != dataset_names.front()) {
    throw InvalidArgument({where, "--dataset", "a known data set",
                           fmt::format("'{}'", arguments.dataset),
                           suggest_name(arguments.dataset, dataset_names)});
  }
  Dataset dataset = fashion_mnist({.folder = arguments.folder});
  if (dataset.source == embedded_source) {
    std::cerr << fmt::format("minnow: {} is not installed: using a sample of {} and {} images\n",
                             arguments.dataset, group_digits(dataset.x_train.rows()),
                             group_digits(dataset.x_test.rows()));
  }
  return dataset;
}

Tensors weights_of(const DataArguments& arguments) {
  if (arguments.sample_weight.empty()) return {};
  return read_tensor(arguments.sample_weight);
}

std::optional<Validation> read_validation(std::string_view where,
                                          const ValidationArguments& arguments) {
  if (arguments.x.empty() && arguments.y.empty()) return std::nullopt;
  if (arguments.x.empty() || arguments.y.empty()) {
    const bool has_x = !arguments.x.empty();
    throw InvalidArgument({where, has_x ? "--val-y" : "--val-x",
                           fmt::format("a file beside {}", has_x ? "--val-x" : "--val-y"), "none",
                           ""});
  }
  return Validation{.x = read_all(arguments.x), .y = read_all(arguments.y)};
}

}  // namespace

LabelledData load_training_data(std::string_view where, const DataArguments& arguments,
                                const ValidationArguments& validation) {
  LabelledData data{.sample_weight = weights_of(arguments),
                    .validation = read_validation(where, validation)};
  if (arguments.dataset.empty()) {
    data.x = read_required(where, "--x", "a file of inputs", arguments.x);
    data.y = read_required(where, "--y", "a file of targets", arguments.y);
    return data;
  }
  Dataset dataset = open_dataset(where, arguments);
  data.x = std::move(dataset.x_train);
  data.y = std::move(dataset.y_train);
  if (!data.validation && validation.split == 0) {
    data.validation = Validation{.x = std::move(dataset.x_test), .y = std::move(dataset.y_test)};
  }
  return data;
}

LabelledData load_test_data(std::string_view where, const DataArguments& arguments) {
  LabelledData data{.sample_weight = weights_of(arguments)};
  if (arguments.dataset.empty()) {
    data.x = read_required(where, "--x", "a file of inputs", arguments.x);
    data.y = read_required(where, "--y", "a file of targets", arguments.y);
    return data;
  }
  Dataset dataset = open_dataset(where, arguments);
  data.x = std::move(dataset.x_test);
  data.y = std::move(dataset.y_test);
  return data;
}

Tensors load_inputs(std::string_view where, const DataArguments& arguments) {
  if (arguments.dataset.empty()) {
    return read_required(where, "--x", "a file of inputs", arguments.x);
  }
  return open_dataset(where, arguments).x_test;
}

}  // namespace minnow::apps
