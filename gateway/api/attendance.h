#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/metrics.h"
#include "gateway/ports.h"

namespace nara::gateway {

// FAILED_PRECONDITION, reason NOT_ATTENDING: who says that an offer is on a screen follows nothing here.
absl::Status NotAttending();

// One receiver's attendance at the alert router, for the pages of that receiver: it is there while somebody really
// follows, so that no alert waits for a screen that is gone. Nothing is confirmed here but what a page says
// (Delivered). Never blocks; any thread.
class Attendance {
 public:
  // How long the attendance outlives the last page: a page that is loaded again, or whose connection broke, is back
  // within it, and its alerts are not offered to somebody else meanwhile.
  static constexpr absl::Duration kGrace = absl::Seconds(3);
  // Between the end of a stream that broke and the next.
  static constexpr absl::Duration kPause = absl::Seconds(1);

  // All must outlive it. `on_pulse` is as AlertPort::Attend calls it.
  Attendance(std::string receiver, AlertPort& alerts, Metrics& metrics, AlertPort::OnPulse on_pulse)
      : receiver_(std::move(receiver)), alerts_(alerts), metrics_(metrics), on_pulse_(std::move(on_pulse)) {}
  ~Attendance() { End(); }

  // Begins, keeps or ends the stream, by whether anybody follows at `now` (a monotonic time). To be called several
  // times a second.
  void Look(bool followed, absl::Duration now);
  // As if the last page had gone long ago.
  void End();

  // Passes on that a page shows the offer with this version of the alert. NotAttending() while there is no stream.
  absl::Status Delivered(const std::string& alert, std::uint64_t version);

 private:
  const std::string receiver_;
  AlertPort& alerts_;
  Metrics& metrics_;
  const AlertPort::OnPulse on_pulse_;
  std::mutex mutex_;
  std::unique_ptr<AttendLink> link_;                 // guarded by mutex_
  absl::Duration last_ = -absl::InfiniteDuration();  // guarded by mutex_: when somebody followed last
  absl::Duration next_ = -absl::InfiniteDuration();  // guarded by mutex_: no stream is begun before
};

}  // namespace nara::gateway
