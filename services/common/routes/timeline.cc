#include "common/routes/timeline.h"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

namespace nara {

using google::protobuf::Timestamp;
using registry::v1::Absence;
using registry::v1::Assignment;
using registry::v1::Correction;
using registry::v1::Purpose;
using registry::v1::Responsibility;
using registry::v1::Route;

namespace {

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kFarthest = std::int64_t{1} << 60;

// Seconds and nanos in range, so that pairs compare as instants.
std::tuple<std::int64_t, std::int64_t> Normal(const Timestamp& time) {
  std::int64_t seconds = std::clamp(time.seconds(), -kFarthest, kFarthest) + time.nanos() / kNanos;
  std::int64_t nanos = time.nanos() % kNanos;
  if (nanos < 0) {
    --seconds;
    nanos += kNanos;
  }
  return {seconds, nanos};
}

// An assignment, an absence, or the time of a correction.
template <typename Period>
bool Covers(const Period& period, const Timestamp& at) {
  return !Before(at, period.start_at()) && (!period.has_end_at() || Before(at, period.end_at()));
}

}  // namespace

bool Before(const Timestamp& a, const Timestamp& b) {
  return Normal(a) < Normal(b);
}

const Assignment* AssignmentAt(const Route& route, const Timestamp& at) {
  for (const Assignment& assignment : route.assignments()) {
    if (Covers(assignment, at)) return &assignment;
  }
  return nullptr;
}

const Assignment* FindAssignment(const Route& route, const std::string& assignment) {
  for (const Assignment& candidate : route.assignments()) {
    if (candidate.id() == assignment) return &candidate;
  }
  return nullptr;
}

const Responsibility* ResponsibleAt(const Assignment& assignment, Purpose purpose, const Timestamp& at) {
  const Responsibility* answers = nullptr;
  for (const Responsibility& point : assignment.responsibilities()) {
    if (point.purpose() != purpose || Before(at, point.since())) continue;
    if (answers == nullptr || Before(answers->since(), point.since())) answers = &point;
  }
  return answers;
}

const Responsibility* ResponsibleAt(const Route& route, Purpose purpose, const Timestamp& at) {
  const Assignment* assignment = AssignmentAt(route, at);
  return assignment == nullptr ? nullptr : ResponsibleAt(*assignment, purpose, at);
}

std::vector<const Correction*> CorrectionsAfter(const Route& route, Purpose purpose, std::string assignment,
                                                std::uint64_t revision, const Timestamp& at) {
  std::vector<const Correction*> steps;
  for (const Correction& correction : route.corrections()) {
    if (correction.purpose() != purpose || correction.revision() <= revision) continue;
    if (correction.from_assignment() != assignment || !Covers(correction, at)) continue;
    steps.push_back(&correction);
    assignment = correction.to_assignment();
  }
  return steps;
}

const Absence* AbsentAt(const Assignment& assignment, const Timestamp& at) {
  for (const Absence& absence : assignment.absences()) {
    if (Covers(absence, at)) return &absence;
  }
  return nullptr;
}

const Absence* AbsentAt(const Route& route, const Timestamp& at) {
  const Assignment* assignment = AssignmentAt(route, at);
  return assignment == nullptr ? nullptr : AbsentAt(*assignment, at);
}

}  // namespace nara
