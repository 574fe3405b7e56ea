// A record of a log as the data broker carries it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "data_broker/position.h"
#include "nara/broker/v1/broker.pb.h"

namespace nara::broker {

// Who answers for a record: a unit, its principal and its provider. Empty for nobody;
// the provider also when only history knows who it was.
struct Party {
  std::string principal;
  std::string unit;
  std::string provider = {};

  bool nobody() const { return unit.empty(); }
  friend bool operator==(const Party&, const Party&) = default;
};

// Whose a record is: the assignment and the resident that it belongs to, and who answers.
struct Holder {
  std::string assignment;  // empty when a correction gave it to nobody
  std::string resident;    // opaque id
  Party party;

  friend bool operator==(const Holder&, const Holder&) = default;
};

// Immutable once made, and shared by all who deliver it.
struct CareRecord {
  LogId log;
  Position position;
  // As ingest said; of a row of history as it is labelled.
  std::string assignment;
  std::string resident;
  std::uint64_t route_revision = 0;
  // Who answered when it was read; asked again at delivery. Nothing: nobody can say
  // before its route has come (Audience::HolderOf).
  std::optional<Party> party;
  // As ingest made it, without principal and unit. Who receives it gets what depends on
  // when one asks, the resident too, from its Holder.
  v1::Observation observation;
};

using CareRecordPtr = std::shared_ptr<const CareRecord>;

// Tells a unit that a record has never been its own, or has always been.
struct Notice {
  enum class What { kWithdrawn, kReissued };

  What what = What::kWithdrawn;
  Party party;  // to whom
  // Of the record.
  std::string id = {};
  std::string device = {};
  std::string kind = {};
  // The time that was wrong, and the revision of the registry at which that became known.
  google::protobuf::Timestamp start_at = {};
  google::protobuf::Timestamp end_at = {};
  std::uint64_t revision = 0;
  // As read from history: its place in the order of all, and the record that is reissued,
  // which is null when its row is another's by now.
  std::uint64_t number = 0;
  CareRecordPtr record = nullptr;
};

}  // namespace nara::broker
