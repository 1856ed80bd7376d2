#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apps/minnow/options.h"
#include "core/train/options.h"

namespace minnow::apps {

/// Rows with their targets, and what validates them.
struct LabelledData {
  Tensors x = {}, y = {}, sample_weight = {};
  std::optional<Validation> validation = std::nullopt;
};

/// What validates training.
struct ValidationArguments {
  std::vector<std::string> x, y;
  double split = 0;
};

// Each throws InvalidArgument naming the option that is missing, and the errors of read_tensor and
// fashion_mnist. Of a data set, training takes the training images, validated by the test images
// where the arguments have nothing else; the others take the test images.

LabelledData load_training_data(std::string_view where, const DataArguments& arguments,
                                const ValidationArguments& validation);
LabelledData load_test_data(std::string_view where, const DataArguments& arguments);
Tensors load_inputs(std::string_view where, const DataArguments& arguments);

}  // namespace minnow::apps
