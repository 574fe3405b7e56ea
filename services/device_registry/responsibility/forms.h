// An assignment as a form that is read, changed and compared: no store in here.
#pragma once

#include <string>
#include <vector>

#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// As PostgreSQL keeps it: whole microseconds.
google::protobuf::Timestamp Stored(const google::protobuf::Timestamp& time);
bool SameTime(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b);

v1::Responsibility PointOf(v1::Purpose purpose, const v1::Unit& unit, const google::protobuf::Timestamp& since);

// By purpose, then time.
void SortPoints(v1::Assignment& assignment);

// Ends it, without the change points that were planned for later.
void EndAt(v1::Assignment& assignment, const google::protobuf::Timestamp& end_at);

// From its `since` on `point` answers for its purpose, whoever was to follow.
void AnswerFrom(v1::Assignment& assignment, const v1::Responsibility& point);

// Moves the start. Change points before it are folded into one at the start; where
// there is none, the first one comes earlier.
void StartAt(v1::Assignment& assignment, const google::protobuf::Timestamp& start_at);

// The times before `now` in which somebody received, by what a device's assignments
// were believed to be, and somebody else should have, by what they are. By purpose,
// then time; without a revision.
std::vector<v1::Correction> CorrectionsOf(const std::vector<v1::Assignment>& before,
                                          const std::vector<v1::Assignment>& after,
                                          const google::protobuf::Timestamp& now);

}  // namespace nara::registry
