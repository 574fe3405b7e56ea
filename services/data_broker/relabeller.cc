#include "data_broker/relabeller.h"

#include <utility>

namespace nara::broker {
void Relabeller::Changed(const std::vector<RoutePtr>& routes) {
  for (const RoutePtr& route : routes) Back({.route = route});
}

// A newer form begins anew.
void Relabeller::Back(Work work) {
  const std::lock_guard lock(mutex_);
  Work& newest = changed_[work.route->device()];
  if (newest.route == nullptr || newest.route->revision() < work.route->revision()) newest = std::move(work);
}

bool Relabeller::waiting() const {
  const std::lock_guard lock(mutex_);
  return !changed_.empty();
}

std::uint64_t Relabeller::Done(const registry::v1::Route& route) const {
  const auto labelled = labelled_->find(route.device());
  return labelled == labelled_->end() ? 0 : labelled->second;
}

std::optional<Relabeller::Work> Relabeller::Next() {
  const std::lock_guard lock(mutex_);
  while (!changed_.empty()) {
    auto next = changed_.upper_bound(turn_);
    if (next == changed_.end()) next = changed_.begin();
    turn_ = next->first;
    Work work = std::move(next->second);
    changed_.erase(next);
    if (Done(*work.route) < work.route->revision()) return work;
  }
  return std::nullopt;
}

absl::Status Relabeller::Load(HistoryWriterStore& store) {
  if (labelled_) return absl::OkStatus();
  auto labelled = store.Labelled();
  if (!labelled.ok()) return labelled.status();
  labelled_ = *std::move(labelled);
  return absl::OkStatus();
}

// The rows that it went over.
absl::StatusOr<std::size_t> Relabeller::Piece(HistoryWriterStore& store, Work work) {
  const registry::v1::Route& route = *work.route;
  const std::size_t limit = size_.now();
  const auto verdict = [&](const CareRecord& row) { return Judge(route, row, Done(route)); };
  const auto piece = store.Relabel(route.device(), verdict, work.done, limit);
  if (size_.Learn(piece.status(), piece.ok() ? piece->rows : limit)) metrics_.HistoryHalved();
  absl::Status status = piece.status();
  if (status.ok() && !piece->last) status = store.NoteLabelled(route.device(), route.revision());
  if (status.ok() && !piece->last) {
    (*labelled_)[route.device()] = route.revision();
    metrics_.Relabelled();
    return piece->rows;
  }
  if (status.ok()) work.done = piece->last;
  Back(std::move(work));
  if (!status.ok()) return status;
  return piece->rows;
}

absl::Status Relabeller::Run(HistoryWriterStore& store) {
  if (absl::Status status = Load(store); !status.ok()) return status;
  const std::size_t enough = size_.now();
  for (std::size_t devices = 0, rows = 0; devices < options_.devices && rows < enough; ++devices) {
    std::optional<Work> work = Next();
    if (!work) break;
    const absl::StatusOr<std::size_t> piece = Piece(store, *std::move(work));
    if (!piece.ok()) return piece.status();
    rows += *piece;
  }
  return absl::OkStatus();
}

}  // namespace nara::broker
