#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "device_client/storage.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::device_client {

// What became of a command; told to the platform by the record that answers it.
enum class CommandResult {
  kDone,
  // The device does not know the command, or may not do it.
  kRefused,
  kFailed,
  // Not yet: the application calls Client::Answer.
  kLater,
  // The rest is said by the library: it had expired, or the device was restarted
  // after it had begun and cannot know how far it came.
  kTooLate,
  kInterrupted,
};

// The record of kind "command_answered" that says so; without `at` and sequence.
telemetry::v1::Record AnswerRecord(const std::string& id, CommandResult result);

// Remembers the commands that a device has begun, through restarts as far as its
// storage does, so that each is carried out once however often it comes. Pure
// logic, like Outbox. Not thread-safe.
class CommandBook {
 public:
  enum class Step {
    kNothing,   // unreadable, or at work already
    kCarryOut,  // new: it is remembered from here on
    kAnswer,    // done with: say `result` (again)
  };
  struct Decision {
    Step step = Step::kNothing;
    CommandResult result = CommandResult::kDone;
  };

  // The newest are remembered; the platform lets 16 wait at a time.
  static constexpr size_t kRemembered = 64;

  // `kept` is what `storage` has loaded; `storage` must outlive the book.
  CommandBook(Storage& storage, const std::vector<KeptCommand>& kept);

  // What to do with a command that came at `now`. When the storage fails, nothing:
  // it comes again.
  Decision Take(const telemetry::v1::Command& command, absl::Time now);

  // It has ended so. NOT_FOUND for an id that is not at work, kLater is
  // INVALID_ARGUMENT.
  absl::Status End(const std::string& id, CommandResult result);

 private:
  struct Entry {
    std::string id;
    bool ended = false;
    CommandResult result = CommandResult::kDone;
  };

  Entry* Find(const std::string& id);
  absl::Status Remember(const Entry& entry);

  Storage& storage_;
  std::deque<Entry> entries_;  // oldest first
};

}  // namespace nara::device_client
