#include "core/error.h"

#include <fmt/format.h>

#include <utility>

namespace minnow {
namespace {

std::string compose(const ErrorParts& parts) {
  std::string text;
  if (!parts.where.empty()) text += fmt::format("[{}] ", parts.where);
  if (!parts.argument.empty()) text += fmt::format("{}: ", parts.argument);
  text += fmt::format("expected {}", parts.expected);
  if (!parts.received.empty()) text += fmt::format(", got {}", parts.received);
  text += '.';
  if (!parts.hint.empty()) text += fmt::format(" {}", parts.hint);
  return text;
}

std::string compose(std::string_view where, std::string_view message) {
  return where.empty() ? std::string(message) : fmt::format("[{}] {}", where, message);
}

}  // namespace

std::string_view name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "InvalidArgument";
    case ErrorCode::failed_precondition:
      return "FailedPrecondition";
    case ErrorCode::not_found:
      return "NotFound";
    case ErrorCode::data_loss:
      return "DataLoss";
    case ErrorCode::io_error:
      return "IoError";
    case ErrorCode::unimplemented:
      return "Unimplemented";
    case ErrorCode::resource_exhausted:
      return "ResourceExhausted";
    case ErrorCode::diverged:
      return "Diverged";
  }
  return "Error";
}

InvalidArgument::InvalidArgument(const ErrorParts& parts)
    : Error(ErrorCode::invalid_argument, compose(parts)),
      parts_(std::make_shared<const Texts>(
          Texts{std::string(parts.where), std::string(parts.argument), std::string(parts.expected),
                std::string(parts.received), std::string(parts.hint)})) {}

FailedPrecondition::FailedPrecondition(std::string_view where, std::string_view message)
    : Error(ErrorCode::failed_precondition, compose(where, message)) {}

NotFound::NotFound(std::string_view where, std::string_view message)
    : Error(ErrorCode::not_found, compose(where, message)) {}

DataLoss::DataLoss(std::string_view where, std::string_view message)
    : Error(ErrorCode::data_loss, compose(where, message)) {}

IoError::IoError(std::string_view where, std::string_view message)
    : Error(ErrorCode::io_error, compose(where, message)) {}

Unimplemented::Unimplemented(std::string_view where, std::string_view message)
    : Error(ErrorCode::unimplemented, compose(where, message)) {}

ResourceExhausted::ResourceExhausted(std::string_view where, std::string_view message)
    : Error(ErrorCode::resource_exhausted, compose(where, message)) {}

Diverged::Diverged(std::string_view where, std::string_view message, DivergedAt at)
    : Error(ErrorCode::diverged, compose(where, message)),
      at_(std::make_shared<const DivergedAt>(std::move(at))) {}

}  // namespace minnow
