#include "common/app/health.h"

#include "absl/strings/str_cat.h"

namespace nara::app {

void Health::Set(State state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
}

Health::State Health::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Health::AddCheck(std::string name, std::function<absl::Status()> check) {
  const std::lock_guard lock(mutex_);
  checks_.push_back({std::move(name), std::move(check)});
}

absl::Status Health::Ready() const {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kReady) return absl::UnavailableError(state_ == State::kStarting ? "starting" : "stopping");
  for (const Check& check : checks_) {
    const absl::Status status = check.ask();
    if (!status.ok()) return absl::UnavailableError(absl::StrCat(check.name, ": ", status.message()));
  }
  return absl::OkStatus();
}

}  // namespace nara::app
