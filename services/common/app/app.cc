#include "common/app/app.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace nara::app {

Parts::~Parts() {
  Stop();
}

void Parts::Add(std::string name, StartFunction start, StopFunction stop) {
  parts_.push_back({std::move(name), std::move(start), std::move(stop)});
}

absl::Status Parts::Start() {
  while (started_ < parts_.size()) {
    const Part& part = parts_[started_];
    const absl::Status status = part.start();
    if (!status.ok()) {
      Stop();
      return absl::Status(status.code(), absl::StrCat(part.name, ": ", status.message()));
    }
    ++started_;
  }
  return absl::OkStatus();
}

void Parts::Stop() {
  while (started_ > 0) {
    const Part& part = parts_[--started_];
    if (part.stop) part.stop();
  }
}

}  // namespace nara::app
