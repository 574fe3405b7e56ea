#include "alert_router/alert.h"

namespace nara::alert {

std::string_view StateName(State state) {
  switch (state) {
    case State::kRaised:
      return "raised";
    case State::kOffered:
      return "offered";
    case State::kAccepted:
      return "accepted";
    case State::kDispatched:
      return "dispatched";
    case State::kOnSite:
      return "on_site";
    case State::kResolved:
      return "resolved";
    case State::kCancelled:
      return "cancelled";
    case State::kExpired:
      return "expired";
  }
  return "unknown";
}

bool IsEnded(State state) {
  return state >= State::kResolved;
}

bool IsUnanswered(State state) {
  return state == State::kRaised || state == State::kOffered;
}

Place PlaceOf(const Alert& alert) {
  return {alert.offered_at, alert.raised_at, alert.id};
}

}  // namespace nara::alert
