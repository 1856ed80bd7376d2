#include "core/kernels/row_product.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/row_product.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// sums[j] += the products of `count` terms from p on.
template <int count>
void add_terms(const RowJob& job, std::int64_t p, float* HWY_RESTRICT sums) {
  const FloatTag d;
  Floats x[count];
  const float* rows[count];
  unrolled<count>([&](auto q) HWY_ATTR {
    x[q] = hn::Set(d, job.a[(p + q) * job.a_step]);
    rows[q] = job.b + (p + q) * job.b_row;
  });
  const std::int64_t whole = job.columns / lanes * lanes;
  for (std::int64_t j = 0; j < whole; j += lanes) {
    Floats sum = hn::Load(d, sums + j);
    unrolled<count>([&](auto q)
                        HWY_ATTR { sum = hn::MulAdd(x[q], hn::LoadU(d, rows[q] + j), sum); });
    hn::Store(sum, d, sums + j);
  }
  if (whole == job.columns) return;
  const Partial part(job.columns - whole);
  Floats sum = hn::Load(d, sums + whole);
  unrolled<count>([&](auto q)
                      HWY_ATTR { sum = hn::MulAdd(x[q], part.load(rows[q] + whole), sum); });
  hn::Store(sum, d, sums + whole);
}

}  // namespace

void row_of_target(const RowJob& job) {
  alignas(64) float sums[RowJob::most_columns];
  float* end = sums + (job.columns + lanes - 1) / lanes * lanes;
  std::fill(job.bias == nullptr ? sums : std::copy_n(job.bias, job.columns, sums), end, 0.0F);
  std::int64_t p = 0;
  for (; p + 4 <= job.terms; p += 4) add_terms<4>(job, p, sums);
  for (; p < job.terms; ++p) add_terms<1>(job, p, sums);
  for (std::int64_t j = 0; j < job.columns; ++j) {
    const float v = job.add ? job.c[j] + sums[j] : sums[j];
    job.c[j] = v < job.floor ? job.floor : v;
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(row_of_target);

void multiply_row(const RowJob& job) { HWY_DYNAMIC_DISPATCH(row_of_target)(job); }

}  // namespace minnow::kernels
#endif  // HWY_ONCE
