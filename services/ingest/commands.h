// Commands to devices: what is kept of one, and where (docs/formats/commands.md).
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nara/ingest/v1/command.pb.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {

// The kind of the record by which a device answers, and its component.
inline constexpr char kCommandAnsweredKind[] = "command_answered";
inline constexpr char kResultComponent[] = "result";

// Commands of a device that may wait for an answer at the same time.
inline constexpr int kMaxPendingCommands = 16;

struct NewCommand {
  std::string device;
  nara::telemetry::v1::Command command;
  std::string caller;  // who asks for it
};

// One that is to be sent now.
struct DueCommand {
  std::string device;
  nara::telemetry::v1::Command command;
  // It is sent again, or has expired, after this: no copy of it need wait longer anywhere.
  std::chrono::seconds valid_for{0};
};

struct CommandAnswer {
  std::string device;
  std::string id;
  std::string result;
  absl::Time at;
};

// Where commands are kept: what it has accepted is on a disk. Any thread.
class CommandStore {
 public:
  virtual ~CommandStore() = default;

  // Keeps a command, or finds the one that has this id. AlreadyExists when that is another command, ResourceExhausted
  // when kMaxPendingCommands of the device wait.
  virtual absl::StatusOr<v1::CommandStatus> Accept(const NewCommand& command) = 0;

  // NotFound when there is none such.
  virtual absl::StatusOr<v1::CommandStatus> Find(const std::string& device, const std::string& id) = 0;

  // What is due, at most `limit`; the next time for each is set before it is sent, so that two processes never send the
  // same.
  virtual absl::StatusOr<std::vector<DueCommand>> TakeDue(int limit) = 0;

  // The first answer to a command counts; one to a command that is not there is passed over.
  virtual absl::Status Answer(std::span<const CommandAnswer> answers) = 0;

  // Forgets what expired more than a year ago.
  virtual absl::Status ForgetOld() = 0;
};

// What is wrong with the form of a command that somebody asks for: InvalidArgument with a reason.
absl::Status CheckCommand(const nara::telemetry::v1::Command& command);

// The same of the time at which a new one expires; a retry of a known one may come later than that.
absl::Status CheckExpiry(const nara::telemetry::v1::Command& command, absl::Time now);

// The answer that a record holds; an empty id for a record that is none.
CommandAnswer ReadAnswer(const nara::telemetry::v1::Record& record);

}  // namespace nara::ingest
