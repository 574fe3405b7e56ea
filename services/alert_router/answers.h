// Who answers for an alarm, and by which chain.
//
// A device's alarm goes to the unit that answers for ALARM of the assignment in
// which the event was produced, by who answers now. Where nobody does, or the
// unit has no chain, it goes to the fallback unit of the device, else to the
// configured fallback receiver: never to nobody.
//
// Threads: any. Works on the local copies of routes and chains, so it answers
// while the registry is down.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "alert_router/alert.h"
#include "common/routes/route_table.h"

namespace nara::alert {

struct Responsible {
  std::string principal;
  std::string unit;   // empty when only the fallback receiver is left
  PinnedChain chain;  // at least one step
  std::string product;
  // Why it did not go where it should have: kNoResponsible or kNoChain; empty
  // when it did.
  std::string astray;
};

class Answers {
 public:
  // The tables must outlive it. `last_resort` watches over the county.
  Answers(const RouteTable& routes, const ChainTable& chains, Step last_resort);

  // For an event of `device` produced within `assignment` (empty: the one that
  // runs now).
  Responsible ForAlarm(const std::string& device, const std::string& assignment,
                       const google::protobuf::Timestamp& now) const;

  // The revision of the registry by which we answer.
  uint64_t route_revision() const { return routes_.revision(); }

  // For what concerns the device itself: its owner's fallback unit.
  Responsible ForTechnical(const std::string& device) const;

 private:
  Responsible Fallback(const registry::v1::Route* route, const std::string& astray) const;
  bool Pin(const std::string& unit, PinnedChain& chain) const;

  const RouteTable& routes_;
  const ChainTable& chains_;
  const Step last_resort_;
};

}  // namespace nara::alert
