#include "data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "data/detail/readers.h"

namespace minnow {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

enum class Number { good, none, too_large };

/// from_chars knows no locale. A value too small for float32 is 0, as in a cast.
Number parse_number(std::string_view text, float* value) {
  // from_chars takes a minus only; "+-1" is no number all the same.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  if (stop != end || (error != std::errc() && error != std::errc::result_out_of_range)) {
    return Number::none;
  }
  if (error == std::errc()) return Number::good;
  double wide = 0;
  if (std::from_chars(text.data(), end, wide).ec != std::errc()) {
    wide = text.find_first_of("eE") < text.find('-', 1) && text.find('-', 1) != text.npos ? 0 : 2;
  }
  *value = std::abs(wide) < 1 ? static_cast<float>(wide) : 0;
  return std::abs(wide) < 1 ? Number::good : Number::too_large;
}

class CsvReader {
 public:
  CsvReader(std::string_view text, const CsvOptions& options, const detail::Origin& origin)
      : rest_(text), options_(options), origin_(origin) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
    // Empty lines are allowed at the end only.
    while (!rest_.empty() && (rest_.back() == '\n' || rest_.back() == '\r')) rest_.remove_suffix(1);
    size_ = rest_.size();
  }

  Tensor table() {
    std::vector<float> values;
    std::int64_t rows = 0;
    while (next_line()) {
      if (line_ == 1 && is_header()) continue;
      for (std::size_t i = 0; i < cells_.size(); ++i) values.push_back(number(i));
      if (rows++ == 0) reserve(values);
    }
    if (rows == 0) {
      throw origin_.invalid_argument("at least one row of numbers",
                                     line_ == 0 ? "an empty file" : "a header alone");
    }
    return Tensor::from(values, {rows, static_cast<std::int64_t>(columns_)});
  }

 private:
  /// Splits the next line into cells_; false at the end.
  bool next_line() {
    if (rest_.empty()) return false;
    ++line_;
    const std::size_t end = rest_.find('\n');
    std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    split(text);
    if (line_ == 1) columns_ = cells_.size();
    if (cells_.size() != columns_) {
      const bool empty = trim(text).empty();
      throw origin_.invalid_argument(
          fmt::format("{} values in line {}, as in line 1", columns_, line_),
          empty ? "an empty line" : std::to_string(cells_.size()));
    }
    return true;
  }

  void split(std::string_view text) {
    cells_.clear();
    for (bool more = true; more;) {
      std::size_t begin = 0;
      while (begin < text.size() && is_blank(text[begin])) ++begin;
      const bool quote = begin < text.size() && text[begin] == '"';
      const std::size_t end =
          text.find(options_.delimiter, quote ? closing_quote(text, begin) : begin);
      std::string_view cell = trim(text.substr(0, end));
      // Inside of quotes that embrace the whole cell; else the quotes stay and are no number.
      if (quote && cell.back() == '"') cell = trim(cell.substr(1, cell.size() - 2));
      cells_.push_back(cell);
      more = end != text.npos;
      if (more) text.remove_prefix(end + 1);
    }
  }

  /// The delimiter itself may be a tab or a space.
  bool is_blank(char c) const { return c != options_.delimiter && blanks.find(c) != blanks.npos; }

  /// The position behind the quote that closes the one at `begin`; two together stand for one.
  std::size_t closing_quote(std::string_view text, std::size_t begin) const {
    for (std::size_t at = begin + 1; at < text.size(); ++at) {
      if (text[at] != '"') continue;
      if (at + 1 == text.size() || text[at + 1] != '"') return at + 1;
      ++at;
    }
    throw origin_.invalid_argument(
        fmt::format("a closing quote in line {}, column {}", line_, cells_.size() + 1),
        detail::in_quotes(text));
  }

  bool is_header() const {
    if (options_.header != CsvHeader::automatic) return options_.header == CsvHeader::present;
    return std::all_of(cells_.begin(), cells_.end(), [](std::string_view cell) {
      float ignored = 0;
      return !cell.empty() && parse_number(cell, &ignored) == Number::none;
    });
  }

  float number(std::size_t column) const {
    float value = 0;
    const std::string_view cell = cells_[column];
    const Number result = parse_number(cell, &value);
    if (result == Number::good) return value;
    const bool mixed_first_line = line_ == 1 && options_.header == CsvHeader::automatic;
    throw origin_.invalid_argument(
        fmt::format("{} in line {}, column {}",
                    result == Number::none ? "a number" : "a number that fits float32", line_,
                    column + 1),
        cell.empty() ? "an empty cell" : detail::in_quotes(cell),
        mixed_first_line ? "If line 1 names the columns, set CsvOptions::header to "
                           "CsvHeader::present."
                         : "");
  }

  /// Room for all rows, were they as long as the first; never more than the text can hold.
  void reserve(std::vector<float>& values) const {
    const auto lines = static_cast<std::size_t>(std::count(rest_.begin(), rest_.end(), '\n')) + 2;
    const std::size_t most = size_ / 2 + 1;
    values.reserve(lines > most / columns_ ? most : lines * columns_);
  }

  std::string_view rest_;
  const CsvOptions& options_;
  const detail::Origin& origin_;
  std::size_t size_ = 0;
  std::vector<std::string_view> cells_;
  std::size_t columns_ = 0;
  std::int64_t line_ = 0;
};

}  // namespace

Tensor detail::read_csv(const Source& source, const Origin& origin, const CsvOptions& options) {
  constexpr std::string_view taken = "\"\r\n+-.0123456789";
  const char lower = static_cast<char>(options.delimiter | 0x20);
  if (taken.find(options.delimiter) != taken.npos || (lower >= 'a' && lower <= 'z')) {
    throw InvalidArgument({origin.where, "delimiter", "a character that no number or line has",
                           detail::in_quotes({&options.delimiter, 1}), ""});
  }
  const auto bytes = read_all(*stream_all(source, origin, options.read), origin);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return CsvReader(text, options, origin).table();
}

Tensor read_csv(const std::string& path, const CsvOptions& options) {
  const detail::Origin origin{"read_csv", path};
  return detail::read_csv(detail::open_source(origin, options.read), origin, options);
}

Tensor parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return detail::read_csv(detail::view_source(bytes), {"parse_csv", name}, options);
}

}  // namespace minnow
