#include "data_broker/relabeller.h"

#include <algorithm>
#include <utility>

#include "data_broker/micros.h"

namespace nara::broker {
namespace {

std::vector<Label> LabelsOf(const registry::v1::Assignment& assignment) {
  std::vector<Label> labels;
  for (const registry::v1::Responsibility& point : assignment.responsibilities()) {
    if (point.purpose() != registry::v1::PURPOSE_CARE) continue;
    labels.push_back({.assignment = assignment.id(),
                      .since_us = Micros(point.since()),
                      .until_us = std::nullopt,
                      .party = {.principal = point.principal(), .unit = point.unit()}});
  }
  std::ranges::sort(labels, {}, &Label::since_us);
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i - 1].until_us = labels[i].since_us;
  return labels;
}

}  // namespace

std::vector<Label> LabelsOf(const registry::v1::Route& route) {
  std::vector<Label> labels;
  for (const registry::v1::Assignment& assignment : route.assignments()) {
    for (Label& label : LabelsOf(assignment)) labels.push_back(std::move(label));
  }
  return labels;
}

void Relabeller::Changed(const std::vector<RoutePtr>& routes) {
  const std::lock_guard lock(mutex_);
  for (const RoutePtr& route : routes) {
    RoutePtr& newest = changed_[route->device()];
    if (newest == nullptr || newest->revision() < route->revision()) newest = route;
  }
}

std::vector<Relabeller::RoutePtr> Relabeller::Some() {
  const std::lock_guard lock(mutex_);
  std::vector<RoutePtr> some;
  while (!changed_.empty() && some.size() < per_run_) {
    RoutePtr route = std::move(changed_.begin()->second);
    changed_.erase(changed_.begin());
    const auto labelled = labelled_->find(route->device());
    const bool done = labelled != labelled_->end() && labelled->second >= route->revision();
    if (!done) some.push_back(std::move(route));
  }
  return some;
}

absl::Status Relabeller::Load(HistoryWriterStore& store) {
  if (labelled_) return absl::OkStatus();
  auto labelled = store.Labelled();
  if (!labelled.ok()) return labelled.status();
  labelled_ = *std::move(labelled);
  return absl::OkStatus();
}

absl::Status Relabeller::Run(HistoryWriterStore& store) {
  if (absl::Status status = Load(store); !status.ok()) return status;
  const std::vector<RoutePtr> routes = Some();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const registry::v1::Route& route = *routes[i];
    if (absl::Status status = store.Relabel(route.device(), route.revision(), LabelsOf(route)); !status.ok()) {
      Changed({routes.begin() + static_cast<std::ptrdiff_t>(i), routes.end()});
      return status;
    }
    (*labelled_)[route.device()] = route.revision();
    metrics_.Relabelled();
  }
  return absl::OkStatus();
}

}  // namespace nara::broker
