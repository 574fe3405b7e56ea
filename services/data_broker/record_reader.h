// Turns a log's entry into a care record, or says why it is none.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>

#include "data_broker/metrics.h"
#include "data_broker/ports.h"

namespace nara::broker {

// One for each loop that reads logs: it remembers for which records it has waited.
// Not thread-safe.
class RecordReader {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Now = std::function<SteadyTime()>;

  struct Options {
    // Kinds of the catalogue whose records are care data.
    std::set<std::string> care_kinds;
    // A record that was made with a newer route than our copy's waits so long for
    // the route; then it goes on by what we know, and history corrects its label
    // when the route comes. Longer: a registry that lost its newest changes holds
    // up shards for that time. Shorter: more records miss their live delivery when
    // the registry is slow.
    std::chrono::milliseconds patience{5000};
    Now now = std::chrono::steady_clock::now;
  };

  // References must outlive it.
  RecordReader(Options options, const Audience& audience, Metrics& metrics);

  enum class Outcome {
    kCare,     // `record` is set
    kNotCare,  // nothing to deliver: another purpose, a test, or unreadable
    kWait,     // read this entry again in some milliseconds
  };
  struct Result {
    Outcome outcome = Outcome::kNotCare;
    CareRecordPtr record;
  };

  Result Read(std::size_t log, const LogEntry& entry);

 private:
  bool WaitLonger(const CareRecord& record);

  const Options options_;
  const Audience& audience_;
  Metrics& metrics_;
  // For each device whose route is awaited: the revision, and since when.
  struct Wait {
    std::uint64_t revision = 0;
    SteadyTime since;
  };
  std::unordered_map<std::string, Wait> waits_;
};

}  // namespace nara::broker
