// People at their receivers: who may attend, and the pulse by which they know
// that alarms would reach them.
//
// Threads: Attach and Detach from any. Beat once a second, by the thread between
// Start and Stop, or by a test. It needs no store: the pulse goes on, and tells
// how blind we are, while PostgreSQL or Redis is down.
#pragma once

#include <memory>
#include <thread>

#include "alert_router/caretaker.h"
#include "alert_router/desk.h"
#include "alert_router/lag.h"
#include "alert_router/links.h"
#include "alert_router/watchers.h"
#include "common/time/clock.h"

namespace nara::alert {

class Attendance {
 public:
  // All must outlive it.
  struct Deps {
    const Desk& desk;
    Links& links;
    Watchers& watchers;
    Caretaker& caretaker;
    const Lag& lag;
    Metrics& metrics;
    const Clock& clock;
  };

  explicit Attendance(Deps deps) : deps_(deps) {}
  ~Attendance() { Stop(); }

  // The screen gets a pulse at once, then what is open at the receiver. PermissionDenied or
  // NotFound when the caller may not be this receiver.
  absl::StatusOr<Links::Id> Attach(const rpc::CallContext& call, const Actor& actor, std::shared_ptr<Screen> screen);

  // Its stream has ended.
  void Detach(Links::Id link) { deps_.links.Detach(link); }

  // A pulse to every screen and watcher; who lost the right to attend is cut off.
  void Beat();

  void Start();
  void Stop();

 private:
  const Deps deps_;
  std::jthread thread_;
};

}  // namespace nara::alert
