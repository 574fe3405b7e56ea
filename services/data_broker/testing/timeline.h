// A device's route, put together in a test's words.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "data_broker/testing/fakes.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::broker::testing {

// Whose a device is in the eyes of one route: an assignment, its resident, its unit.
struct Side {
  std::string assignment = {};
  std::string resident = {};
  std::string unit = {};
  std::string principal = "1480";
};

class Timeline {
 public:
  explicit Timeline(const std::string& device) { route_.set_device(device); }

  // `side` has the device from `start` on.
  Timeline& Assign(const Side& side, std::int64_t start = kNoon - 1000) {
    auto& assignment = *route_.add_assignments();
    assignment.set_id(side.assignment);
    assignment.set_resident(side.resident);
    assignment.mutable_start_at()->set_seconds(start);
    return Care(side, start);
  }
  // From `since` on its unit answers in its assignment.
  Timeline& Care(const Side& side, std::int64_t since) {
    for (auto& assignment : *route_.mutable_assignments()) {
      if (assignment.id() != side.assignment) continue;
      auto& point = *assignment.add_responsibilities();
      point.set_purpose(registry::v1::PURPOSE_CARE);
      point.mutable_since()->set_seconds(since);
      point.set_principal(side.principal);
      point.set_unit(side.unit);
    }
    return *this;
  }
  Timeline& End(const std::string& id, std::int64_t end) {
    for (auto& assignment : *route_.mutable_assignments()) {
      if (assignment.id() == id) assignment.mutable_end_at()->set_seconds(end);
    }
    return *this;
  }
  // In [start, end) it was believed to be `from`'s, and is `to`'s.
  Timeline& Correct(std::uint64_t revision, const Side& from, const Side& to, std::int64_t start = kNoon,
                    std::int64_t end = kNoon + 1'000'000) {
    auto& correction = *route_.add_corrections();
    correction.set_purpose(registry::v1::PURPOSE_CARE);
    correction.set_revision(revision);
    correction.mutable_start_at()->set_seconds(start);
    correction.mutable_end_at()->set_seconds(end);
    correction.set_from_assignment(from.assignment);
    correction.set_from_resident(from.resident);
    correction.set_from_unit(from.unit);
    correction.set_from_principal(from.principal);
    correction.set_to_assignment(to.assignment);
    correction.set_to_resident(to.resident);
    correction.set_to_unit(to.unit);
    if (!to.unit.empty()) correction.set_to_principal(to.principal);
    return *this;
  }

  registry::v1::Route At(std::uint64_t revision) const {
    registry::v1::Route route = route_;
    route.set_revision(revision);
    return route;
  }

 private:
  registry::v1::Route route_;
};

}  // namespace nara::broker::testing
