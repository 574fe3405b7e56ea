#include "gateway/api/attendance.h"

#include <utility>

#include "common/log/log.h"
#include "common/rpc/error.h"

namespace nara::gateway {
namespace {

// The person at a web page is not told apart yet.
constexpr char kPerson[] = "web";

}  // namespace

absl::Status NotAttending() {
  return rpc::Error(
      absl::StatusCode::kFailedPrecondition, "NOT_ATTENDING",
      "this client attends at no receiver here: follow /api/v1/stream as an alarm centre, then say it again");
}

void Attendance::Look(bool followed, absl::Duration now) {
  std::unique_ptr<AttendLink> broken;  // goes outside of the lock
  std::unique_lock lock(mutex_);
  if (followed) last_ = now;
  if (now - last_ >= kGrace) {
    lock.unlock();
    return End();
  }
  if (link_ && !link_->status().ok()) {
    log::Warn("attendance", "the stream ended", {{"client", receiver_}, {"reason", link_->status().ToString()}});
    broken = std::move(link_);
    next_ = now + kPause;
    metrics_.AttendanceBroke();
    metrics_.AttendanceEnded();
  }
  if (!followed || link_ || now < next_) return;
  link_ = alerts_.Attend(receiver_, kPerson, on_pulse_);
  metrics_.AttendanceBegan();
}

void Attendance::End() {
  std::unique_ptr<AttendLink> over;
  {
    const std::lock_guard lock(mutex_);
    over = std::move(link_);
  }
  if (!over) return;
  log::Info("attendance", "nobody follows any more", {{"client", receiver_}});
  metrics_.AttendanceEnded();
}

absl::Status Attendance::Delivered(const std::string& alert, std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  return link_ && link_->Delivered(alert, version) ? absl::OkStatus() : NotAttending();
}

}  // namespace nara::gateway
