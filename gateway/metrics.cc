#include "gateway/metrics.h"

#include "absl/strings/str_cat.h"

namespace nara::gateway {
namespace {

constexpr const char* kRefusals[] = {"full", "idle", "slow", "malformed", "header", "body", "host"};
constexpr const char* kServices[] = {"registry", "alerts", "broker"};
constexpr const char* kFailures[] = {"busy", "timeout", "unavailable"};
constexpr const char* kSources[] = {"fleet", "alerts", "observations", "attendance"};
constexpr int kClasses = 5;

void Increment(const std::map<std::string, metrics::Counter*>& counters, const std::string& word) {
  if (const auto counter = counters.find(word); counter != counters.end()) counter->second->Increment();
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : registry_(registry),
      connections_(registry.AddGauge("nara_gateway_connections", "Open HTTP connections")),
      event_streams_(registry.AddGauge("nara_gateway_event_streams", "Open event streams")),
      attendances_(registry.AddGauge("nara_gateway_attendances",
                                     "Receivers attended at the alert router, since a page follows")) {
  AddRoutes({"web", "none"});
  for (const char* reason : kRefusals) {
    refused_[reason] =
        &registry.AddCounter("nara_gateway_refused_total", "Connections and requests sent away before they had a route",
                             {{"reason", reason}});
  }
  for (const char* service : kServices) {
    for (const char* reason : kFailures) {
      failures_[service][reason] =
          &registry.AddCounter("nara_gateway_service_failures_total", "Requests that a service did not answer",
                               {{"service", service}, {"reason", reason}});
    }
  }
  for (const char* source : kSources) {
    sources_[source] =
        &registry.AddCounter("nara_gateway_feed_restarts_total", "Sources of live feeds that ended and are begun again",
                             {{"source", source}});
  }
}

void Metrics::AddRoutes(const std::vector<std::string>& routes) {
  for (const std::string& route : routes) {
    Route& added = routes_[route];
    added.seconds = &registry_.AddHistogram("nara_gateway_request_seconds", "From the request to its answer",
                                            metrics::Latency(), {{"route", route}});
    for (int i = 1; i <= kClasses; ++i) {
      added.answers.push_back(&registry_.AddCounter("nara_gateway_requests_total",
                                                    "Requests by route and class of status",
                                                    {{"route", route}, {"status", absl::StrCat(i, "xx")}}));
    }
  }
}

void Metrics::Answered(const std::string& route, int status, absl::Duration took) {
  const auto found = routes_.find(route);
  const int number = status / 100 - 1;
  if (found == routes_.end() || number < 0 || number >= kClasses) return;
  found->second.answers[number]->Increment();
  found->second.seconds->Observe(absl::ToDoubleSeconds(took));
}

void Metrics::Refused(const std::string& reason) {
  Increment(refused_, reason);
}

void Metrics::ServiceFailed(const std::string& service, const std::string& reason) {
  if (const auto found = failures_.find(service); found != failures_.end()) Increment(found->second, reason);
}

void Metrics::SourceEnded(const std::string& source) {
  Increment(sources_, source);
}

}  // namespace nara::gateway
