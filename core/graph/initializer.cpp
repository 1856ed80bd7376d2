#include "core/graph/initializer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "core/buffer.h"
#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

struct InitializerNames {
  std::string_view snake, camel;
};

// In the order of Initializer::Kind.
constexpr std::array<InitializerNames, 15> initializer_names = {
    {{"zeros", "Zeros"},
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
     {"lecun_normal", "LecunNormal"},
     {"variance_scaling", "VarianceScaling"},
     {"orthogonal", "Orthogonal"},
     {"identity", "Identity"}}};

// Keras's other names for some of them.
constexpr std::array<InitializerNames, 6> other_names = {{{"zero", "Zeros"},
                                                          {"one", "Ones"},
                                                          {"uniform", "RandomUniform"},
                                                          {"normal", "RandomNormal"},
                                                          {"OrthogonalInitializer", "Orthogonal"},
                                                          {"IdentityInitializer", "Identity"}}};

Initializer::Kind kind_of(std::string_view name) {
  const auto other = std::find_if(other_names.begin(), other_names.end(),
                                  [&](const InitializerNames& n) { return n.snake == name; });
  if (other != other_names.end()) name = other->camel;
  const auto found =
      std::find_if(initializer_names.begin(), initializer_names.end(),
                   [&](const InitializerNames& n) { return n.snake == name || n.camel == name; });
  if (found == initializer_names.end()) {
    std::array<std::string_view, initializer_names.size()> known;
    std::transform(initializer_names.begin(), initializer_names.end(), known.begin(),
                   [](auto& n) { return n.snake; });
    throw InvalidArgument({"initializer", "", "the name of an initializer",
                           fmt::format("'{}'", name), suggest_name(name, known)});
  }
  return static_cast<Initializer::Kind>(found - initializer_names.begin());
}

// In the order of Initializer::Fan and ::Distribution.
constexpr std::array<std::string_view, 3> fan_names = {"fan_in", "fan_out", "fan_avg"};
constexpr std::array<std::string_view, 3> distribution_names = {"uniform", "truncated_normal",
                                                                "untruncated_normal"};

void require_finite(std::string_view where, float a, float b) {
  if (!std::isfinite(a) || !std::isfinite(b)) {
    throw InvalidArgument({where, "", "finite parameters", fmt::format("{} and {}", a, b), ""});
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

// 0.8796... is the deviation of a standard normal cut at 2, so that the variance stays.
constexpr double deviation_of_truncated = 0.87962566103423978;

// Makes the rows of n numbers orthogonal and as long as 1, from the first on (Gram and Schmidt,
// each row twice: then it is orthogonal to rounding). All of a row's own part has a positive
// factor, which makes the result uniform among such matrices.
void make_orthonormal(std::int64_t rows, std::int64_t n, Rng& rng, double* values) {
  for (std::int64_t i = 0; i < rows; ++i) {
    double* row = values + i * n;
    double length = 0;
    while (!(length > 1e-9)) {  // else all but lost in the rows before: drawn again
      for (std::int64_t k = 0; k < n; ++k) row[k] = rng.normal();
      for (int time = 0; time < 2; ++time) {
        for (std::int64_t j = 0; j < i; ++j) {
          const double* other = values + j * n;
          double dot = 0;
          for (std::int64_t k = 0; k < n; ++k) dot += row[k] * other[k];
          for (std::int64_t k = 0; k < n; ++k) row[k] -= dot * other[k];
        }
      }
      double square = 0;
      for (std::int64_t k = 0; k < n; ++k) square += row[k] * row[k];
      length = std::sqrt(square);
    }
    for (std::int64_t k = 0; k < n; ++k) row[k] /= length;
  }
}

void fill_orthogonal(const Shape& shape, float gain, Rng& rng, std::span<float> values) {
  const std::int64_t cols = shape.back(), rows = shape.numel() / std::max<std::int64_t>(1, cols);
  const std::int64_t vectors = std::min(rows, cols), n = std::max(rows, cols);
  Buffer scratch(shape.numel() * static_cast<std::int64_t>(sizeof(double)), "weights");
  auto* q = scratch.as<double>();
  make_orthonormal(vectors, n, rng, q);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) {
      const double v = rows < cols ? q[i * n + j] : q[j * n + i];
      values[static_cast<std::size_t>(i * cols + j)] = static_cast<float>(gain * v);
    }
  }
}

}  // namespace

