#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>

#include "core/tensor.h"

#include "tests/core/special_values.h"

namespace minnow {
namespace {

using test::infinity;
using test::nan;

// The text without its "  shape (...), dtype ...".
std::string array(const Tensor& t) {
  const std::string text = t.str();
  return text.substr(0, text.find("  shape "));
}

TEST(TensorPrintTest, EndsWithShapeAndDType) {
  EXPECT_EQ(tensor({{1, 2, 3}, {4, 5, 6}}).str(),
            "[[1. 2. 3.]\n"
            " [4. 5. 6.]]  shape (2, 3), dtype float32");
  std::ostringstream out;
  out << arange(3);
  EXPECT_EQ(out.str(), "[0 1 2]  shape (3,), dtype int64");
}

TEST(TensorPrintTest, AlignsColumns) {
  EXPECT_EQ(array(tensor({{1, -2.5}, {100.125, 4}})),
            "[[  1.     -2.5  ]\n"
            " [100.125   4.   ]]");
  EXPECT_EQ(array(tensor({{1, -20}, {300, 4}}, DType::int32)),
            "[[  1 -20]\n"
            " [300   4]]");
  EXPECT_EQ(array(tensor({1, 0}, DType::boolean)), "[ True False]");
  EXPECT_EQ(array(tensor({7, 255}, DType::uint8)), "[  7 255]");
}

TEST(TensorPrintTest, WritesTheShortestDigits) {
  EXPECT_EQ(array(tensor({0.1, 0.2})), "[0.1 0.2]");
  EXPECT_EQ(array(tensor({1.0 / 3})), "[0.33333334]");
  EXPECT_EQ(array(tensor({1.0 / 3, 2.0 / 3}, DType::float64)), "[0.33333333 0.66666667]");
  EXPECT_EQ(array(tensor({0.1}, DType::float64)), "[0.1]");
  EXPECT_EQ(array(tensor({16777216, 16777215})), "[16777216. 16777215.]");
  EXPECT_EQ(array(tensor({-0.0, 0.0})), "[-0.  0.]");
  EXPECT_EQ(array(tensor({0.001, 0.5})), "[0.001 0.5  ]");
}

TEST(TensorPrintTest, UsesExponentsWhereNumpyDoes) {
  EXPECT_EQ(array(tensor({1e8, 1e9})), "[1.e+08 1.e+09]");
  EXPECT_EQ(array(tensor({1e-5})), "[1.e-05]");
  EXPECT_EQ(array(tensor({1, 1001.5})), "[1.0000e+00 1.0015e+03]");
  EXPECT_EQ(array(tensor({1, 1000})), "[   1. 1000.]");
  EXPECT_EQ(array(tensor({1e300, -1e-300}, DType::float64)), "[ 1.e+300 -1.e-300]");
  EXPECT_EQ(array(tensor({1.23456789012e10}, DType::float64)), "[1.23456789e+10]");
  EXPECT_EQ(array(tensor({1.0, 10000.0 / 3}, DType::float64)), "[1.00000000e+00 3.33333333e+03]");
}

TEST(TensorPrintTest, NamesWhatIsNoNumber) {
  EXPECT_EQ(array(tensor({1.5, nan, infinity, -infinity})), "[ 1.5  nan  inf -inf]");
  EXPECT_EQ(array(tensor({nan})), "[nan]");
  EXPECT_EQ(array(tensor({-infinity, 1e-5})), "[  -inf 1.e-05]");
}

TEST(TensorPrintTest, ScalarsAndEmptyTensors) {
  EXPECT_EQ(tensor(3).str(), "3.0  shape (), dtype float32");
  EXPECT_EQ(tensor(0.25).str(), "0.25  shape (), dtype float32");
  EXPECT_EQ(tensor(3, DType::int64).str(), "3  shape (), dtype int64");
  EXPECT_EQ(Tensor({0, 3}).str(), "[]  shape (0, 3), dtype float32");
}

TEST(TensorPrintTest, SeparatesBlocksByALine) {
  EXPECT_EQ(array(arange(8).reshape({2, 2, 2})),
            "[[[0 1]\n"
            "  [2 3]]\n"
            "\n"
            " [[4 5]\n"
            "  [6 7]]]");
}

TEST(TensorPrintTest, BreaksLongRows) {
  EXPECT_EQ(array(arange(30)),
            "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
            " 24 25 26 27 28 29]");
  EXPECT_EQ(array(full({12}, 0.1).reshape({1, 12})),
            "[[0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1]]");
}

TEST(TensorPrintTest, SummarisesAboveAThousand) {
  EXPECT_EQ(array(arange(1001)), "[   0    1    2 ...  998  999 1000]");
  EXPECT_EQ(array(zeros({60, 50})),
            "[[0. 0. 0. ... 0. 0. 0.]\n"
            " [0. 0. 0. ... 0. 0. 0.]\n"
            " [0. 0. 0. ... 0. 0. 0.]\n"
            " ...\n"
            " [0. 0. 0. ... 0. 0. 0.]\n"
            " [0. 0. 0. ... 0. 0. 0.]\n"
            " [0. 0. 0. ... 0. 0. 0.]]");
  EXPECT_EQ(array(arange(2002).reshape({2, 1001})),
            "[[   0    1    2 ...  998  999 1000]\n"
            " [1001 1002 1003 ... 1999 2000 2001]]");
  EXPECT_EQ(array(arange(1000)).find("..."), std::string::npos);
}

}  // namespace
}  // namespace minnow
