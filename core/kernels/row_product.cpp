#include "core/kernels/row_product.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/row_product.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// sums[j] += the products of `count` terms from p on, each `step` from the one before.
template <int count>
void add_terms(const RowJob& job, std::int64_t p, std::int64_t step, float* HWY_RESTRICT sums) {
  const FloatTag d;
  Floats x[count];
  const float* rows[count];
  unrolled<count>([&](auto q) HWY_ATTR {
    x[q] = hn::Set(d, job.a[(p + q * step) * job.a_step]);
    rows[q] = job.b + (p + q * step) * job.b_row;
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
  const FloatTag d;
  alignas(64) float sums[RowJob::most_columns];
  const auto each = [&](auto f) HWY_ATTR {
    for (std::int64_t j = 0; j < job.columns; j += lanes) f(j, Partial(job.columns - j));
  };
  each([&](std::int64_t j, const Partial& part) HWY_ATTR {
    hn::Store(job.bias == nullptr ? hn::Zero(d) : part.load(job.bias + j), d, sums + j);
  });
  const std::int64_t fours = job.terms / 4;
  const std::int64_t next = job.in_quarters ? 1 : 4, step = job.in_quarters ? fours : 1;
  for (std::int64_t t = 0; t < fours; ++t) add_terms<4>(job, t * next, step, sums);
  for (std::int64_t p = 4 * fours; p < job.terms; ++p) add_terms<1>(job, p, 1, sums);
  const Floats floor = hn::Set(d, job.floor);
  each([&](std::int64_t j, const Partial& part) HWY_ATTR {
    Floats sum = hn::Load(d, sums + j);
    if (job.add) sum = hn::Add(part.load(job.c + j), sum);
    part.store(at_least(floor, sum), job.c + j);
  });
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(row_of_target);

void multiply_row(const RowJob& job) { HWY_DYNAMIC_DISPATCH(row_of_target)(job); }

}  // namespace minnow::kernels
#endif  // HWY_ONCE
