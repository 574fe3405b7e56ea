#include "gateway/metrics.h"

#include "absl/strings/str_cat.h"

namespace nara::gateway {
namespace {

constexpr int kClasses = 5;

metrics::Counter& Refusals(metrics::Registry& registry, const char* reason) {
  return registry.AddCounter("nara_gateway_refused_total", "Connections and requests sent away before they had a route",
                             {{"reason", reason}});
}

metrics::Counter& Failures(metrics::Registry& registry, const std::string& service, const char* reason) {
  return registry.AddCounter("nara_gateway_service_failures_total", "Requests that a service did not answer",
                             {{"service", service}, {"reason", reason}});
}

metrics::Counter& Restarts(metrics::Registry& registry, const char* source) {
  return registry.AddCounter("nara_gateway_feed_restarts_total", "Sources of live feeds that ended and are begun again",
                             {{"source", source}});
}

metrics::Counter& Admissions(metrics::Registry& registry, const char* result) {
  return registry.AddCounter("nara_gateway_admissions_total", "Devices that asked for a certificate",
                             {{"result", result}});
}

}  // namespace

Metrics::Service::Service(metrics::Registry& registry, const std::string& name)
    : busy_(Failures(registry, name, "busy")),
      timeout_(Failures(registry, name, "timeout")),
      unavailable_(Failures(registry, name, "unavailable")) {}

Metrics::Metrics(metrics::Registry& registry)
    : registry_(registry),
      connections_(registry.AddGauge("nara_gateway_connections", "Open HTTP connections")),
      event_streams_(registry.AddGauge("nara_gateway_event_streams", "Open event streams")),
      full_(Refusals(registry, "full")),
      address_full_(Refusals(registry, "address_full")),
      idle_(Refusals(registry, "idle")),
      slow_reader_(Refusals(registry, "slow_reader")),
      slow_(Refusals(registry, "slow")),
      malformed_(Refusals(registry, "malformed")),
      header_(Refusals(registry, "header")),
      body_(Refusals(registry, "body")),
      host_(Refusals(registry, "host")),
      faults_(registry.AddCounter("nara_gateway_faults_total", "Connections that ended by a fault of the gateway")),
      registry_service_(registry, "registry"),
      alerts_service_(registry, "alerts"),
      broker_service_(registry, "broker"),
      fleet_restarts_(Restarts(registry, "fleet")),
      alerts_restarts_(Restarts(registry, "alerts")),
      observations_restarts_(Restarts(registry, "observations")),
      attendance_restarts_(Restarts(registry, "attendance")),
      attendances_(registry.AddGauge("nara_gateway_attendances",
                                     "Receivers attended at the alert router, since a page follows")),
      given_(Admissions(registry, "given")),
      refused_(Admissions(registry, "refused")),
      limited_(Admissions(registry, "limited")) {
  AddRoutes({"web", "none"});
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

}  // namespace nara::gateway
