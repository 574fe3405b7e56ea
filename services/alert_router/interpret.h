// What one entry of an alarm log does to the alerts: the rules of intake.h, for
// one entry within a transaction.
#pragma once

#include <string>

#include "alert_router/answers.h"
#include "alert_router/moves.h"
#include "alert_router/technical_kinds.h"
#include "common/catalogue/catalogue.h"
#include "common/redis/log_reader.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::alert {

// What an alert of `kind` that a record is about is about: its episode, or its event
// id where it has none, in its assignment.
Key KeyOf(const telemetry::v1::LogRecord& record, const std::string& kind);

// The key of a technical alert of `kind` about one record. The episodes of such records come again (what ingest
// quarantined has a reason there, "value_out_of_range"), so the event belongs to it.
Key TechnicalKeyOf(const telemetry::v1::LogRecord& record, const std::string& kind);

// What stands for a device in alerts about a log itself: "shard-07".
std::string LogAsDevice(LogId log);

// The revision of the registry by which ingest took the record; 0 when it cannot be
// read.
uint64_t RouteRevisionOf(const LogEntry& entry);

// The alert that a record raises, before the engine has seen it.
Alert Draw(const telemetry::v1::LogRecord& record, const Kind& kind, const Responsible& answer, Time now);

class Interpreter {
 public:
  // Both must outlive it.
  Interpreter(const Catalogue& catalogue, const Answers& answers) : catalogue_(catalogue), answers_(answers) {}

  // Writes what the entry means into `moves`. The outcome is a word for the
  // metrics (metrics.h).
  absl::StatusOr<std::string> Apply(Moves& moves, LogId log, const LogEntry& entry) const;

 private:
  absl::StatusOr<std::string> ApplyRecord(Moves& moves, const telemetry::v1::LogRecord& record) const;
  absl::StatusOr<std::string> EndEpisode(Moves& moves, const Kind& kind, const std::string& ended,
                                         const telemetry::v1::LogRecord& record) const;
  absl::StatusOr<std::string> RaiseAlert(Moves& moves, const Kind& kind, const telemetry::v1::LogRecord& record) const;
  absl::Status TellAstray(Moves& moves, const Alert& alert, const std::string& why) const;
  absl::StatusOr<std::string> RaiseTechnical(Moves& moves, const Key& key, const std::string& event_id) const;

  const Catalogue& catalogue_;
  const Answers& answers_;
};

}  // namespace nara::alert
