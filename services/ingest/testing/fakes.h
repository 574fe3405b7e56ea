// Stand-ins for what ingest needs from outside.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/routes/route_table.h"
#include "ingest/commands.h"
#include "ingest/ports.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::ingest::testing {

// A log with `append`'s rules as far as the tests need them: watermark by epoch, duplicates, conflicts, hash ids, bound
// assignments. Knobs make it fail.
class FakeLog final : public LogGate {
 public:
  std::vector<AppendResult> Append(std::span<const AppendCall> calls) override {
    ++rounds;
    const absl::Status changed = Watch();
    std::vector<AppendResult> results;
    for (const AppendCall& call : calls) {
      results.push_back(!changed.ok() ? Failed(changed) : fail.ok() ? One(call) : Failed(fail));
    }
    return results;
  }

  absl::Status Watch() override {
    return std::exchange(changed, false) ? absl::DataLossError("another Redis") : absl::OkStatus();
  }

  // Forgets all that was appended after `count` entries, as a replica that takes over and did not have it.
  void TakeOver(std::size_t count) {
    entries.resize(count);
    digests_.clear();
    through_.clear();
    hashes_.clear();
    changed = true;
  }

  absl::StatusOr<std::uint64_t> TakeToken(int, Lane) override {
    if (!fail.ok()) return fail;
    return 1;
  }

  // Parsed entries of a log, in order.
  template <typename Message>
  std::vector<Message> Entries(AppendTo log) const {
    std::vector<Message> messages;
    for (const auto& [target, payload] : entries) {
      if (target == log) messages.emplace_back().ParseFromString(payload);
    }
    return messages;
  }

  absl::Status fail;
  bool changed = false;  // another Redis goes on
  int rounds = 0;
  std::map<std::uint64_t, std::string> bound;  // epoch -> assignment
  std::vector<std::pair<AppendTo, std::string>> entries;

 private:
  struct Taken {
    std::uint64_t digest = 0;
    AppendTo to = AppendTo::kMeasurementLog;
  };

  static AppendResult Failed(const absl::Status& status) {
    AppendResult result;
    result.status = status;
    return result;
  }

  AppendResult One(const AppendCall& call) {
    AppendResult result;
    if (call.epoch != 0) {
      std::string& assignment = bound.try_emplace(call.epoch, call.assignment).first->second;
      result.assignment = assignment;
      if (assignment != call.assignment) {
        result.status = absl::FailedPreconditionError("bound");
        result.rebound = true;
        return result;
      }
    }
    for (const AppendRecord& record : call.records) result.records.push_back(Take(call, record));
    std::uint64_t& through = through_[call.epoch];
    if (call.epoch != 0 && call.from > through) through = call.from - 1;
    while (call.epoch != 0 && digests_.contains({call.epoch, through + 1})) ++through;
    result.through = call.epoch == 0 ? 0 : through;
    return result;
  }

  RecordResult Take(const AppendCall& call, const AppendRecord& record) {
    if (record.seq != 0 && record.seq > through_[call.epoch] + 64) return RecordResult::kBeyondWindow;
    std::optional<Taken>& known = record.seq == 0 ? hashes_[record.hash_id] : digests_[{call.epoch, record.seq}];
    if (known) return Again(*known, record);
    known = Taken{record.digest, record.to};
    entries.emplace_back(record.to, record.payload);
    return RecordResult::kAppended;
  }

  static RecordResult Again(const Taken& before, const AppendRecord& record) {
    if (record.seq != 0 && before.digest != record.digest) return RecordResult::kConflict;
    return before.to == AppendTo::kQuarantineLog ? RecordResult::kInQuarantine : RecordResult::kDuplicate;
  }

  std::map<std::pair<std::uint64_t, std::uint64_t>, std::optional<Taken>> digests_;  // by epoch and sequence
  std::map<std::uint64_t, std::uint64_t> through_;
  std::map<std::uint64_t, std::optional<Taken>> hashes_;
};

// Remembers the receipts.
class FakeLink final : public DeviceLink {
 public:
  void SendReceipt(const OutgoingReceipt& receipt) override { receipts.push_back(receipt); }
  std::vector<OutgoingReceipt> receipts;
};

// Keeps commands by "device/id", without a limit; what is due is said by the test.
class FakeCommands final : public CommandStore {
 public:
  absl::StatusOr<v1::CommandStatus> Accept(const NewCommand& command) override {
    v1::CommandStatus& status = kept[command.device + "/" + command.command.id()];
    if (!status.device().empty()) return status;
    status.set_device(command.device);
    *status.mutable_command() = command.command;
    status.set_state(v1::COMMAND_STATE_PENDING);
    return status;
  }
  absl::StatusOr<v1::CommandStatus> Find(const std::string& device, const std::string& id) override {
    const auto found = kept.find(device + "/" + id);
    if (found == kept.end()) return absl::NotFoundError("none");
    return found->second;
  }
  absl::StatusOr<std::vector<DueCommand>> TakeDue(int limit) override {
    if (!fail.ok()) return fail;
    const auto count = std::min<std::ptrdiff_t>(limit, std::ssize(due));
    std::vector<DueCommand> taken(due.begin(), due.begin() + count);
    due.erase(due.begin(), due.begin() + count);
    return taken;
  }
  absl::Status Answer(std::span<const CommandAnswer> given) override {
    if (fail.ok()) answers.insert(answers.end(), given.begin(), given.end());
    return fail;
  }
  absl::Status ForgetOld() override { return fail; }

  absl::Status fail;
  std::map<std::string, v1::CommandStatus> kept;
  std::vector<DueCommand> due;
  std::vector<CommandAnswer> answers;
};

// A route with one assignment "a1" of resident "r1" that began at `since` and has not ended.
inline registry::v1::Route RouteOf(const std::string& device, const std::string& product, std::int64_t since) {
  registry::v1::Route route;
  route.set_device(device);
  route.set_product(product);
  route.set_owner("1480");
  route.set_revision(7);
  registry::v1::Assignment& assignment = *route.add_assignments();
  assignment.set_id("a1");
  assignment.set_device(device);
  assignment.set_resident("r1");
  assignment.mutable_start_at()->set_seconds(since);
  return route;
}

}  // namespace nara::ingest::testing
