#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/tensor.h"
#include "core/train/model.h"
#include "interop/architecture.h"

namespace minnow::testing {

/// The same graph and settings, weights, optimizer state and step, to the bit.
inline void expect_same(const Model& a, const Model& b) {
  const auto same = [](const std::vector<NamedTensor>& x, const std::vector<NamedTensor>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [](const NamedTensor& l, const NamedTensor& r) {
                        return l.name == r.name && same_bits(l.value, r.value);
                      });
  };
  EXPECT_TRUE(same(a.named_weights(), b.named_weights()));
  EXPECT_TRUE(same(a.optimizer_state(), b.optimizer_state()));
  EXPECT_EQ(a.step(), b.step());
  EXPECT_EQ(to_json(a), to_json(b));
}

}  // namespace minnow::testing
