#include "data/detail/npy_header.h"

#include <charconv>

#include <fmt/format.h>

namespace minnow::detail {
namespace {

class Parser {
 public:
  Parser(std::string_view text, std::uint64_t start, const Origin& origin)
      : text_(text), start_(start), origin_(origin) {}

  NpyHeader header() {
    NpyHeader header;
    bool has_descr = false, has_order = false, has_shape = false;
    take('{');
    while (!next_is('}')) {
      const std::size_t at = at_;
      const std::string_view key = string();
      take(':');
      bool* seen = nullptr;
      if (key == "descr") {
        seen = &has_descr;
        header.descr_is_string = next_is('\'') || next_is('"');
        header.descr = header.descr_is_string ? string() : raw_list();
      } else if (key == "fortran_order") {
        seen = &has_order;
        header.fortran_order = boolean();
      } else if (key == "shape") {
        seen = &has_shape;
        header.shape = sizes();
      }
      if (seen == nullptr || *seen) {
        at_ = at;
        expected("'descr', 'fortran_order' and 'shape', each once,");
      }
      *seen = true;
      if (!next_is('}')) take(',');
    }
    const std::size_t end = at_;
    take('}');
    if (!has_descr || !has_order || !has_shape) {
      at_ = end;
      expected("'descr', 'fortran_order' and 'shape', each once,");
    }
    skip_space();
    if (at_ < text_.size()) expected("nothing more");
    return header;
  }

 private:
  [[noreturn]] void expected(std::string_view what) const {
    const std::string got =
        at_ < text_.size() ? in_quotes(text_.substr(at_, 12)) : "the end of the header";
    throw origin_.data_loss(
        fmt::format("expected {} at byte {}, in the header, got {}.", what, start_ + at_, got));
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\n\r\f\v").find(text_[at_]) != text_.npos) {
      ++at_;
    }
  }

  bool next_is(char c) {
    skip_space();
    return at_ < text_.size() && text_[at_] == c;
  }

  void take(char c) {
    if (!next_is(c)) expected(in_quotes({&c, 1}));
    ++at_;
  }

  bool take_word(std::string_view word) {
    skip_space();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  /// What stands between quotes, as it stands there: keys and types need no escapes.
  std::string_view string() {
    if (!next_is('\'') && !next_is('"')) expected("a string");
    const char quote = text_[at_];
    const std::size_t begin = at_ + 1;
    for (std::size_t i = begin; i < text_.size(); ++i) {
      if (text_[i] == quote) {
        at_ = i + 1;
        return text_.substr(begin, i - begin);
      }
      if (text_[i] == '\\') ++i;
    }
    expected("a string with an end");
  }

  bool boolean() {
    if (take_word("True")) return true;
    if (take_word("False")) return false;
    expected("True or False");
  }

  /// A list of any values, skipped over and given as it stands.
  std::string_view raw_list() {
    skip_space();
    const std::size_t begin = at_;
    take('[');
    for (int depth = 1; depth > 0;) {
      skip_space();
      if (at_ == text_.size()) expected("']'");
      const char c = text_[at_];
      if (c == '\'' || c == '"') {
        string();
        continue;
      }
      if (c == '[' || c == '(') ++depth;
      if (c == ']' || c == ')') --depth;
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  std::int64_t size() {
    skip_space();
    std::int64_t value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) expected("a size of at least 0 that fits in 63 bits");
    at_ += static_cast<std::size_t>(end - begin);
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote long integers so
    return value;
  }

  std::vector<std::int64_t> sizes() {
    std::vector<std::int64_t> sizes;
    take('(');
    while (!next_is(')')) {
      sizes.push_back(size());
      // A tuple of one keeps its comma: (3) is a number.
      if (sizes.size() == 1 || !next_is(')')) take(',');
    }
    take(')');
    return sizes;
  }

  std::string_view text_;
  std::uint64_t start_;
  const Origin& origin_;
  std::size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, std::uint64_t start, const Origin& origin) {
  return Parser(text, start, origin).header();
}

}  // namespace minnow::detail
