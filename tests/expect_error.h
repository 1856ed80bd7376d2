#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/error.h"

namespace minnow {

/// Fails unless `call` throws an Expected whose whole text is `message`.
template <class Expected, class F>
void expect_error(F&& call, std::string_view message) {
  try {
    call();
  } catch (const Expected& e) {
    EXPECT_EQ(std::string_view(e.what()), message);
    return;
  } catch (const std::exception& e) {
    ADD_FAILURE() << "another class of error: " << e.what();
    return;
  }
  ADD_FAILURE() << "nothing was thrown; expected: " << message;
}

}  // namespace minnow
