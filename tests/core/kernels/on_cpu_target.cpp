// Runs every test of the program on the instruction set that MINNOW_TEST_TARGET names.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "core/kernels/cpu_target.h"

namespace minnow::test {
namespace {

class OnCpuTarget : public testing::Environment {
 public:
  void SetUp() override {
    const char* asked = std::getenv("MINNOW_TEST_TARGET");
    if (asked == nullptr) return;
    const std::string_view name =
        std::string_view(asked) == "fallback" ? kernels::cpu_targets().back() : asked;
    if (!kernels::use_cpu_target(name)) GTEST_SKIP() << "this processor has no " << name;
    std::cout << "Kernels run on " << kernels::cpu_target() << '\n';
    EXPECT_EQ(kernels::cpu_target(), name);
  }
};

const auto* const environment = testing::AddGlobalTestEnvironment(new OnCpuTarget);

}  // namespace
}  // namespace minnow::test
