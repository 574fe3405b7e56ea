#include "data_broker/holder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/routes/timeline.h"

namespace nara::broker {
namespace {

using google::protobuf::Timestamp;
using registry::v1::Correction;
using registry::v1::Route;
using Steps = std::vector<const Correction*>;

Steps StepsOf(const Route& route, const CareRecord& record) {
  return CorrectionsAfter(route, registry::v1::PURPOSE_CARE, record.assignment, record.route_revision,
                          record.observation.effective_at());
}

// What a correction gave to nobody belongs to who has the device at that time by now.
Holder HolderOf(const Route& route, const CareRecord& record, const Steps& steps) {
  const Timestamp& at = record.observation.effective_at();
  const std::string& id = steps.empty() ? record.assignment : steps.back()->to_assignment();
  const auto* assignment = id.empty() ? AssignmentAt(route, at) : FindAssignment(route, id);
  if (assignment == nullptr) return {.assignment = id, .resident = "", .party = {}};
  Holder holder{.assignment = assignment->id(), .resident = assignment->resident(), .party = {}};
  if (holder.resident.empty()) holder.resident = record.observation.resident();
  const auto* responsible = ResponsibleAt(*assignment, registry::v1::PURPOSE_CARE, at);
  if (responsible != nullptr) holder.party = {responsible->principal(), responsible->unit(), responsible->provider()};
  return holder;
}

Notice About(const CareRecord& record, Notice::What what, Party party) {
  Notice notice{.what = what, .party = std::move(party)};
  notice.id = record.observation.id();
  notice.device = record.observation.device();
  notice.kind = record.observation.kind();
  return notice;
}

Notice Withdrawal(const CareRecord& record, const Correction& correction) {
  Notice notice = About(record, Notice::What::kWithdrawn,
                        {.principal = correction.from_principal(), .unit = correction.from_unit()});
  notice.start_at = correction.start_at();
  notice.end_at = correction.end_at();
  notice.revision = correction.revision();
  return notice;
}

// Where no correction says so: what lies ahead of the registry's clock has none.
Notice Withdrawal(const CareRecord& record, std::uint64_t revision) {
  Notice notice = About(record, Notice::What::kWithdrawn, *record.party);
  notice.start_at = record.observation.effective_at();
  notice.end_at = record.observation.effective_at();
  notice.revision = revision;
  return notice;
}

// Nobody's too, when it turns out whose it is.
bool Moves(const CareRecord& row, const Holder& holder) {
  return row.party->unit != holder.party.unit || row.resident != holder.resident;
}

// Of what its label says that no correction has said.
bool Leaves(const CareRecord& row, const std::vector<Notice>& told) {
  const auto is_told = [&](const Notice& notice) { return notice.party.unit == row.party->unit; };
  return !row.party->nobody() && std::ranges::none_of(told, is_told);
}

std::vector<Notice> Withdrawals(const CareRecord& record, const Steps& steps, std::uint64_t done) {
  std::vector<Notice> notices;
  for (const Correction* step : steps) {
    if (step->revision() > done) notices.push_back(Withdrawal(record, *step));
  }
  return notices;
}

// To whose it is, by what was withdrawn for it.
Notice Reissue(const CareRecord& record, const Party& party, const Notice* withdrawn, std::uint64_t revision) {
  Notice reissue = About(record, Notice::What::kReissued, party);
  reissue.start_at = withdrawn == nullptr ? record.observation.effective_at() : withdrawn->start_at;
  reissue.end_at = withdrawn == nullptr ? record.observation.effective_at() : withdrawn->end_at;
  reissue.revision = withdrawn == nullptr ? revision : withdrawn->revision;
  return reissue;
}

bool Lost(const Holder& holder) {
  return holder.party.nobody() && !holder.assignment.empty();
}

}  // namespace

Holder HolderOf(const Route& route, const CareRecord& record) {
  return HolderOf(route, record, StepsOf(route, record));
}

Judgement Judge(const Route& route, const CareRecord& row, std::uint64_t done) {
  const Steps steps = StepsOf(route, row);
  Judgement judgement{.holder = HolderOf(route, row, steps), .notices = {}};
  const Holder& holder = judgement.holder;
  if (Lost(holder)) return {.holder = {row.assignment, row.resident, *row.party}, .notices = {}};
  std::vector<Notice>& notices = judgement.notices;
  notices = Withdrawals(row, steps, done);
  const bool moves = Moves(row, holder);
  if (moves && Leaves(row, notices)) notices.push_back(Withdrawal(row, route.revision()));
  if (holder.party.nobody() || (notices.empty() && !moves)) return judgement;
  Notice reissue = Reissue(row, holder.party, notices.empty() ? nullptr : &notices.back(), route.revision());
  notices.push_back(std::move(reissue));
  return judgement;
}

Judgement JudgeNew(const Route& route, const CareRecord& record) {
  const Steps steps = StepsOf(route, record);
  Judgement judgement{.holder = HolderOf(route, record, steps), .notices = {}};
  if (Lost(judgement.holder)) return {.holder = {record.assignment, record.resident, Party{}}, .notices = {}};
  judgement.notices = Withdrawals(record, steps, record.route_revision);
  if (steps.empty() || judgement.holder.party.nobody()) return judgement;
  Notice reissue = Reissue(record, judgement.holder.party, &judgement.notices.back(), route.revision());
  judgement.notices.push_back(std::move(reissue));
  return judgement;
}

}  // namespace nara::broker
