// One line of an ordering portal's file: its form, and what it means for a device. Pure
// functions; docs/formats/portal-csv.md is the specification.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/catalogue/catalogue.h"
#include "device_registry/life_cycle/store.h"
#include "nara/registry/v1/life_cycle.pb.h"

namespace nara::registry {

// A line that is whole.
struct PortalRow {
  v1::Device device;
  // What the portal says: in stock, ordered, waiting for training or delivered.
  v1::DeviceState state = v1::DEVICE_STATE_UNSPECIFIED;
  std::string order;
  std::string training_on;
  std::optional<absl::CivilDay> ordered_on;
  std::optional<absl::CivilDay> delivered_on;
  v1::MoveDetails delivery;
};

// Everything that is wrong with a line, in the order of its columns.
class LineProblems {
 public:
  explicit LineProblems(std::uint32_t line) : line_(line) {}

  void Add(const std::string& column, const std::string& reason, const std::string& message);
  // With the reason of an error and its sentence.
  void Add(const std::string& column, const absl::Status& status);
  bool none() const { return problems_.empty(); }
  std::vector<v1::LineProblem> Take() { return std::move(problems_); }

 private:
  const std::uint32_t line_;
  std::vector<v1::LineProblem> problems_;
};

PortalRow ParseLine(const v1::PortalLine& line, const Catalogue& catalogue, absl::CivilDay today,
                    LineProblems& problems);

// A step that brings a device to where the portal says that it is.
struct PortalStep {
  v1::DeviceEvent event = v1::DEVICE_EVENT_UNSPECIFIED;
  v1::MoveDetails details;
  std::optional<absl::CivilDay> day;  // absent: now
};

// The steps from a state to the row's; none when the device is there already, or further
// on its way. Absent when only people can bring it there (what is handed out is not in
// stock because a file says so).
std::optional<std::vector<PortalStep>> StepsTo(const PortalRow& row, v1::DeviceState from,
                                               absl::CivilDay known_training);

// The moves that the steps make, checked by the machine. `standing` is where the device
// is, or will be once it is registered.
std::vector<v1::DeviceMove> PlanMoves(const PortalRow& row, const DeviceStanding& standing, LineProblems& problems);

}  // namespace nara::registry
