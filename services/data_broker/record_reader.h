// Turns a log's entry into a care record. Fields that we do not know are left out:
// they are the device's own, of any size, and nobody has checked them. Thread-safe.
#pragma once

#include <set>
#include <string>

#include "data_broker/metrics.h"
#include "data_broker/ports.h"

namespace nara::broker {

class RecordReader {
 public:
  // `care_kinds` are the kinds of the catalogue whose records are care data.
  // References must outlive it.
  RecordReader(std::set<std::string> care_kinds, const Audience& audience, Metrics& metrics);

  // Null when there is nothing to deliver: another purpose, a test, or unreadable.
  CareRecordPtr Read(LogId log, const LogEntry& entry) const;

 private:
  const std::set<std::string> care_kinds_;
  const Audience& audience_;
  Metrics& metrics_;
};

}  // namespace nara::broker
