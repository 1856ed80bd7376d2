#include "core/graph/regularizer.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

void check_factor(std::string_view where, std::string_view argument, float value) {
  if (std::isfinite(value) && value >= 0) return;
  throw InvalidArgument(
      {where, argument, "a finite number of at least 0", fmt::format("{}", value), ""});
}

}  // namespace

Regularizer::Regularizer(std::string_view name) {
  if (name == "l1" || name == "L1") {
    *this = l1();
  } else if (name == "l2" || name == "L2") {
    *this = l2();
  } else if (name == "l1_l2" || name == "l1l2" || name == "L1L2") {
    *this = l1_l2();
  } else {
    constexpr std::array<std::string_view, 3> known = {"l1", "l2", "l1_l2"};
    throw InvalidArgument({"regularizer", "", "the name of a regularizer",
                           fmt::format("'{}'", name), suggest_name(name, known)});
  }
}

Regularizer Regularizer::l1(float factor) {
  check_factor("L1", "l1", factor);
  return {Kind::l1, factor, 0};
}

Regularizer Regularizer::l2(float factor) {
  check_factor("L2", "l2", factor);
  return {Kind::l2, 0, factor};
}

Regularizer Regularizer::l1_l2(float l1, float l2) {
  check_factor("L1L2", "l1", l1);
  check_factor("L1L2", "l2", l2);
  return {Kind::l1_l2, l1, l2};
}

std::string_view Regularizer::class_name() const noexcept {
  constexpr std::array<std::string_view, 4> class_names = {"", "L1", "L2", "L1L2"};
  return class_names[static_cast<std::size_t>(kind_)];
}

Config Regularizer::config() const {
  Config config = Config(Config::Object{});
  if (kind_ == Kind::l1 || kind_ == Kind::l1_l2) config.set("l1", l1_);
  if (kind_ == Kind::l2 || kind_ == Kind::l1_l2) config.set("l2", l2_);
  return config;
}

Regularizer Regularizer::from_config(std::string_view class_name, const Config& config) {
  Regularizer regularizer(class_name);
  ConfigReader reader(config, std::string(regularizer.class_name()));
  const auto factor = [&](std::string_view key, float fallback) {
    return static_cast<float>(reader.number(key, fallback));
  };
  switch (regularizer.kind_) {
    case Kind::l1:
      regularizer = l1(factor("l1", regularizer.l1_));
      break;
    case Kind::l2:
      regularizer = l2(factor("l2", regularizer.l2_));
      break;
    case Kind::l1_l2:
      regularizer = l1_l2(factor("l1", 0), factor("l2", 0));
      break;
    case Kind::none:
      break;
  }
  reader.finish();
  return regularizer;
}

}  // namespace minnow
