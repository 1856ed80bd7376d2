#pragma once

#include <complex>
#include <vector>

namespace minnow::test {

/// d f / d x of a real function of many numbers, exact to rounding: f(x + ih) = f(x) + ih f'(x)
/// with h so small that its square vanishes (Squire and Trapp, "Using complex variables to
/// estimate derivatives of real functions", 1998). `f` takes a vector of complex<double>, returns
/// one complex<double>, and decides nothing by the imaginary part.
template <class F>
std::vector<double> gradient(F&& f, const std::vector<double>& x) {
  constexpr double step = 1e-50;
  std::vector<std::complex<double>> z(x.begin(), x.end());
  std::vector<double> slopes(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    z[i] = {x[i], step};
    slopes[i] = std::complex<double>(f(z)).imag() / step;
    z[i] = x[i];
  }
  return slopes;
}

}  // namespace minnow::test
