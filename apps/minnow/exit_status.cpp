#include "apps/minnow/exit_status.h"

#include <fmt/format.h>

#include <iostream>
#include <new>

#include "core/error.h"

namespace minnow::apps {

ExitStatus report(const std::exception& error) {
  if (const auto* own = dynamic_cast<const Error*>(&error)) {
    std::cerr << fmt::format("minnow: {}: {}\n", name(own->code()), own->what());
    return own->code() == ErrorCode::invalid_argument ? exit_bad_input : exit_failed;
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    std::cerr << fmt::format("minnow: {}: more memory is needed than there is.\n",
                             name(ErrorCode::resource_exhausted));
    return exit_failed;
  }
  std::cerr << fmt::format("minnow: error: {}\n", error.what());
  return exit_failed;
}

}  // namespace minnow::apps
