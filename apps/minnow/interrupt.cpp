#include "apps/minnow/interrupt.h"

#include <unistd.h>

#include <atomic>

#include "apps/minnow/exit_status.h"

namespace minnow::apps {
namespace {

// A signal handler can reach nothing but a global. It may run on any thread, hence atomic.
std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void remember_signal(int) {
  if (signalled.exchange(true)) _exit(exit_interrupted);
}

}  // namespace

StopOnSignal::StopOnSignal() {
  signalled = false;
  struct sigaction action {};
  action.sa_handler = remember_signal;
  action.sa_flags = SA_RESTART;  // reading and writing go on as if nothing had been
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
}

StopOnSignal::~StopOnSignal() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
}

bool StopOnSignal::requested() const noexcept { return signalled; }

void StopOnSignal::on_train_begin(FitContext& context) {
  if (requested()) context.stop();
}

void StopOnSignal::on_batch_end(FitContext& context, std::int64_t, const Logs&) {
  if (requested()) context.stop();
}

// A signal during validation: no further batch shall begin.
void StopOnSignal::on_epoch_end(FitContext& context, std::int64_t, const Logs&) {
  if (requested()) context.stop();
}

}  // namespace minnow::apps
