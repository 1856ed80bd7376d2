#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>

namespace minnow::apps {

/// An argument of the command line, with what is needed to refuse it.
struct Argument {
  std::string where;  ///< the subcommand
  std::string name;   ///< "--epochs"
  std::string text;
};

// Each throws InvalidArgument where the whole text is not what it is expected to be.

template <std::integral T>
T integer_from(const Argument& argument);
double number_from(const Argument& argument);
/// A number above 0, or a fraction of two: "1/255".
float scale_from(const Argument& argument);
/// Classes and their weights: "0:1,1:2.5".
std::map<std::int64_t, float> class_weight_from(const Argument& argument);

}  // namespace minnow::apps
