// Whose a record is, and who answers: the one shared reading of a route's
// timeline, used by ingest, data broker, alert router and gateway alike.
//
// Times are instants in UTC. A period holds its start and not its end. The
// returned pointers live as long as the argument.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nara/registry/v1/registry.pb.h"

namespace nara {

// Orders two instants; also right when a sender left nanos above 10^9.
bool Before(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b);

// The assignment that ran at `at`; null when the device was nobody's.
const registry::v1::Assignment* AssignmentAt(const registry::v1::Route& route, const google::protobuf::Timestamp& at);

// The assignment with this id; null when the route has none such.
const registry::v1::Assignment* FindAssignment(const registry::v1::Route& route, const std::string& assignment);

// Who answers for `purpose` at `at`, inside one assignment: the newest change
// point not after `at`. Before the assignment's start nobody does (null); after
// its end the last one still does, since an alarm or a late delivery must not
// fall between.
const registry::v1::Responsibility* ResponsibleAt(const registry::v1::Assignment& assignment,
                                                  registry::v1::Purpose purpose, const google::protobuf::Timestamp& at);

// Who answers for `purpose` of the device at `at`; null when it was nobody's.
const registry::v1::Responsibility* ResponsibleAt(const registry::v1::Route& route, registry::v1::Purpose purpose,
                                                  const google::protobuf::Timestamp& at);

// The corrections that lead on a record which was made under `assignment` by the route
// of `revision`, in their order: it belongs to where the last of them leads, which may be
// nobody (docs/formats/corrections.md). None: it is where it was. A record that has
// been led on already, part of the way or all of it, ends in the same place.
std::vector<const registry::v1::Correction*> CorrectionsAfter(const registry::v1::Route& route,
                                                              registry::v1::Purpose purpose, std::string assignment,
                                                              std::uint64_t revision,
                                                              const google::protobuf::Timestamp& at);

// The absence that the resident of the assignment is in at `at`; null when at home.
// Alarms of doses, movement and planned measurements pause meanwhile.
const registry::v1::Absence* AbsentAt(const registry::v1::Assignment& assignment,
                                      const google::protobuf::Timestamp& at);

// The same for whoever has the device at `at`.
const registry::v1::Absence* AbsentAt(const registry::v1::Route& route, const google::protobuf::Timestamp& at);

}  // namespace nara
