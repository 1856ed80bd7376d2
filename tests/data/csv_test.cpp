#include "data/csv.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>

#include "core/tensor.h"
#include "tests/data/files.h"

namespace minnow {
namespace {

using testing::gzip;
using testing::store;
using testing::TemporaryFolder;
using testing::thrown_by;
using testing::to_bytes;

Tensor csv_tensor(std::string_view text, const CsvOptions& options = {}) {
  return parse_csv(text, "x.csv", options);
}
std::string csv_error(std::string_view text, const CsvOptions& options = {}) {
  return thrown_by([&] { csv_tensor(text, options); });
}

TEST(ReadCsv, Tables) {
  const Tensor table = tensor({{1, 2.5, -3}, {4, 5, 6}});
  for (const char* text : {
           "1,2.5,-3\n4,5,6\n",
           "1,2.5,-3\r\n4,5,6",
           "a,b,c\n1,2.5,-3\n4,5,6\n\n\r\n",
           "\xef\xbb\xbf\"a, with a comma\",\"b \"\"quoted\"\"\",c\n 1,\t2.5 ,\"-3\"\n+4,5.,6e0\n",
       }) {
    EXPECT_TRUE(same_bits(csv_tensor(text), table)) << text << csv_tensor(text);
  }
  EXPECT_TRUE(same_bits(csv_tensor("1\n2\n"), tensor({{1}, {2}})));
  EXPECT_TRUE(same_bits(csv_tensor("1;2\n", {.delimiter = ';'}), tensor({{1, 2}})));
  EXPECT_TRUE(same_bits(csv_tensor("1\t \"2\"\n", {.delimiter = '\t'}), tensor({{1, 2}})));
}

TEST(ReadCsv, HeaderAsAsked) {
  EXPECT_TRUE(
      same_bits(csv_tensor("1,2\n3,4\n", {.header = CsvHeader::present}), tensor({{3, 4}})));
  EXPECT_EQ(csv_tensor("1,2\n3,4\n").shape(), (Shape{2, 2}));
  EXPECT_EQ(csv_error("a,b\n3,4\n", {.header = CsvHeader::absent}),
            "InvalidArgument: [parse_csv] x.csv: expected a number in line 1, column 1, got 'a'.");
}

TEST(ReadCsv, NumbersAtTheEdges) {
  const Tensor row =
      csv_tensor("1e-45,1e-50,-1e-400,3.4028235e38,inf,-Infinity,nan,16777217,0.1\n");
  const auto v = row.values<float>();
  EXPECT_EQ(v[0], std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(v[1], 0);
  EXPECT_EQ(v[2], 0);
  EXPECT_EQ(v[3], std::numeric_limits<float>::max());
  EXPECT_EQ(v[4], std::numeric_limits<float>::infinity());
  EXPECT_EQ(v[5], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(v[6]));
  EXPECT_EQ(v[7], 16777216.0F);
  EXPECT_EQ(v[8], 0.1F);
  EXPECT_EQ(csv_error("1\n1e39\n"),
            "InvalidArgument: [parse_csv] x.csv: expected a number that fits float32 in line 2, "
            "column 1, got '1e39'.");
  EXPECT_EQ(csv_error("1\n1e400\n"),
            "InvalidArgument: [parse_csv] x.csv: expected a number that fits float32 in line 2, "
            "column 1, got '1e400'.");
}

TEST(ReadCsv, LocaleDoesNotMatter) {
  const char* old = std::setlocale(LC_NUMERIC, nullptr);
  const std::string before = old;
  std::setlocale(LC_NUMERIC, "de_DE.UTF-8");  // where installed, a comma separates decimals
  EXPECT_EQ(csv_tensor("1.5,2\n").values<float>()[0], 1.5F);
  std::setlocale(LC_NUMERIC, before.c_str());
}

TEST(ReadCsv, WhatIsNoNumberIsNamedByLineAndColumn) {
  const std::string prefix = "InvalidArgument: [parse_csv] x.csv: expected ";
  EXPECT_EQ(csv_error("a,b\n1,2\n3,cat\n"), prefix + "a number in line 3, column 2, got 'cat'.");
  EXPECT_EQ(csv_error("1,2\n3,\n"), prefix + "a number in line 2, column 2, got an empty cell.");
  EXPECT_EQ(csv_error("1,2\n\"\",3\n"),
            prefix + "a number in line 2, column 1, got an empty cell.");
  EXPECT_EQ(csv_error("1,2\n3,4x\n"), prefix + "a number in line 2, column 2, got '4x'.");
  EXPECT_EQ(csv_error("1,2\n3,+-4\n"), prefix + "a number in line 2, column 2, got '+-4'.");
  EXPECT_EQ(csv_error("1,2\n3,0x10\n"), prefix + "a number in line 2, column 2, got '0x10'.");
  EXPECT_EQ(csv_error("1,2\n3,\"4\"5\n"), prefix + "a number in line 2, column 2, got '\"4\"5'.");
  EXPECT_EQ(csv_error("1,2\n3,4\x01\n"), prefix + "a number in line 2, column 2, got '4\\x01'.");
  EXPECT_EQ(csv_error("a,2\n3,4\n"),
            prefix +
                "a number in line 1, column 1, got 'a'. If line 1 names the columns, set "
                "CsvOptions::header to CsvHeader::present.");
  EXPECT_EQ(csv_error("1,2\n3,\"4\n"), prefix + "a closing quote in line 2, column 2, got '\"4'.");
}

TEST(ReadCsv, RaggedRows) {
  const std::string prefix = "InvalidArgument: [parse_csv] x.csv: expected ";
  EXPECT_EQ(csv_error("1,2\n3\n"), prefix + "2 values in line 2, as in line 1, got 1.");
  EXPECT_EQ(csv_error("a,b\n1,2,3\n"), prefix + "2 values in line 2, as in line 1, got 3.");
  EXPECT_EQ(csv_error("1,2\n\n3,4\n"),
            prefix + "2 values in line 2, as in line 1, got an empty line.");
  EXPECT_EQ(csv_error(""), prefix + "at least one row of numbers, got an empty file.");
  EXPECT_EQ(csv_error("a,b\n"), prefix + "at least one row of numbers, got a header alone.");
}

TEST(ReadCsv, DelimiterThatNumbersHave) {
  for (char c : {'1', '.', '-', 'e', 'N', '"', '\n'}) {
    EXPECT_TRUE(csv_error("1\n", {.delimiter = c})
                    .starts_with("InvalidArgument: [parse_csv] delimiter: expected a character "
                                 "that no number or line has, got "))
        << c;
  }
}

TEST(ReadCsv, Files) {
  const TemporaryFolder folder;
  store(folder / "x.csv.gz", gzip(to_bytes("1,2\n3,4\n")));
  EXPECT_TRUE(same_bits(read_csv(folder / "x.csv.gz"), tensor({{1, 2}, {3, 4}})));
  EXPECT_EQ(thrown_by([] { read_csv("/nowhere/x.csv"); }),
            "NotFound: [read_csv] /nowhere/x.csv: there is no such file.");
}

TEST(ReadCsv, AnyBytesGiveATableOrATypedError) {
  std::string text = "a,\"b\"\n1,\"2\"\n-3.5e1,nan\n";
  for (char& c : text) {
    const char before = c;
    for (int change = 1; change < 256; ++change) {
      c = static_cast<char>(before ^ change);
      thrown_by([&] { csv_tensor(text); });
    }
    c = before;
  }
}

}  // namespace
}  // namespace minnow
