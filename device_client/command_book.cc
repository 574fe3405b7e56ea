#include "device_client/command_book.h"

#include <algorithm>
#include <array>
#include <utility>

namespace nara::device_client {
namespace {

using telemetry::v1::Command;

constexpr size_t kMaxId = 64;
// Their words in the record and in the storage; an empty one there is at work.
constexpr std::array<std::pair<CommandResult, const char*>, 5> kWords = {
    {{CommandResult::kDone, "done"},
     {CommandResult::kRefused, "refused"},
     {CommandResult::kFailed, "failed"},
     {CommandResult::kTooLate, "too_late"},
     {CommandResult::kInterrupted, "interrupted"}}};

const char* WordOf(CommandResult result) {
  for (const auto& [known, word] : kWords) {
    if (known == result) return word;
  }
  return "";
}

// What was at work when the device went down cannot be known.
CommandResult ResultOf(const std::string& word) {
  for (const auto& [result, known] : kWords) {
    if (word == known) return result;
  }
  return CommandResult::kInterrupted;
}

bool HasExpired(const Command& command, absl::Time now) {
  if (!command.has_expires_at()) return false;
  const auto& at = command.expires_at();
  return absl::FromUnixSeconds(at.seconds()) + absl::Nanoseconds(at.nanos()) <= now;
}

}  // namespace

telemetry::v1::Record AnswerRecord(const std::string& id, CommandResult result) {
  telemetry::v1::Record record;
  record.set_kind("command_answered");
  record.set_episode(id);
  auto* const value = record.add_values();
  value->set_component("result");
  value->set_code(WordOf(result));
  return record;
}

CommandBook::CommandBook(Storage& storage, const std::vector<KeptCommand>& kept) : storage_(storage) {
  for (const KeptCommand& command : kept) {
    entries_.push_back({.id = command.id, .ended = true, .result = ResultOf(command.result)});
  }
}

CommandBook::Decision CommandBook::Take(const Command& command, absl::Time now) {
  if (command.id().empty() || command.id().size() > kMaxId) return {};
  if (const Entry* const entry = Find(command.id())) {
    return entry->ended ? Decision{Step::kAnswer, entry->result} : Decision{};
  }
  Entry entry{.id = command.id()};
  if (HasExpired(command, now)) {
    entry.ended = true;
    entry.result = CommandResult::kTooLate;
  }
  if (!Remember(entry).ok()) return {};
  return entry.ended ? Decision{Step::kAnswer, entry.result} : Decision{Step::kCarryOut, {}};
}

absl::Status CommandBook::End(const std::string& id, CommandResult result) {
  Entry* const entry = Find(id);
  if (entry == nullptr || entry->ended) return absl::NotFoundError("no command " + id + " is at work");
  if (result == CommandResult::kLater) return absl::InvalidArgumentError("later is no end of a command");
  if (absl::Status status = storage_.KeepCommand({.id = id, .result = WordOf(result)}); !status.ok()) return status;
  entry->ended = true;
  entry->result = result;
  return absl::OkStatus();
}

absl::Status CommandBook::Remember(const Entry& entry) {
  const std::string word = entry.ended ? WordOf(entry.result) : "";
  if (absl::Status status = storage_.KeepCommand({.id = entry.id, .result = word}); !status.ok()) return status;
  entries_.push_back(entry);
  if (entries_.size() <= kRemembered) return absl::OkStatus();
  // One too many in the storage does no harm.
  storage_.ForgetCommand(entries_.front().id).IgnoreError();
  entries_.pop_front();
  return absl::OkStatus();
}

CommandBook::Entry* CommandBook::Find(const std::string& id) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&id](const Entry& e) { return e.id == id; });
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace nara::device_client
