#include "core/graph/initializer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

struct Names {
  std::string_view snake, camel;
};

// In the order of Initializer::Kind.
constexpr std::array<Names, 12> initializer_names = {{{"zeros", "Zeros"},
                                                      {"ones", "Ones"},
                                                      {"constant", "Constant"},
                                                      {"random_uniform", "RandomUniform"},
                                                      {"random_normal", "RandomNormal"},
                                                      {"truncated_normal", "TruncatedNormal"},
                                                      {"glorot_uniform", "GlorotUniform"},
                                                      {"glorot_normal", "GlorotNormal"},
                                                      {"he_uniform", "HeUniform"},
                                                      {"he_normal", "HeNormal"},
                                                      {"lecun_uniform", "LecunUniform"},
                                                      {"lecun_normal", "LecunNormal"}}};

Initializer::Kind kind_of(std::string_view name) {
  const auto found =
      std::find_if(initializer_names.begin(), initializer_names.end(),
                   [&](const Names& n) { return n.snake == name || n.camel == name; });
  if (found == initializer_names.end()) {
    std::array<std::string_view, initializer_names.size()> known;
    std::transform(initializer_names.begin(), initializer_names.end(), known.begin(),
                   [](auto& n) { return n.snake; });
    throw InvalidArgument({"initializer", "", "the name of an initializer",
                           fmt::format("'{}'", name), suggest_name(name, known)});
  }
  return static_cast<Initializer::Kind>(found - initializer_names.begin());
}

void require_finite(std::string_view where, float a, float b) {
  if (!std::isfinite(a) || !std::isfinite(b)) {
    throw InvalidArgument(
        {std::string(where), "", "finite parameters", fmt::format("{} and {}", a, b), ""});
  }
}

struct Fans {
  double in = 1, out = 1;
};

Fans fans_of(const Shape& shape) {
  const int rank = shape.rank();
  if (rank == 0) return {};
  if (rank == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double receptive = 1;
  for (int axis = 0; axis < rank - 2; ++axis) receptive *= static_cast<double>(shape[axis]);
  return {receptive * static_cast<double>(shape[rank - 2]),
          receptive * static_cast<double>(shape[rank - 1])};
}

void fill_uniform(Rng& rng, double low, double high, std::span<float> values) {
  for (float& v : values) {
    v = static_cast<float>(low + (high - low) * static_cast<double>(rng.uniform()));
  }
}

double truncated(Rng& rng) {
  double z = rng.normal();
  while (std::abs(z) > 2) z = rng.normal();
  return z;
}

// Keras's VarianceScaling: the variance is scale / fan; a truncated normal is widened so that it
// keeps its variance (0.8796... is the deviation of a standard normal cut at 2).
void fill_variance(Rng& rng, double scale, double fan, bool normal, std::span<float> values) {
  const double variance = scale / std::max(1.0, fan);
  if (!normal) {
    const double limit = std::sqrt(3 * variance);
    fill_uniform(rng, -limit, limit, values);
    return;
  }
  const double stddev = std::sqrt(variance) / 0.87962566103423978;
  for (float& v : values) v = static_cast<float>(stddev * truncated(rng));
}

}  // namespace

Initializer::Initializer(std::string_view name) : kind_(kind_of(name)) {
  if (kind_ == Kind::random_uniform) *this = random_uniform();
  if (kind_ == Kind::random_normal) *this = random_normal();
  if (kind_ == Kind::truncated_normal) *this = truncated_normal();
}

Initializer Initializer::constant(float value) { return {Kind::constant, value, 0}; }

Initializer Initializer::random_uniform(float low, float high) {
  require_finite("random_uniform", low, high);
  if (low > high) {
    throw InvalidArgument(
        {"random_uniform", "", "low <= high", fmt::format("low {} and high {}", low, high), ""});
  }
  return {Kind::random_uniform, low, high};
}

Initializer Initializer::random_normal(float mean, float stddev) {
  require_finite("random_normal", mean, stddev);
  if (stddev < 0) {
    throw InvalidArgument({"random_normal", "stddev", "at least 0", fmt::format("{}", stddev), ""});
  }
  return {Kind::random_normal, mean, stddev};
}

Initializer Initializer::truncated_normal(float mean, float stddev) {
  Initializer normal = random_normal(mean, stddev);
  normal.kind_ = Kind::truncated_normal;
  return normal;
}

void Initializer::fill(const Shape& shape, Rng& rng, float* data) const {
  const std::span<float> values(data, static_cast<std::size_t>(shape.numel()));
  const Fans fans = fans_of(shape);
  switch (kind_) {
    case Kind::zeros:
      std::fill(values.begin(), values.end(), 0.0F);
      break;
    case Kind::ones:
      std::fill(values.begin(), values.end(), 1.0F);
      break;
    case Kind::constant:
      std::fill(values.begin(), values.end(), a_);
      break;
    case Kind::random_uniform:
      fill_uniform(rng, a_, b_, values);
      break;
    case Kind::random_normal:
      for (float& v : values) v = static_cast<float>(a_ + b_ * rng.normal());
      break;
    case Kind::truncated_normal:
      for (float& v : values) v = static_cast<float>(a_ + b_ * truncated(rng));
      break;
    case Kind::glorot_uniform:
      fill_variance(rng, 1, (fans.in + fans.out) / 2, false, values);
      break;
    case Kind::glorot_normal:
      fill_variance(rng, 1, (fans.in + fans.out) / 2, true, values);
      break;
    case Kind::he_uniform:
      fill_variance(rng, 2, fans.in, false, values);
      break;
    case Kind::he_normal:
      fill_variance(rng, 2, fans.in, true, values);
      break;
    case Kind::lecun_uniform:
      fill_variance(rng, 1, fans.in, false, values);
      break;
    case Kind::lecun_normal:
      fill_variance(rng, 1, fans.in, true, values);
      break;
  }
}

std::string_view Initializer::class_name() const noexcept {
  return initializer_names[static_cast<std::size_t>(kind_)].camel;
}

Config Initializer::config() const {
  switch (kind_) {
    case Kind::zeros:
    case Kind::ones:
      return Config(Config::Object{});
    case Kind::constant:
      return Config::object({{"value", a_}});
    case Kind::random_uniform:
      return Config::object({{"minval", a_}, {"maxval", b_}, {"seed", {}}});
    case Kind::random_normal:
    case Kind::truncated_normal:
      return Config::object({{"mean", a_}, {"stddev", b_}, {"seed", {}}});
    default:
      return Config::object({{"seed", {}}, {"input_axes", {}}, {"output_axes", {}}});
  }
}

Initializer Initializer::from_config(std::string_view class_name, const Config& config) {
  Initializer initializer(class_name);
  ConfigReader reader(config, std::string(class_name));
  const auto number = [&](std::string_view key, float fallback) {
    return static_cast<float>(reader.number(key, fallback));
  };
  switch (initializer.kind_) {
    case Kind::constant:
      initializer = constant(number("value", 0));
      break;
    case Kind::random_uniform:
      initializer = random_uniform(number("minval", -0.05F), number("maxval", 0.05F));
      break;
    case Kind::random_normal:
      initializer = random_normal(number("mean", 0), number("stddev", 0.05F));
      break;
    case Kind::truncated_normal:
      initializer = truncated_normal(number("mean", 0), number("stddev", 0.05F));
      break;
    default:
      break;
  }
  // Streams differ from Keras's, so its seeds mean nothing here.
  for (auto key : {"seed", "input_axes", "output_axes", "dtype"}) reader.ignore(key);
  reader.finish();
  return initializer;
}

}  // namespace minnow
