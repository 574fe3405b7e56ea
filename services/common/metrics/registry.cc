#include "common/metrics/registry.h"

#include <prometheus/family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

namespace nara::metrics {
namespace {

void ShowAsCounter(prometheus::MetricFamily& family) {
  family.type = prometheus::MetricType::Counter;
  for (prometheus::ClientMetric& metric : family.metric) metric.counter.value = metric.gauge.value;
}

}  // namespace

Registry::Registry() : registry_(std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge)) {}

Registry::~Registry() = default;

Counter& Registry::AddCounter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

Gauge& Registry::AddMirror(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(mutex_);
  mirrors_.insert(name);
  return AddGauge(name, help, labels);
}

Gauge& Registry::AddGauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

Histogram& Registry::AddHistogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                                  const Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, bounds);
}

std::string Registry::Text() const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  std::lock_guard lock(mutex_);
  for (prometheus::MetricFamily& family : families) {
    if (mirrors_.contains(family.name)) ShowAsCounter(family);
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::vector<std::string> Registry::Names() const {
  std::vector<std::string> names;
  for (const prometheus::MetricFamily& family : registry_->Collect()) names.push_back(family.name);
  std::sort(names.begin(), names.end());
  return names;
}

const std::vector<double>& Latency() {
  static const std::vector<double> bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};
  return bounds;
}

}  // namespace nara::metrics
