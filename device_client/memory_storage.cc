#include "device_client/memory_storage.h"

#include <algorithm>

namespace nara::device_client {

MemoryStorage::Epoch* MemoryStorage::Find(uint64_t epoch) {
  const auto found =
      std::find_if(epochs_.begin(), epochs_.end(), [epoch](const Epoch& e) { return e.head.epoch == epoch; });
  return found == epochs_.end() ? nullptr : &*found;
}

absl::StatusOr<Kept> MemoryStorage::Load() {
  Kept kept;
  for (const Epoch& epoch : epochs_) {
    kept.epochs.push_back(epoch.head);
    for (const auto& [seq, body] : epoch.bodies) {
      kept.records.push_back({epoch.head.epoch, seq, body});
    }
  }
  return kept;
}

absl::Status MemoryStorage::BeginEpoch(uint64_t epoch) {
  epochs_.push_back({.head = {.epoch = epoch, .next_seq = 1}, .bodies = {}});
  return absl::OkStatus();
}

absl::Status MemoryStorage::EndEpoch(uint64_t epoch) {
  std::erase_if(epochs_, [epoch](const Epoch& e) { return e.head.epoch == epoch; });
  return absl::OkStatus();
}

absl::Status MemoryStorage::Put(const KeptRecord& record) {
  Epoch* epoch = Find(record.epoch);
  if (epoch == nullptr) return absl::NotFoundError("the epoch was never begun");
  epoch->bodies[record.seq] = record.body;
  epoch->head.next_seq = record.seq + 1;
  return absl::OkStatus();
}

absl::Status MemoryStorage::Forget(uint64_t epoch_id, uint64_t through) {
  Epoch* epoch = Find(epoch_id);
  if (epoch == nullptr) return absl::OkStatus();
  epoch->bodies.erase(epoch->bodies.begin(), epoch->bodies.upper_bound(through));
  return absl::OkStatus();
}

absl::Status MemoryStorage::KeepCommand(const KeptCommand& command) {
  for (KeptCommand& kept : commands_) {
    if (kept.id != command.id) continue;
    kept.result = command.result;
    return absl::OkStatus();
  }
  commands_.push_back(command);
  return absl::OkStatus();
}

absl::Status MemoryStorage::ForgetCommand(const std::string& id) {
  std::erase_if(commands_, [&id](const KeptCommand& kept) { return kept.id == id; });
  return absl::OkStatus();
}

}  // namespace nara::device_client
