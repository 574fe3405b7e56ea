#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace prometheus {
class Registry;
}

namespace nara::metrics {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
// Label values are bounded words (shard, lane, result, reason): never a device, a resident or a client.
using Labels = std::map<std::string, std::string>;

// The metrics of one process. Take each metric once, at construction, and keep the reference: it lives as long as the
// registry, and a look-up takes a mutex. The metrics themselves may be used from any thread; a Histogram takes a mutex
// for each value. Asking again for the same name and labels gives the same metric. Names are
// nara_<area>_<what>_<unit>[_total].
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  // A counter that somebody else keeps and tells us: Set it to what it is. It may start again at 0.
  Gauge& AddMirror(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `bounds` ascending, at most 12: see Latency().
  Histogram& AddHistogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                          const Labels& labels = {});

  // All of it in the Prometheus text format.
  std::string Text() const;

  // Names of all families, sorted: for the one test that holds a service's list.
  std::vector<std::string> Names() const;

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  mutable std::mutex mutex_;
  std::set<std::string> mirrors_;  // names of families, guarded by mutex_
};

// Bucket bounds in seconds, 1 ms to 10 s, with the promised 25 and 50 ms among them.
const std::vector<double>& Latency();

}  // namespace nara::metrics
