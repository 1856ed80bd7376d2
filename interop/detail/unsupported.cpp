#include "interop/detail/unsupported.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace minnow::detail {
namespace {

constexpr std::string_view supported = " Supported: ";

// What a message says is supported instead. Things of one kind say the same.
std::string_view alternatives(std::string_view message) {
  const std::size_t at = message.rfind(supported);
  return at == message.npos ? std::string_view() : message.substr(at);
}

}  // namespace

void Unsupported::report(std::string_view where, std::string_view name) const {
  if (messages_.empty()) return;
  if (messages_.size() == 1) {
    std::string_view message = messages_.front();  // "[where] text"
    const std::size_t end = message.find("] ");
    throw Unimplemented(message.substr(1, end - 1), message.substr(end + 2));
  }
  std::string text = fmt::format("{}: {} things are not supported:", name, messages_.size());
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    std::string_view message = messages_[i];
    const std::string_view own = alternatives(message);
    const bool said_below =
        std::any_of(messages_.begin() + static_cast<std::ptrdiff_t>(i) + 1, messages_.end(),
                    [&](std::string_view later) { return alternatives(later) == own; });
    if (said_below) message.remove_suffix(own.size());
    text += fmt::format("\n  {}", message);
  }
  throw Unimplemented(where, text);
}

}  // namespace minnow::detail
