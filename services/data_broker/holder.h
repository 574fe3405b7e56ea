// Whose a record is by now, and who is told when that has changed: the corrections of
// docs/formats/corrections.md, carried out. Pure functions of a device's route.
#pragma once

#include <cstdint>
#include <vector>

#include "data_broker/care_record.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::broker {

// Whose a record is, by the newest route: nobody's when the route says so, or knows
// nothing of its assignment.
Holder HolderOf(const registry::v1::Route& route, const CareRecord& record);

// What the newest route makes of a record.
struct Judgement {
  Holder holder;
  std::vector<Notice> notices;  // in their order
};

// Of a row of history, with its label, whose corrections up to revision `done` are carried
// out. Of an assignment that the route has lost it says what was believed: nobody's data
// are taken away by a registry that forgot.
Judgement Judge(const registry::v1::Route& route, const CareRecord& row, std::uint64_t done);

// Of a record of a log, which has no label yet: told are those who may have received it
// live, by the corrections since its route.
Judgement JudgeNew(const registry::v1::Route& route, const CareRecord& record);

}  // namespace nara::broker
