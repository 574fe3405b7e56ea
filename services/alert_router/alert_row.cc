#include "alert_router/alert_row.h"

#include <charconv>

namespace nara::alert {
namespace {

// "{30,60}" as PostgreSQL writes an int[].
std::vector<int> ReadInts(std::string_view text) {
  std::vector<int> numbers;
  const char* at = text.data() + 1;
  const char* end = text.data() + text.size();
  for (int number = 0; at < end; ++at) {
    const auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc()) break;
    numbers.push_back(number);
    at = read.ptr;
  }
  return numbers;
}

std::vector<Step> ReadSteps(const Row& row) {
  const std::vector<std::string> receivers = row.Strings("chain_receivers");
  const std::vector<int> seconds = ReadInts(row.Text("chain_seconds"));
  std::vector<Step> steps;
  for (std::size_t i = 0; i < receivers.size() && i < seconds.size(); ++i) {
    steps.push_back({receivers[i], std::chrono::seconds(seconds[i])});
  }
  return steps;
}

}  // namespace

Time ToTime(TimePoint time) {
  return std::chrono::floor<std::chrono::microseconds>(time);
}

std::vector<Param> Params(const Alert& alert) {
  std::vector<std::string> receivers;
  std::vector<int> seconds;
  for (const Step& step : alert.chain.steps) {
    receivers.push_back(step.receiver);
    seconds.push_back(static_cast<int>(step.accept.count()));
  }
  const auto next = alert.next_action_at ? Param(TimePoint(*alert.next_action_at)) : Param(std::nullopt);
  return {alert.id,
          alert.key.device,
          alert.key.kind,
          alert.key.episode,
          alert.resident,
          alert.principal,
          alert.unit,
          alert.product,
          alert.event_id,
          alert.chain.version,
          receivers,
          seconds,
          alert.step,
          static_cast<int>(alert.state),
          alert.version,
          alert.waiting,
          alert.exhausted,
          alert.technical,
          alert.offer_version,
          alert.delivered,
          TimePoint(alert.effective_at),
          TimePoint(alert.raised_at),
          TimePoint(alert.expires_at),
          next,
          alert.receiver,
          alert.operator_id,
          alert.key.assignment,
          TimePoint(alert.offered_at)};
}

Alert ReadAlert(const Row& row) {
  Alert alert;
  alert.id = row.String("id");
  alert.key = {row.String("device"), row.String("kind"), row.String("episode"), row.String("assignment")};
  alert.resident = row.String("resident");
  alert.principal = row.String("principal");
  alert.unit = row.String("unit");
  alert.product = row.String("product");
  alert.event_id = row.String("event_id");
  alert.chain = {static_cast<uint32_t>(row.Int64("chain_version")), ReadSteps(row)};
  alert.step = row.Int("step");
  alert.state = static_cast<State>(row.Int("state"));
  alert.version = row.Int64("version");
  alert.waiting = row.Bool("waiting");
  alert.exhausted = row.Bool("exhausted");
  alert.technical = row.Bool("technical");
  alert.offer_version = row.Int64("offer_version");
  alert.delivered = row.Bool("delivered");
  alert.effective_at = ToTime(row.Time("effective_at"));
  alert.offered_at = ToTime(row.Time("offered_at"));
  alert.raised_at = ToTime(row.Time("raised_at"));
  alert.expires_at = ToTime(row.Time("expires_at"));
  if (const auto next = row.OptionalTime("next_action_at")) alert.next_action_at = ToTime(*next);
  alert.receiver = row.String("receiver");
  alert.operator_id = row.String("operator_id");
  return alert;
}

HistoryEntry ReadHistoryEntry(const Row& row) {
  return {static_cast<uint64_t>(row.Int64("version")),
          ToTime(row.Time("at")),
          row.String("action"),
          static_cast<State>(row.Int("state")),
          static_cast<uint32_t>(row.Int("step")),
          row.String("receiver"),
          row.String("actor"),
          row.String("reason")};
}

}  // namespace nara::alert
