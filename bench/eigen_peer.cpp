#include <Eigen/Core>

#include "bench/peers.h"

namespace minnow::bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Array = Eigen::Array<float, Eigen::Dynamic, 1>;
using Map1 = Eigen::Map<Array>;
using ConstMap1 = Eigen::Map<const Array>;

template <class A, class B>
void product(const A& a, const B& b, const Gemm& g) {
  Eigen::Map<Matrix> c(g.c, g.size.m, g.size.n);
  c.noalias() = a * b;
}

}  // namespace

Run eigen_gemm(const Gemm& g) {
  return [g] {
    Eigen::setNbThreads(g.threads);
    const auto [m, n, k] = g.size;
    using View = Eigen::Map<const Matrix>;
    const View a(g.a.data, g.a.transposed ? k : m, g.a.transposed ? m : k);
    const View b(g.b.data, g.b.transposed ? n : k, g.b.transposed ? k : n);
    if (g.a.transposed && g.b.transposed) {
      product(a.transpose(), b.transpose(), g);
    } else if (g.a.transposed) {
      product(a.transpose(), b, g);
    } else if (g.b.transposed) {
      product(a, b.transpose(), g);
    } else {
      product(a, b, g);
    }
  };
}

Run eigen_map(Map map, std::int64_t n, const float* x, float* y) {
  return [=] {
    const ConstMap1 from(x, n);
    Map1 to(y, n);
    switch (map) {
      case Map::relu:
        to = from.max(0.0F);
        return;
      case Map::sigmoid:
        to = from.logistic();
        return;
      case Map::tanh:
        to = from.tanh();
        return;
    }
  };
}

Run eigen_adam(std::int64_t n, const float* g, float* w, float* m, float* v) {
  return [=] {
    const ConstMap1 gradient(g, n);
    Map1 weight(w, n), first(m, n), second(v, n);
    first += (gradient - first) * 0.1F;
    second += (gradient.square() - second) * 0.001F;
    weight -= 1e-3F * first / (second.sqrt() + 1e-7F);
  };
}

}  // namespace minnow::bench
