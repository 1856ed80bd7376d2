#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "door.h"
#include "model.h"
#include "session.h"

namespace minnow {

/// What is behind a Model: the layers until it is built, the session from then on.
struct Model::Impl {
  ModelOptions options;
  Workers workers;
  std::vector<Layer> layers;               // of a Sequential that is not built yet
  std::optional<CompileOptions> compiled;  // of a model that is not built yet
  std::unique_ptr<Session> session;
  TrainProgress progress;
  bool sequential = false;
  bool fitting = false;

  explicit Impl(ModelOptions o) : options(std::move(o)), workers(options.threads) {}

  Session& built(std::string_view where) const;
  void refuse_in_fit(std::string_view where) const;
  std::unique_ptr<Session> make_session(const Shape& row) const;
  const CompileOptions* compile_options() const;
};

/// A call's session: the model's own, or one made for the first data of a Sequential without Input,
/// which becomes the model's only when the data have passed the door.
class PendingSession {
 public:
  PendingSession(Model::Impl& impl, std::string_view where, const Tensors& x);

  Session& operator*() const { return *session_; }
  Session* operator->() const { return session_; }
  void keep();

 private:
  Model::Impl& impl_;
  std::unique_ptr<Session> fresh_;
  Session* session_;
};

/// The door of a call, with the compiled ways of taking x.
Door door_of(const Model::Impl& impl, std::string_view where, const Session& session);

/// Checks x (and y, where there is any) with its weights.
CheckedData check_data(const Door& door, const Session& session, const Tensors& x, const Tensors* y,
                       const Tensors& sample_weight,
                       const std::map<std::int64_t, float>& class_weight,
                       const std::string& prefix = "");

}  // namespace minnow
