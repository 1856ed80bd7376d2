#pragma once

#include <memory>
#include <utility>

namespace minnow {

/// A copyable description held by value: what a compile option is. Nothing in it changes; the state
/// of training lives in the model.
template <class Impl>
class Handle {
 public:
  explicit Handle(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  const Impl& impl() const noexcept { return *impl_; }
  const Impl* operator->() const noexcept { return impl_.get(); }

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace minnow
