#include "data/split.h"

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "core/error.h"
#include "core/random.h"

namespace minnow {

Split split_rows(const Tensor& x, const Tensor& y, const SplitOptions& options) {
  constexpr const char* where = "split_rows";
  if (x.rank() == 0 || y.rank() == 0) {
    throw InvalidArgument({where, x.rank() == 0 ? "x" : "y", "at least one axis", "a scalar", ""});
  }
  const std::int64_t rows = x.rows();
  if (y.rows() != rows) {
    throw InvalidArgument(
        {where, "y", fmt::format("{} rows, as x has", rows), std::to_string(y.rows()), ""});
  }
  const double fraction = options.test_fraction;
  if (!(fraction > 0 && fraction < 1)) {
    throw InvalidArgument(
        {where, "test_fraction", "a number above 0 and below 1", fmt::format("{}", fraction), ""});
  }
  // 100 * 0.07 is a little above 7 in binary, and shall still be 7 rows.
  const auto test_rows =
      static_cast<std::int64_t>(std::ceil(static_cast<double>(rows) * fraction * (1 - 1e-12)));
  const std::int64_t train_rows = rows - test_rows;
  if (train_rows < 1 || test_rows < 1) {
    throw InvalidArgument(
        {where, "x", "enough rows for both parts",
         fmt::format("{} rows, {} for training and {} for the test", rows, train_rows, test_rows),
         ""});
  }
  if (!options.shuffle) {
    return {x.slice_rows(0, train_rows), y.slice_rows(0, train_rows),
            x.slice_rows(train_rows, rows), y.slice_rows(train_rows, rows)};
  }
  Rng rng(options.seed, "split_rows");
  const Tensor order = permutation(rows, rng);
  const auto train = order.values<std::int64_t>().first(static_cast<std::size_t>(train_rows));
  const auto test = order.values<std::int64_t>().subspan(static_cast<std::size_t>(train_rows));
  return {x.take_rows(train), y.take_rows(train), x.take_rows(test), y.take_rows(test)};
}

}  // namespace minnow
