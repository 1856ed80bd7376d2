#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace minnow {

/// What kind of error it is, in the sense of Abseil's status codes: `invalid_argument` is wrong
/// whatever the state of the object, `failed_precondition` is the right call at the wrong moment.
enum class ErrorCode {
  invalid_argument,
  failed_precondition,
  not_found,
  data_loss,
  io_error,
  unimplemented,
  resource_exhausted,
  diverged,
};

/// The class name that goes with a code: "InvalidArgument", "DataLoss", ...
std::string_view name(ErrorCode code) noexcept;

/// Base of everything minnow throws. Every message reads "[where] what was expected, what came,
/// how to mend it".
class Error : public std::runtime_error {
 public:
  ErrorCode code() const noexcept { return code_; }

 protected:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

 private:
  ErrorCode code_;
};

/// The parts of an InvalidArgument, which copies them. The message is put together from them:
/// "[where] argument: expected E, got R. hint". Empty parts are left out.
struct ErrorParts {
  std::string_view where;     ///< the call or layer: "fit", "Conv2D 'conv2d'"
  std::string_view argument;  ///< the argument or property: "x", "kernel_size"
  std::string_view expected;  ///< what would have been right: "shape (N, 10) for Input 'input'"
  std::string_view received;  ///< what came: "(10, 784)"
  std::string_view hint;      ///< how to mend it, as a sentence with its full stop; may be empty
};

/// An argument is wrong in itself: shape, dtype, value, name.
class InvalidArgument : public Error {
 public:
  explicit InvalidArgument(const ErrorParts& parts);

  const std::string& where() const noexcept { return parts_->where; }
  const std::string& argument() const noexcept { return parts_->argument; }
  const std::string& expected() const noexcept { return parts_->expected; }
  const std::string& received() const noexcept { return parts_->received; }
  const std::string& hint() const noexcept { return parts_->hint; }

 private:
  struct Texts {
    std::string where, argument, expected, received, hint;
  };
  std::shared_ptr<const Texts> parts_;  // shared: an exception's copy must not throw
};

/// The call is right but comes at the wrong moment, as fit before compile.
class FailedPrecondition : public Error {
 public:
  FailedPrecondition(std::string_view where, std::string_view message);
};

/// A file, or an entry in one, is not there.
class NotFound : public Error {
 public:
  NotFound(std::string_view where, std::string_view message);
};

/// A file is truncated, damaged or contradicts itself. The message names path and position.
class DataLoss : public Error {
 public:
  DataLoss(std::string_view where, std::string_view message);
};

/// The operating system refused to open, read, write or rename.
class IoError : public Error {
 public:
  IoError(std::string_view where, std::string_view message);
};

/// Asked for something minnow does not do. The message names it and what is supported.
class Unimplemented : public Error {
 public:
  Unimplemented(std::string_view where, std::string_view message);
};

/// More memory is needed than there is.
class ResourceExhausted : public Error {
 public:
  ResourceExhausted(std::string_view where, std::string_view message);
};

/// Where training left the finite numbers. Epoch and step count from 1, as in the progress text;
/// `epoch` is 0 for a single step outside `fit`.
struct DivergedAt {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  std::string layer;  ///< the first layer where it shows; empty when only the loss does
};

/// Training left the finite numbers. The step that showed it made no update.
class Diverged : public Error {
 public:
  Diverged(std::string_view where, std::string_view message, DivergedAt at);

  std::int64_t epoch() const noexcept { return at_->epoch; }
  std::int64_t step() const noexcept { return at_->step; }
  const std::string& layer() const noexcept { return at_->layer; }

 private:
  std::shared_ptr<const DivergedAt> at_;
};

}  // namespace minnow
