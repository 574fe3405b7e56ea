#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "device_client/storage.h"

namespace nara::device_client {

// Keeps records in memory: for tests, load generators and devices that may lose
// what they hold at power-off. A restart starts a new epoch.
class MemoryStorage : public Storage {
 public:
  absl::StatusOr<Kept> Load() override;
  absl::Status BeginEpoch(uint64_t epoch) override;
  absl::Status EndEpoch(uint64_t epoch) override;
  absl::Status Put(const KeptRecord& record) override;
  absl::Status Forget(uint64_t epoch, uint64_t through) override;
  absl::StatusOr<std::vector<KeptCommand>> LoadCommands() override { return commands_; }
  absl::Status KeepCommand(const KeptCommand& command) override;
  absl::Status ForgetCommand(const std::string& id) override;

 private:
  struct Epoch {
    KeptEpoch head;
    std::map<uint64_t, std::string> bodies;
  };

  Epoch* Find(uint64_t epoch);

  std::vector<Epoch> epochs_;
  std::vector<KeptCommand> commands_;
};

}  // namespace nara::device_client
