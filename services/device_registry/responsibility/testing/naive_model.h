// A naive model of who answers for whom, for tests.
#pragma once

#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "absl/time/time.h"
#include "common/time/proto_time.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry::testing {

// What an assignment is, without any of the registry's code.
struct Life {
  std::string id, device, user;
  absl::Time start;
  absl::Time end = absl::InfiniteFuture();
  std::map<int, std::map<absl::Time, std::string>> points;  // by purpose and time

  void EndAt(absl::Time at) {
    end = at;
    for (auto& [purpose, line] : points) line.erase(line.lower_bound(at), line.end());
  }
  void AnswerFrom(int purpose, absl::Time at, const std::string& unit) {
    points[purpose].erase(points[purpose].lower_bound(at), points[purpose].end());
    points[purpose][at] = unit;
  }
  std::string UnitAt(int purpose, absl::Time at) const {
    const auto after = points.at(purpose).upper_bound(at);
    return after == points.at(purpose).begin() ? "" : std::prev(after)->second;
  }
  std::string Text() const {
    std::ostringstream text;
    text << id << " " << device << " " << user << " " << start << " " << end;
    for (const auto& [purpose, line] : points) {
      for (const auto& [at, unit] : line) text << " " << purpose << "@" << at << "=" << unit;
    }
    return text.str();
  }
};

inline Life LifeOf(const v1::Assignment& assignment) {
  Life life{.id = assignment.id(),
            .device = assignment.device(),
            .user = assignment.resident() + assignment.unit(),
            .start = FromProto(assignment.start_at()),
            .points = {}};
  if (assignment.has_end_at()) life.end = FromProto(assignment.end_at());
  for (const auto& point : assignment.responsibilities()) {
    life.points[point.purpose()][FromProto(point.since())] = point.unit();
  }
  return life;
}

using State = std::map<std::string, Life>;  // by assignment

struct Holder {
  std::string assignment, user, unit;
  bool operator==(const Holder&) const = default;
};

inline Holder HolderAt(const State& state, const std::string& device, int purpose, absl::Time at) {
  for (const auto& [id, life] : state) {
    if (life.device == device && life.start <= at && at < life.end) return {id, life.user, life.UnitAt(purpose, at)};
  }
  return {};
}

}  // namespace nara::registry::testing
