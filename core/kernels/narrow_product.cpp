#include "core/kernels/narrow_product.h"

#include "core/kernels/elementwise.h"
#include "core/kernels/pack.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t widest = 24;
constexpr std::int64_t near = 256 * widest;  // numbers of C that stay near until they are turned

}  // namespace

// Turning takes as long for each number of C as so many terms as there are lanes, or twice as many
// where the sums wait for A. Blocks of terms would be added to one another before what C holds, and
// sums of so many terms that gemm may cut them would be cut here as they are not elsewhere.
bool is_narrow(const Product& p, Span rows, Span columns) {
  constexpr std::int64_t many = 64;
  const std::int64_t n = p.size.n, lanes = tiles().lanes, empty = (lanes - n % lanes) % lanes;
  const std::int64_t terms = comes_from_afar(p.size, p.a) ? 2 * lanes : lanes;
  return p.a.transposed && !p.b.transposed && n <= widest && rows.size() >= many &&
         columns.size() == n && p.c_stride == n && p.epilogue->bias == nullptr &&
         (!p.accumulate || blocks_of_terms(p) == 1) && p.size.k < 2 * terms_of_piece &&
         p.size.k * empty > terms * n;
}

void multiply_narrow(const Product& p, Span rows) {
  alignas(64) float columns[near], turned[near];
  const Workers alone(1);
  const std::int64_t n = p.size.n, some = near / n / 64 * 64;
  for_parts(rows, some, [&](Span part) {
    const std::int64_t count = part.size();
    gemm(alone, {n, count, p.size.k}, {p.b.data, p.b.stride, /*transposed=*/true},
         {p.a_at(part.begin, 0), p.a.stride}, columns, some, /*accumulate=*/false);
    float* c = p.c + part.begin * n;
    pack_columns({columns, some, /*transposed=*/true}, {0, count}, 0, n, n,
                 p.accumulate ? turned : c);
    if (p.accumulate) add_to(alone, count * n, turned, c);
    const ActivationFn& f = p.epilogue->activation;
    if (f.kind == ActivationKind::relu) activate_span(f, count * n, c, c);  // as tiles would have
  });
  finish(p, rows, {0, n});
}

}  // namespace minnow::kernels
