#include "ingest/replay.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/routes/timeline.h"
#include "common/time/proto_time.h"
#include "ingest/identity.h"
#include "ingest/log_record.h"

namespace nara::ingest {
namespace {

using nara::registry::v1::Assignment;
using nara::registry::v1::Route;
using nara::telemetry::v1::Record;

auto OrderOf(const QuarantineRow& row) {
  const auto& record = row.record;
  return std::tuple(Micros(record.received_at()), record.epoch(), record.seq(), record.id());
}

Origin OriginOf(Lane lane, const nara::ingest::v1::Quarantined& record) {
  return {.device = record.device(),
          .lane = lane,
          .received_at = FromProto(record.received_at()),
          .answered = true,
          .clock_in_doubt = record.clock_in_doubt()};
}

// What one assignment makes of it.
struct Fit {
  const Assignment* assignment = nullptr;
  Record delivered;
  Verdict verdict;
};

// The assignment in which it was produced; else what the one that ran when it arrived makes of it. An earlier one is
// believed only by a time that our clock has corrected: a device whose clock was reset would tell its new user's values
// to the one before.
Fit BestFit(const Judge& judge, const Origin& origin, const Route* route, std::optional<absl::Time> sent,
            const Record& record) {
  const auto judged = [&](const Assignment* assignment) {
    Fit fit{assignment, record, {}};
    fit.verdict = judge.Decide({origin, route, assignment, sent}, std::nullopt, fit.delivered);
    return fit;
  };
  if (route == nullptr) return judged(nullptr);
  Fit best = judged(AssignmentAt(*route, nara::ToProto(origin.received_at)));
  if (!sent.has_value() || origin.clock_in_doubt) return best;
  for (const Assignment& assignment : route->assignments()) {
    if (best.verdict.answer == Verdict::Answer::kAccepted) break;
    if (FromProto(assignment.start_at()) > origin.received_at) continue;
    Fit fit = judged(&assignment);
    if (fit.verdict.answer == Verdict::Answer::kAccepted) best = std::move(fit);
  }
  return best;
}

// Not the id by which it was taken into quarantine, which `append` remembers.
std::uint64_t ReplayId(const Origin& origin, std::uint64_t epoch, const Record& record) {
  const std::uint64_t id =
      epoch != 0 ? epoch : RecordHash(origin.device, record, absl::ToUnixMillis(origin.received_at));
  return Hash64(absl::StrCat("replay\n", EventId(origin.device, origin.lane, id, record.seq())));
}

}  // namespace

Replay::Candidate Replay::Judged(Lane lane, const Route* route, const QuarantineRow& row) const {
  using What = ReplayAnswer::What;
  Candidate candidate{&row, {}, {row.record.id(), What::kHeld, {row.record.reason(), row.record.detail()}}};
  Record record;
  if (!record.ParseFromString(row.record.payload())) {
    candidate.answer.refusal = {"bad_record", "what quarantine keeps cannot be read"};
    return candidate;
  }
  const Origin origin = OriginOf(lane, row.record);
  std::optional<absl::Time> sent;
  if (row.record.has_sent()) sent = FromProto(row.record.sent());
  const Fit fit = BestFit(deps_.judge, origin, route, sent, record);
  if (fit.verdict.answer == Verdict::Answer::kHeld) candidate.answer.refusal = fit.verdict.refusal;
  // What may belong to another assignment yet is not wrong for good.
  if (fit.verdict.answer == Verdict::Answer::kRejected && fit.verdict.in_assignment) {
    candidate.answer = {row.record.id(), What::kRejected, fit.verdict.refusal};
  }
  if (fit.verdict.answer != Verdict::Answer::kAccepted) return candidate;
  AppendCall& call = candidate.call;
  call.device = origin.device;
  call.lane = lane;
  call.token = deps_.tokens[static_cast<std::size_t>(ShardOf(origin.device))];
  call.epoch = row.record.epoch();
  call.assignment = fit.assignment->id();
  call.now = absl::ToChronoTime(deps_.clock.Now());
  call.records.push_back(
      ForLog(origin, *route, call.assignment, row.record.epoch(), {record, fit.delivered, fit.verdict}));
  call.records.back().hash_id = ReplayId(origin, row.record.epoch(), record);
  candidate.answer.what = What::kReplayed;
  return candidate;
}

absl::Status Replay::Append(std::vector<Candidate>& candidates) {
  std::vector<AppendCall> calls;
  std::vector<Candidate*> called;
  for (Candidate& candidate : candidates) {
    if (candidate.answer.what != ReplayAnswer::What::kReplayed) continue;
    calls.push_back(std::move(candidate.call));
    called.push_back(&candidate);
  }
  if (calls.empty()) return absl::OkStatus();
  // Another Redis than the last time: there is nothing of ours that it may lack, since no call was settled without it.
  if (const absl::Status watched = deps_.log.Watch(); !watched.ok() && !absl::IsDataLoss(watched)) return watched;
  const std::vector<AppendResult> results = deps_.log.Append(calls);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].rebound) {
      called[i]->answer.what = ReplayAnswer::What::kHeld;
      called[i]->answer.refusal = {"time_in_doubt", "what came beside it belongs to another assignment"};
    } else if (absl::IsAborted(results[i].status) || absl::IsDataLoss(results[i].status)) {
      return absl::UnavailableError("the log of the device moves just now; try again");
    } else if (!results[i].status.ok()) {
      return results[i].status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ReplayAnswer>> Replay::Deliver(Lane lane, std::vector<QuarantineRow> held) {
  std::ranges::sort(held, {}, OrderOf);
  std::vector<Candidate> candidates;
  for (const QuarantineRow& row : held) {
    candidates.push_back(Judged(lane, deps_.routes.Find(row.record.device()).get(), row));
  }
  const std::lock_guard lock(mutex_);
  if (absl::Status status = Append(candidates); !status.ok()) return status;
  std::vector<ReplayAnswer> answers;
  for (Candidate& candidate : candidates) answers.push_back(std::move(candidate.answer));
  return answers;
}

}  // namespace nara::ingest
