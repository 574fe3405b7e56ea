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

// Immutable once made, and shared by all who deliver it.
struct CareRecord {
  LogId log;
  Position position;
  std::string assignment;
  std::uint64_t route_revision = 0;
  // Who answered when it was read; asked again at delivery. Nothing: nobody can say
  // before its route has come (Audience::PartyOf).
  std::optional<Party> party;
  // Without principal and unit, which depend on when one asks.
  v1::Observation observation;
};

using CareRecordPtr = std::shared_ptr<const CareRecord>;

}  // namespace nara::broker
