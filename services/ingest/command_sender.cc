#include "ingest/command_sender.h"

#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/time/pause.h"
#include "common/time/text.h"

namespace nara::ingest {
namespace {

constexpr int kAtOnce = 100;
constexpr std::size_t kMaxAnswers = 1'000;
// The other lane's process may have accepted something, or somebody's time has come.
constexpr std::chrono::seconds kLook{1};
constexpr std::chrono::seconds kAfterFailure{2};
constexpr std::chrono::hours kForgetEach{24};

metrics::Labels With(Lane lane, const std::string& result) {
  return {{"lane", std::string(LaneName(lane))}, {"result", result}};
}

constexpr char kSent[] = "nara_ingest_commands_sent_total";
constexpr char kSentHelp[] = "Commands handed to the MQTT server, repeats included, by whether there was a session.";
constexpr char kAnswers[] = "nara_ingest_command_answers_total";
constexpr char kAnswersHelp[] = "Answers to commands, written down or dropped since too many waited.";

}  // namespace

CommandSender::CommandSender(CommandStore& store, Publish publish, metrics::Registry& registry, Lane lane)
    : store_(store),
      publish_(std::move(publish)),
      sent_(registry.AddCounter(kSent, kSentHelp, With(lane, "sent"))),
      failed_(registry.AddCounter(kSent, kSentHelp, With(lane, "no_session"))),
      answered_(registry.AddCounter(kAnswers, kAnswersHelp, With(lane, "written"))),
      dropped_(registry.AddCounter(kAnswers, kAnswersHelp, With(lane, "dropped"))) {}

void CommandSender::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void CommandSender::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  wake_.notify_one();
}

void CommandSender::Answered(CommandAnswer answer) {
  const std::lock_guard lock(mutex_);
  if (answers_.size() >= kMaxAnswers) return dropped_.Increment();
  answers_.push_back(std::move(answer));
  woken_ = true;
  wake_.notify_one();
}

void CommandSender::Run(const std::stop_token& stop) {
  auto forget_at = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    absl::Status status = Round();
    if (status.ok() && std::chrono::steady_clock::now() >= forget_at) {
      status = store_.ForgetOld();
      forget_at = std::chrono::steady_clock::now() + kForgetEach;
    }
    if (!status.ok()) {
      log::Warn("commands", "the store does not answer, trying again", {{"error", ToStd(status.message())}});
    }
    if (status.ok()) {
      WaitForWork(stop);
    } else {
      Pause(stop, kAfterFailure);
    }
  }
}

void CommandSender::WaitForWork(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, kLook, [this] { return woken_; });
  woken_ = false;
}

absl::Status CommandSender::Round() {
  if (absl::Status status = WriteAnswers(); !status.ok()) return status;
  return SendDue();
}

absl::Status CommandSender::WriteAnswers() {
  std::vector<CommandAnswer> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  if (answers.empty()) return absl::OkStatus();
  absl::Status status = store_.Answer(answers);
  if (status.ok()) {
    answered_.Increment(static_cast<double>(answers.size()));
    return status;
  }
  const std::lock_guard lock(mutex_);
  answers_.insert(answers_.begin(), answers.begin(), answers.end());
  return status;
}

absl::Status CommandSender::SendDue() {
  std::vector<DueCommand> due;
  do {
    absl::StatusOr<std::vector<DueCommand>> taken = store_.TakeDue(kAtOnce);
    if (!taken.ok()) return taken.status();
    due = *std::move(taken);
    for (const DueCommand& command : due) {
      const bool sent = publish_(command).ok();
      (sent ? sent_ : failed_).Increment();
    }
  } while (due.size() == kAtOnce);
  return absl::OkStatus();
}

}  // namespace nara::ingest
