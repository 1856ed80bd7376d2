// Losses that compare numbers with numbers, one by one or along a row.
#include <algorithm>
#include <cmath>

#include "core/kernels/losses.h"
#include "core/kernels/row_sum.h"

namespace minnow::kernels {
namespace {

constexpr double epsilon = 1e-7F;

// What a loss comes to for one number or row, and its derivative by the prediction.
struct Value {
  double value, slope;
};

// The sum of weight * row(p, t, delta) over rows; `gradient` is what deltas are multiplied by.
template <class F>
double sum_of_rows(const Workers& workers, const LossBatch& b, double ns_per_number, F&& row) {
  return sum_over_rows(workers, b.rows, ns_per_number * static_cast<double>(b.cols),
                       [&](std::int64_t i) {
                         const std::int64_t at = i * b.cols;
                         const double weight = b.weights == nullptr ? 1.0F : b.weights[i];
                         float* delta = b.delta == nullptr ? nullptr : b.delta + at;
                         if (weight != 0) {
                           return weight * row(b.prediction + at, b.targets + at, delta,
                                               static_cast<double>(b.scale) * weight);
                         }
                         if (delta != nullptr) std::fill_n(delta, b.cols, 0.0F);
                         return 0.0;
                       });
}

// The mean of f(p, t) over a row.
template <class F>
double sum_of_means(const Workers& workers, const LossBatch& b, double ns_per_number, F&& f) {
  const auto n = static_cast<double>(b.cols);
  return sum_of_rows(workers, b, ns_per_number,
                     [&](const float* p, const float* t, float* delta, double gradient) {
                       double sum = 0;
                       for (std::int64_t j = 0; j < b.cols; ++j) {
                         const Value v = f(static_cast<double>(p[j]), static_cast<double>(t[j]));
                         sum += v.value;
                         if (delta != nullptr) {
                           delta[j] = static_cast<float>(gradient / n * v.slope);
                         }
                       }
                       return sum / n;
                     });
}

double sign(double v) { return v > 0 ? 1.0 : v < 0 ? -1.0 : v; }  // NaN stays
double at_least(double v, double least) { return v < least ? least : v; }

// Keras reads a batch of zeros and ones as -1 and 1, and any other as it is.
bool is_binary(const LossBatch& b) {
  return std::all_of(b.targets, b.targets + b.rows * b.cols,
                     [](float t) { return t == 0 || t == 1; });
}

template <class F>
double sum_of_hinges(const Workers& workers, const LossBatch& b, F&& f) {
  const bool binary = is_binary(b);
  return sum_of_means(workers, b, 1, [&](double p, double t) {
    const double side = binary ? 2 * t - 1 : t;
    return f(1 - side * p, -side);
  });
}

}  // namespace

double mean_absolute_error(const Workers& workers, const LossBatch& batch) {
  return sum_of_means(workers, batch, 1, [](double p, double t) {
    return Value{std::fabs(p - t), sign(p - t)};
  });
}

double mean_absolute_percentage_error(const Workers& workers, const LossBatch& batch) {
  return sum_of_means(workers, batch, 4, [](double p, double t) {
    const double part = 100 / at_least(std::fabs(t), epsilon);
    return Value{part * std::fabs(p - t), part * sign(p - t)};
  });
}

double mean_squared_logarithmic_error(const Workers& workers, const LossBatch& batch) {
  return sum_of_means(workers, batch, 30, [](double p, double t) {
    const double c = at_least(p, epsilon);
    const double d = std::log1p(c) - std::log1p(at_least(t, epsilon));
    return Value{d * d, p >= epsilon ? 2 * d / (1 + c) : 0.0};
  });
}

double huber(const Workers& workers, const LossBatch& batch, float bound) {
  const double most = bound;
  return sum_of_means(workers, batch, 1, [&](double p, double t) {
    const double e = p - t, size = std::fabs(e);
    return size > most ? Value{most * (size - 0.5 * most), most * sign(e)} : Value{0.5 * e * e, e};
  });
}

double log_cosh(const Workers& workers, const LossBatch& batch) {
  return sum_of_means(workers, batch, 30, [](double p, double t) {
    const double size = std::fabs(p - t), shrunk = std::exp(-2 * size);
    const double log_2 = 0.69314718055994531;
    return Value{size + std::log1p(shrunk) - log_2, sign(p - t) * (1 - shrunk) / (1 + shrunk)};
  });
}

double hinge(const Workers& workers, const LossBatch& batch) {
  return sum_of_hinges(workers, batch, [](double missing, double slope) {
    return missing < 0 ? Value{0, 0} : Value{missing, slope};
  });
}

double squared_hinge(const Workers& workers, const LossBatch& batch) {
  return sum_of_hinges(workers, batch, [](double missing, double slope) {
    return missing < 0 ? Value{0, 0} : Value{missing * missing, 2 * missing * slope};
  });
}

double categorical_hinge(const Workers& workers, const LossBatch& batch) {
  const std::int64_t n = batch.cols;
  return sum_of_rows(
      workers, batch, 2, [&](const float* p, const float* t, float* delta, double gradient) {
        const auto against = [&](std::int64_t j) {
          return (1 - static_cast<double>(t[j])) * static_cast<double>(p[j]);
        };
        double right = 0, wrong = against(0), equal = 0;
        for (std::int64_t j = 0; j < n; ++j) {
          right += static_cast<double>(t[j]) * static_cast<double>(p[j]);
          wrong = against(j) <= wrong ? wrong : against(j);  // NaN stays
        }
        const double value = wrong - right + 1;
        if (delta == nullptr) return value < 0 ? 0 : value;
        for (std::int64_t j = 0; j < n; ++j) equal += against(j) == wrong ? 1 : 0;
        for (std::int64_t j = 0; j < n; ++j) {
          // The largest share their slope.
          const double share = against(j) == wrong ? (1 - t[j]) / equal : 0;
          delta[j] = value < 0 ? 0.0F : static_cast<float>(gradient * (share - t[j]));
        }
        return value < 0 ? 0 : value;
      });
}

double kl_divergence(const Workers& workers, const LossBatch& batch) {
  const auto clip = [](double v) { return v < epsilon ? epsilon : v > 1 ? 1.0 : v; };
  return sum_of_rows(
      workers, batch, 30, [&](const float* p, const float* t, float* delta, double gradient) {
        double sum = 0;
        for (std::int64_t j = 0; j < batch.cols; ++j) {
          const double q = p[j], c = clip(q), target = clip(t[j]);
          sum += target * std::log(target / c);
          if (delta == nullptr) continue;
          delta[j] = q < epsilon || q > 1 ? 0.0F : static_cast<float>(-gradient * target / c);
        }
        return sum;
      });
}

double poisson(const Workers& workers, const LossBatch& batch) {
  return sum_of_means(workers, batch, 20, [](double p, double t) {
    return Value{p - t * std::log(p + epsilon), 1 - t / (p + epsilon)};
  });
}

}  // namespace minnow::kernels
