#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace minnow {
namespace {

// numpy's defaults.
constexpr std::int64_t summarise_above = 1000, edge_items = 3;
constexpr std::size_t line_width = 75;
constexpr int max_fraction = 8;

// A number's shortest digits that read back as the same T: 0.d1 d2 d3 ... * 10^point.
struct Decimal {
  bool negative;
  std::string digits;
  int point;
};

template <class T>
Decimal decimal(T value) {
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific);
  const std::string_view all(text, static_cast<std::size_t>(end.ptr - text));
  const std::size_t e = all.find('e');
  Decimal d{std::signbit(value), std::string(all.substr(0, 1)), 1};
  if (e > 2) d.digits += all.substr(2, e - 2);
  const std::string_view exponent = all.substr(all[e + 1] == '+' ? e + 2 : e + 1);
  int power = 0;
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
  d.point = value == 0 ? 1 : power + 1;
  return d;
}

void trim_zeros(std::string& text) { text.erase(text.find_last_not_of('0') + 1); }

// The text of a number, cut where columns are aligned.
struct Cell {
  std::string left;   // sign and digits before the point, or the whole of what is no number
  std::string right;  // the point and what follows; empty where there is none
};

// "123.456", with at most 8 digits after the point.
template <class T>
Cell positional(T value) {
  Decimal d = decimal(value);
  const auto size = static_cast<int>(d.digits.size());
  if (size - d.point > max_fraction) {
    std::string text = fmt::format("{:.{}f}", value, max_fraction);
    trim_zeros(text);
    const std::size_t dot = text.find('.');
    return {text.substr(0, dot), text.substr(dot)};
  }
  if (d.point <= 0) {
    d.digits.insert(0, static_cast<std::size_t>(1 - d.point), '0');
    d.point = 1;
  }
  if (d.point > static_cast<int>(d.digits.size())) {
    d.digits.resize(static_cast<std::size_t>(d.point), '0');
  }
  const auto point = static_cast<std::size_t>(d.point);
  std::string fraction = d.digits.substr(point);
  trim_zeros(fraction);
  return {(d.negative ? "-" : "") + d.digits.substr(0, point), "." + fraction};
}

// Digits after the point that `value` needs when written with an exponent, at most 8.
template <class T>
int fraction_digits(T value) {
  const auto size = static_cast<int>(decimal(value).digits.size());
  if (size - 1 <= max_fraction) return size - 1;
  std::string text = fmt::format("{:.{}e}", value, max_fraction);
  text.erase(text.find('e'));
  trim_zeros(text);
  return static_cast<int>(text.size() - text.find('.')) - 1;
}

// "1.50e-05"
template <class T>
Cell scientific(T value, int fraction) {
  std::string text = fmt::format("{:#.{}e}", value, fraction);
  const std::size_t dot = text.find('.');
  return {text.substr(0, dot), text.substr(dot)};
}

// An exponent where fixed notation would be long or lose digits, by numpy's rule.
template <class T>
bool wants_exponent(const std::vector<T>& values) {
  T largest = 0, smallest = std::numeric_limits<T>::infinity();
  for (const T v : values) {
    const T size = std::fabs(v);
    if (!std::isfinite(v) || size == 0) continue;
    largest = std::max(largest, size);
    smallest = std::min(smallest, size);
  }
  if (largest == 0) return false;
  return largest >= T(1e8) || smallest < T(1e-4) || largest / smallest > T(1000);
}

template <class T>
std::vector<Cell> cells_of(const std::vector<T>& values) {
  std::vector<Cell> cells;
  if constexpr (std::is_same_v<T, bool>) {
    for (const bool v : values) cells.push_back({v ? "True" : "False", ""});
  } else if constexpr (std::is_integral_v<T>) {
    for (const T v : values) cells.push_back({fmt::format("{}", v), ""});
  } else {
    const bool exponent = wants_exponent(values);
    int fraction = 0;
    for (const T v : values) {
      if (exponent && std::isfinite(v)) fraction = std::max(fraction, fraction_digits(v));
    }
    for (const T v : values) {
      if (std::isnan(v)) {
        cells.push_back({"nan", ""});
      } else if (std::isinf(v)) {
        cells.push_back({v < 0 ? "-inf" : "inf", ""});
      } else {
        cells.push_back(exponent ? scientific(v, fraction) : positional(v));
      }
    }
  }
  return cells;
}

