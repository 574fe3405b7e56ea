// Keeps the labels of history rows (whose they are, and who answers) true when a route
// changes, also backwards in time, and writes down who has to be told of it: the
// corrections of the past are carried out here, and in HistoryWriter for what comes from
// the logs after them.
//
// A device's rows are gone over in pieces, oldest first, none larger than the store
// manages in its time. How far it is is known here alone; that all of it is done is
// remembered with the rows, last, so that a restart goes over changed devices only and
// what was interrupted is done again. A piece's labels and notices are one transaction,
// and a notice is there once, whatever is repeated.
//
// Threads: Changed and waiting from any thread, Run from the thread that writes history.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data_broker/batch_size.h"
#include "data_broker/metrics.h"
#include "data_broker/ports.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::broker {

class Relabeller {
 public:
  using RoutePtr = std::shared_ptr<const registry::v1::Route>;

  struct Options {
    // One Run goes over at most so many devices, or a little more than so many rows, so
    // that batches are not held up; a statement over at most so many rows.
    std::size_t devices = 64;
    std::size_t rows = 1000;
  };

  explicit Relabeller(Metrics& metrics) : Relabeller(metrics, Options()) {}
  Relabeller(Metrics& metrics, Options options) : options_(options), metrics_(metrics), size_(options.rows) {}

  // These routes have a new form.
  void Changed(const std::vector<RoutePtr>& routes);

  // Run has more to do.
  bool waiting() const;

  // Corrects the rows of some changed devices. What failed is gone on with when the
  // other devices have had their turn.
  absl::Status Run(HistoryWriterStore& store);

 private:
  // A changed device, and the last of its rows that are corrected.
  struct Work {
    RoutePtr route;
    std::optional<ListKey> done = {};
  };

  std::optional<Work> Next();
  void Back(Work work);
  std::uint64_t Done(const registry::v1::Route& route) const;
  absl::Status Load(HistoryWriterStore& store);
  absl::StatusOr<std::size_t> Piece(HistoryWriterStore& store, Work work);

  const Options options_;
  Metrics& metrics_;
  // By the running thread alone.
  BatchSize size_;
  std::optional<std::map<std::string, std::uint64_t>> labelled_;
  std::string turn_;  // the device that had its turn last

  mutable std::mutex mutex_;
  std::map<std::string, Work> changed_;  // protected by mutex_
};

}  // namespace nara::broker
