#include "device_registry/responsibility/forms.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/time/time.h"
#include "common/routes/timeline.h"
#include "common/time/proto_time.h"

namespace nara::registry {
namespace {

using google::protobuf::Timestamp;

template <typename Predicate>
void DropPoints(v1::Assignment& assignment, Predicate drop) {
  auto& points = *assignment.mutable_responsibilities();
  points.erase(std::remove_if(points.begin(), points.end(), drop), points.end());
}

bool Runs(const v1::Assignment& assignment, const Timestamp& at) {
  return !Before(at, assignment.start_at()) && (!assignment.has_end_at() || Before(at, assignment.end_at()));
}

// Whose, and to whom, at an instant; all empty for nobody.
struct Holder {
  std::string assignment, resident, principal, unit;
  bool operator==(const Holder&) const = default;
};

Holder HolderAt(const std::vector<v1::Assignment>& assignments, v1::Purpose purpose, const Timestamp& at) {
  for (const v1::Assignment& assignment : assignments) {
    if (!Runs(assignment, at)) continue;
    const v1::Responsibility* point = ResponsibleAt(assignment, purpose, at);
    if (point == nullptr) return {assignment.id(), assignment.resident(), "", ""};
    return {assignment.id(), assignment.resident(), point->principal(), point->unit()};
  }
  return {};
}

void AddBoundaries(const std::vector<v1::Assignment>& assignments, std::set<absl::Time>& instants) {
  for (const v1::Assignment& assignment : assignments) {
    instants.insert(FromProto(assignment.start_at()));
    if (assignment.has_end_at()) instants.insert(FromProto(assignment.end_at()));
    for (const v1::Responsibility& point : assignment.responsibilities()) instants.insert(FromProto(point.since()));
  }
}

v1::Correction Piece(v1::Purpose purpose, const Holder& from, const Holder& to) {
  v1::Correction piece;
  piece.set_purpose(purpose);
  piece.set_from_assignment(from.assignment);
  piece.set_from_resident(from.resident);
  piece.set_from_principal(from.principal);
  piece.set_from_unit(from.unit);
  piece.set_to_assignment(to.assignment);
  piece.set_to_resident(to.resident);
  piece.set_to_principal(to.principal);
  piece.set_to_unit(to.unit);
  return piece;
}

bool SameSides(const v1::Correction& a, const v1::Correction& b) {
  const auto sides = [](const v1::Correction& c) {
    return std::tie(c.from_assignment(), c.from_resident(), c.from_unit(), c.to_assignment(), c.to_resident(),
                    c.to_unit());
  };
  return a.purpose() == b.purpose() && sides(a) == sides(b) && SameTime(a.end_at(), b.start_at());
}

}  // namespace

Timestamp Stored(const Timestamp& time) {
  Timestamp stored = time;
  stored.set_nanos(time.nanos() / 1000 * 1000);
  return stored;
}

bool SameTime(const Timestamp& a, const Timestamp& b) {
  return !Before(a, b) && !Before(b, a);
}

v1::Responsibility PointOf(v1::Purpose purpose, const v1::Unit& unit, const Timestamp& since) {
  v1::Responsibility point;
  point.set_purpose(purpose);
  *point.mutable_since() = since;
  point.set_principal(unit.principal());
  point.set_provider(unit.provider());
  point.set_unit(unit.id());
  return point;
}

void SortPoints(v1::Assignment& assignment) {
  auto& points = *assignment.mutable_responsibilities();
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) {
    return a.purpose() != b.purpose() ? a.purpose() < b.purpose() : Before(a.since(), b.since());
  });
}

void EndAt(v1::Assignment& assignment, const Timestamp& end_at) {
  *assignment.mutable_end_at() = end_at;
  DropPoints(assignment, [&](const v1::Responsibility& point) { return !Before(point.since(), end_at); });
}

void AnswerFrom(v1::Assignment& assignment, const v1::Responsibility& point) {
  DropPoints(assignment, [&](const v1::Responsibility& other) {
    return other.purpose() == point.purpose() && !Before(other.since(), point.since());
  });
  *assignment.add_responsibilities() = point;
  SortPoints(assignment);
}

void StartAt(v1::Assignment& assignment, const Timestamp& start_at) {
  for (const v1::Purpose purpose : {v1::PURPOSE_CARE, v1::PURPOSE_ALARM}) {
    const v1::Responsibility* known = ResponsibleAt(assignment, purpose, start_at);
    if (known == nullptr) known = ResponsibleAt(assignment, purpose, assignment.start_at());
    if (known == nullptr) continue;
    v1::Responsibility first = *known;
    *first.mutable_since() = start_at;
    DropPoints(assignment, [&](const v1::Responsibility& point) {
      const bool was_first = SameTime(point.since(), assignment.start_at());
      return point.purpose() == purpose && (was_first || !Before(start_at, point.since()));
    });
    *assignment.add_responsibilities() = first;
  }
  *assignment.mutable_start_at() = start_at;
  SortPoints(assignment);
}

std::vector<v1::Correction> CorrectionsOf(const std::vector<v1::Assignment>& before,
                                          const std::vector<v1::Assignment>& after, const Timestamp& now) {
  std::set<absl::Time> instants = {FromProto(now)};
  AddBoundaries(before, instants);
  AddBoundaries(after, instants);
  std::vector<v1::Correction> corrections;
  for (const v1::Purpose purpose : {v1::PURPOSE_CARE, v1::PURPOSE_ALARM}) {
    for (auto at = instants.begin(); *at < FromProto(now); ++at) {
      const Holder from = HolderAt(before, purpose, ToProto(*at));
      const Holder to = HolderAt(after, purpose, ToProto(*at));
      if (from.unit.empty() || from == to) continue;
      v1::Correction piece = Piece(purpose, from, to);
      *piece.mutable_start_at() = ToProto(*at);
      *piece.mutable_end_at() = ToProto(*std::next(at));
      if (!corrections.empty() && SameSides(corrections.back(), piece)) {
        *corrections.back().mutable_end_at() = piece.end_at();
      } else {
        corrections.push_back(std::move(piece));
      }
    }
  }
  return corrections;
}

}  // namespace nara::registry