// All of one width, the points in one column.
std::vector<std::string> align(const std::vector<Cell>& cells) {
  std::size_t left = 0, right = 0, whole = 0;
  for (const Cell& c : cells) {
    right = std::max(right, c.right.size());
    (c.right.empty() ? whole : left) = std::max(c.right.empty() ? whole : left, c.left.size());
  }
  const std::size_t width = std::max(left + right, whole);
  std::vector<std::string> result;
  for (const Cell& c : cells) {
    const std::size_t after = c.right.empty() ? 0 : right;
    result.push_back(fmt::format("{:>{}}{:<{}}", c.left, width - after, c.right, after));
  }
  return result;
}

// The positions along an axis that are shown; -1 stands for "...".
std::vector<std::int64_t> shown(std::int64_t size, bool summary) {
  std::vector<std::int64_t> result;
  const bool cut = summary && size > 2 * edge_items;
  for (std::int64_t i = 0; i < size; ++i) {
    if (cut && i == edge_items) {
      result.push_back(-1);
      i = size - edge_items;
    }
    result.push_back(i);
  }
  return result;
}

template <class T>
void collect(std::span<const T> from, const Shape& shape, int axis, std::int64_t at, bool summary,
             std::vector<T>& to) {
  if (axis == shape.rank()) {
    to.push_back(from[static_cast<std::size_t>(at)]);
    return;
  }
  for (const std::int64_t i : shown(shape[axis], summary)) {
    if (i >= 0) collect(from, shape, axis + 1, at * shape[axis] + i, summary, to);
  }
}

// Writes brackets around the cells, which come in the order of the elements.
class Brackets {
 public:
  Brackets(const Shape& shape, bool summary, const std::vector<std::string>& cells)
      : shape_(shape), summary_(summary), cell_(cells.begin()) {}

  std::string write(int axis) {
    if (axis == shape_.rank()) return *cell_++;
    if (axis == shape_.rank() - 1) return write_row(axis);
    std::string text = "[";
    const auto indent = static_cast<std::size_t>(axis + 1);
    // Matrices are a line apart, blocks of them two.
    const std::string gap(static_cast<std::size_t>(shape_.rank() - axis - 1), '\n');
    for (const std::int64_t i : shown(shape_[axis], summary_)) {
      if (text.size() > 1) text += gap + std::string(indent, ' ');
      text += i < 0 ? "..." : write(axis + 1);
    }
    return text + "]";
  }

 private:
  std::string write_row(int axis) {
    const auto indent = static_cast<std::size_t>(axis + 1);
    const std::size_t width = line_width - static_cast<std::size_t>(shape_.rank());
    std::string text = "[";
    std::size_t column = indent;
    bool first = true;
    for (const std::int64_t i : shown(shape_[axis], summary_)) {
      const std::string word = i < 0 ? "..." : *cell_++;
      if (!first && column + 1 + word.size() > width) {
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n' + std::string(indent, ' ');
        column = indent;
      } else if (!first) {
        text += ' ';
        ++column;
      }
      text += word;
      column += word.size();
      first = false;
    }
    return text + "]";
  }

  const Shape& shape_;
  bool summary_;
  std::vector<std::string>::const_iterator cell_;
};

template <class T>
std::string array_text(const Tensor& tensor) {
  if (tensor.numel() == 0) return "[]";
  const bool summary = tensor.numel() > summarise_above;
  std::vector<T> values;
  collect(tensor.values<T>(), tensor.shape(), 0, 0, summary, values);
  return Brackets(tensor.shape(), summary, align(cells_of(values))).write(0);
}

}  // namespace

std::string Tensor::str() const {
  std::string text =
      visit_dtype(dtype_, [&](auto zero) { return array_text<decltype(zero)>(*this); });
  if (rank() == 0 && text.back() == '.') text += '0';
  return fmt::format("{}  shape {}, dtype {}", text, shape_.str(), name(dtype_));
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << tensor.str(); }

}  // namespace minnow
