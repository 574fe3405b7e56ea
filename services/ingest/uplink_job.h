// One uplink on its way through `append`: what to call, what the answer means, and the receipt in the end.
//
// A job asks for calls until it is done: once as a rule; again when the epoch turned out to belong to another
// assignment (the records are judged anew for that one), and once more when a sequence came with other content than
// before (the conflict goes to quarantine). Carrying a call out twice is harmless.
//
// Threads: none of its own; one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/redis/appender.h"
#include "ingest/commands.h"
#include "ingest/decode.h"
#include "ingest/judge.h"
#include "ingest/origin.h"
#include "nara/registry/v1/registry.pb.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

// The kind of the technical event that an alarm which could not be delivered raises: on the alarm log, without resident
// and assignment, its episode the reason. The alert router rings the device owner's fallback. What a part of the
// platform raises has its reason as kind.
inline constexpr char kQuarantinedKind[] = "ingest_quarantined";

class UplinkJob {
 public:
  using RoutePointer = std::shared_ptr<const nara::registry::v1::Route>;

  // `raw` is the payload as it came (empty for gRPC); it and the judge must outlive the job. `route` is null for an
  // unknown device.
  UplinkJob(const Judge& judge, Origin origin, RoutePointer route, DecodeResult decoded, std::string_view raw);

  // The next call. REQUIRES: not done.
  AppendCall NextCall(std::uint64_t token) const;

  // Takes the answer to NextCall; the status is that of the answer when the call must be made again later, else OK.
  absl::Status Take(const AppendResult& result);

  // Puts the whole payload into quarantine instead: for a call that can never be carried out.
  void Refuse(Refusal refusal);

  // Puts a notice of the refusal into quarantine instead, without the payload, and gives the device no receipt: it is
  // to send this uplink again.
  void PutBack(Refusal refusal);

  // Asks for its calls once more: another log may lack what this one has said. REQUIRES: done.
  void Again();

  bool done() const { return stage_ == Stage::kDone; }

  // The registry knows the device.
  bool known() const { return route_ != nullptr; }

  // Records that it has; 1 when it is refused as a whole.
  std::size_t size() const { return whole_ ? 1 : forms_.size(); }

  // How many of them are alarm-class, whatever becomes of them; on the alarm lane all.
  std::size_t alarms() const;

  // What to tell the device. REQUIRES: done.
  const nara::telemetry::v1::Receipt& receipt() const { return receipt_; }

  // What became of each record, for metrics: one with an empty reason for an accepted one. REQUIRES: done.
  struct Outcome {
    enum class What { kAppended, kDuplicate, kBeyondWindow, kHeld, kRejected };
    What what;
    std::string reason;
  };
  const std::vector<Outcome>& outcomes() const { return outcomes_; }

  // Answers to commands among what is durable now, also in quarantine. REQUIRES: done.
  std::vector<CommandAnswer> Answers() const;

  const Origin& origin() const { return origin_; }

 private:
  enum class Stage { kAppend, kConflicts, kDone };
  using Uplink = nara::telemetry::v1::Uplink;

  const nara::registry::v1::Assignment* Assignment() const;
  void JudgeAll();
  AppendRecord RecordFor(std::size_t index) const;
  AppendRecord Good(std::size_t index) const;
  AppendRecord Quarantine(std::size_t index, const Refusal& refusal, bool held) const;
  AppendRecord QuarantinePayload() const;
  bool IsTheOnlyAssignment() const;
  AppendRecord Technical(const std::string& reason) const;
  std::vector<std::string> TechnicalReasons() const;
  AppendCall EmptyCall(std::uint64_t token) const;
  AppendCall WholePayloadCall(std::uint64_t token) const;
  AppendCall ConflictCall(std::uint64_t token) const;
  void TakeResults(const AppendResult& result);
  void TakeOne(std::size_t index, RecordResult result);
  void Reject(std::uint64_t seq, const Refusal& refusal);

  const Judge& judge_;
  Origin origin_;
  RoutePointer route_;
  std::optional<Refusal> whole_;  // the payload as a whole is refused
  std::string_view raw_;
  std::vector<std::optional<Refusal>> forms_;
  Uplink uplink_;  // as sent

  std::string assignment_;         // the one the records are judged for; empty for none
  Uplink judged_;                  // as delivered, in the catalogue's units
  std::vector<Verdict> verdicts_;  // one for each record
  std::vector<std::size_t> conflicts_;

  Stage stage_ = Stage::kAppend;
  nara::telemetry::v1::Receipt receipt_;
  std::vector<Outcome> outcomes_;
};

}  // namespace nara::ingest
