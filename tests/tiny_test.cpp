// Read this file first. Exact facts about minnow, each a line or two, all of them in a second.
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "core/error.h"
#include "core/ops.h"
#include "core/random.h"
#include "core/tensor.h"

namespace minnow {
namespace {

TEST(Tiny, ALiteralIsATensorOfFloats) {
  EXPECT_EQ(tensor({{1, 2}, {3, 4}}).str(),
            "[[1. 2.]\n"
            " [3. 4.]]  shape (2, 2), dtype float32");
}

TEST(Tiny, ArithmeticBroadcasts) {
  EXPECT_EQ((tensor({{1}, {2}}) + tensor({10, 20})).str(),
            "[[11. 21.]\n"
            " [12. 22.]]  shape (2, 2), dtype float32");
}

TEST(Tiny, AMeanByRow) {
  EXPECT_EQ(mean(tensor({{1, 2, 3}, {4, 5, 9}}), {.axis = 1}).str(),
            "[2. 6.]  shape (2,), dtype float32");
}

TEST(Tiny, ACopyIsAValueOfItsOwn) {
  Tensor a = tensor({1, 2, 3});
  const Tensor b = a;                // shares storage ...
  a.mutable_values<float>()[0] = 9;  // ... until one of them is written to
  EXPECT_EQ(b.at<float>({0}), 1.0F);
}

TEST(Tiny, AReshapeAndASliceCopyNothing) {
  const Tensor x({10, 784});
  EXPECT_EQ(x.reshape({10, 28, 28, 1}).bytes(), x.bytes());
  EXPECT_EQ(x.slice_rows(2, 5).bytes(), x.bytes() + 2 * 784 * 4);
}

TEST(Tiny, OneSizeOfAReshapeMayBeLeftOpen) {
  EXPECT_EQ(Tensor({10, 784}).reshape({-1, 28, 28}).shape().str(), "(10, 28, 28)");
}

TEST(Tiny, ASeedFixesEveryNumber) {
  Rng rng(1);
  EXPECT_EQ(uniform({3}, rng).str(),
            "[0.89025915 0.8946847  0.5857259 ]  shape (3,), dtype float32");
  EXPECT_EQ(randint(0, 10, {5}, rng).str(), "[7 6 8 4 6]  shape (5,), dtype int64");
}

TEST(Tiny, AnErrorSaysWhatWasExpectedAndWhatCame) {
  try {
    Tensor({10, 784}).reshape({10, 28, 29});
    FAIL() << "nothing was thrown";
  } catch (const InvalidArgument& e) {
    EXPECT_STREQ(e.what(),
                 "[Tensor::reshape] shape: expected 7840 elements as in (10, 784), got 8120 in "
                 "(10, 28, 29).");
  }
}

TEST(Tiny, TypesNeverMixInSilence) {
  EXPECT_THROW(tensor({1, 2}) + arange(2), InvalidArgument);
  EXPECT_EQ((tensor({1, 2}) + arange(2).astype(DType::float32)).str(),
            "[1. 3.]  shape (2,), dtype float32");
}

}  // namespace
}  // namespace minnow
