// Keeps the labels of history rows (principal and unit that answer) true when a
// route changes, also backwards in time. What it has done is remembered with the
// rows, so that a restart goes over changed devices only.
//
// Threads: Changed from any thread, Run from the thread that writes history.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data_broker/metrics.h"
#include "data_broker/ports.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::broker {

class Relabeller {
 public:
  using RoutePtr = std::shared_ptr<const registry::v1::Route>;

  // At most `per_run` devices in one Run, so that batches are not held up.
  explicit Relabeller(Metrics& metrics, std::size_t per_run = 64) : metrics_(metrics), per_run_(per_run) {}

  // These routes have a new form.
  void Changed(const std::vector<RoutePtr>& routes);

  // Corrects the rows of some changed devices. What failed is done again.
  absl::Status Run(HistoryWriterStore& store);

 private:
  std::vector<RoutePtr> Some();
  absl::Status Load(HistoryWriterStore& store);

  Metrics& metrics_;
  const std::size_t per_run_;
  std::optional<std::map<std::string, std::uint64_t>> labelled_;  // by the running thread alone

  std::mutex mutex_;
  std::map<std::string, RoutePtr> changed_;  // protected by mutex_
};

// The change points of CARE, as labels: each until the next of its assignment. The
// last of an assignment holds for ever, since a late record must have a home.
std::vector<Label> LabelsOf(const registry::v1::Route& route);

}  // namespace nara::broker