Initializer::Initializer(std::string_view name) : kind_(kind_of(name)) {
  switch (kind_) {
    case Kind::zeros:
    case Kind::ones:
    case Kind::constant:
      break;
    case Kind::random_uniform:
      *this = random_uniform();
      break;
    case Kind::random_normal:
      *this = random_normal();
      break;
    case Kind::truncated_normal:
      *this = truncated_normal();
      break;
    case Kind::glorot_uniform:
      *this = {kind_, 1, 0, {Fan::average, Distribution::uniform}};
      break;
    case Kind::glorot_normal:
      *this = {kind_, 1, 0, {Fan::average, Distribution::truncated_normal}};
      break;
    case Kind::he_uniform:
      *this = {kind_, 2, 0, {Fan::in, Distribution::uniform}};
      break;
    case Kind::he_normal:
      *this = {kind_, 2, 0, {Fan::in, Distribution::truncated_normal}};
      break;
    case Kind::lecun_uniform:
      *this = {kind_, 1, 0, {Fan::in, Distribution::uniform}};
      break;
    case Kind::lecun_normal:
    case Kind::variance_scaling:
      *this = {kind_, 1, 0, {Fan::in, Distribution::truncated_normal}};
      break;
    case Kind::orthogonal:
    case Kind::identity:
      a_ = 1;
      break;
  }
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

Initializer Initializer::variance_scaling(float scale, std::string_view mode,
                                          std::string_view distribution) {
  constexpr std::string_view where = "variance_scaling";
  if (!(std::isfinite(scale) && scale > 0)) {
    throw InvalidArgument(
        {where, "scale", "a finite number above 0", fmt::format("{}", scale), ""});
  }
  const auto place = [&](std::string_view argument, std::string_view name, const auto& known) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      throw InvalidArgument({where, argument, fmt::format("one of {}", joined(known)),
                             fmt::format("'{}'", name), ""});
    }
    return found - known.begin();
  };
  if (distribution == "normal") distribution = "truncated_normal";
  return {Kind::variance_scaling,
          scale,
          0,
          {static_cast<Fan>(place("mode", mode, fan_names)),
           static_cast<Distribution>(place("distribution", distribution, distribution_names))}};
}

Initializer Initializer::orthogonal(float gain) {
  require_finite("orthogonal", gain, gain);
  return {Kind::orthogonal, gain, 0};
}

Initializer Initializer::identity(float gain) {
  require_finite("identity", gain, gain);
  return {Kind::identity, gain, 0};
}

std::string Initializer::wrong_shape(const Shape& shape) const {
  if (kind_ == Kind::identity && shape.rank() != 2) return "a matrix";
  if (kind_ == Kind::orthogonal && shape.rank() < 2) return "at least rank 2";
  return "";
}

// The variance is scale / fan.
void Initializer::fill_scaled(const Shape& shape, Rng& rng, float* data) const {
  const std::span<float> values(data, static_cast<std::size_t>(shape.numel()));
  const Fans fans = fans_of(shape);
  const double fan = scaling_.fan == Fan::in    ? fans.in
                     : scaling_.fan == Fan::out ? fans.out
                                                : (fans.in + fans.out) / 2;
  const double variance = static_cast<double>(a_) / std::max(1.0, fan);
  if (scaling_.distribution == Distribution::uniform) {
    const double limit = std::sqrt(3 * variance);
    fill_uniform(rng, -limit, limit, values);
  } else if (scaling_.distribution == Distribution::truncated_normal) {
    const double stddev = std::sqrt(variance) / deviation_of_truncated;
    for (float& v : values) v = static_cast<float>(stddev * truncated(rng));
  } else {
    const double stddev = std::sqrt(variance);
    for (float& v : values) v = static_cast<float>(stddev * rng.normal());
  }
}

void Initializer::fill(const Shape& shape, Rng& rng, float* data) const {
  const std::span<float> values(data, static_cast<std::size_t>(shape.numel()));
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
    case Kind::orthogonal:
      fill_orthogonal(shape, a_, rng, values);
      break;
    case Kind::identity:
      std::fill(values.begin(), values.end(), 0.0F);
      for (std::int64_t i = 0; i < std::min(shape[0], shape[1]); ++i) {
        values[static_cast<std::size_t>(i * shape[1] + i)] = a_;
      }
      break;
    default:
      fill_scaled(shape, rng, data);
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
      return Config::object({{"seed", {}}, {"minval", a_}, {"maxval", b_}});
    case Kind::random_normal:
    case Kind::truncated_normal:
      return Config::object({{"seed", {}}, {"mean", a_}, {"stddev", b_}});
    case Kind::orthogonal:
      return Config::object({{"seed", {}}, {"gain", a_}});
    case Kind::identity:  // Keras forgets its gain, but reads one
      return a_ == 1 ? Config(Config::Object{}) : Config::object({{"gain", a_}});
    case Kind::variance_scaling:
      return Config::object(
          {{"seed", {}},
           {"scale", a_},
           {"mode", fan_names[static_cast<std::size_t>(scaling_.fan)]},
           {"distribution", distribution_names[static_cast<std::size_t>(scaling_.distribution)]},
           {"input_axes", {}},
           {"output_axes", {}}});
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
    case Kind::orthogonal:
      initializer = orthogonal(number("gain", 1));
      break;
    case Kind::identity:
      initializer = identity(number("gain", 1));
      break;
    case Kind::variance_scaling:
      initializer = variance_scaling(number("scale", 1), reader.string("mode", "fan_in"),
                                     reader.string("distribution", "truncated_normal"));
      break;
    default:
      break;
  }
  // Streams differ from Keras's, so its seeds mean nothing here.
  for (auto key : {"seed", "dtype"}) reader.ignore(key);
  for (auto key : {"input_axes", "output_axes"}) reader.require(key, {});
  reader.finish();
  return initializer;
}

}  // namespace minnow
