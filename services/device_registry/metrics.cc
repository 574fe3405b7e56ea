#include "device_registry/metrics.h"

namespace nara::registry {
namespace {

constexpr const char* kMethods[] = {"ListPrincipals",
                                    "PutUnit",
                                    "ListUnits",
                                    "RegisterDevices",
                                    "ProvisionDevices",
                                    "GetDevice",
                                    "ListDevices",
                                    "CreateResident",
                                    "AssignDevice",
                                    "EndAssignment",
                                    "TransferResponsibility",
                                    "PutChain",
                                    "GetChain",
                                    "PutReceiver",
                                    "ListReceivers",
                                    "SetChainLead",
                                    "ExplainChain",
                                    "CheckChains",
                                    "PutPlan",
                                    "GetPlan",
                                    "ListPlans",
                                    "PutClient",
                                    "WatchRoutes",
                                    "WatchChains",
                                    "WatchAccess"};

bool OurFault(const absl::Status& status) {
  return absl::IsInternal(status) || absl::IsUnavailable(status) || absl::IsUnknown(status) ||
         absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) || absl::IsDataLoss(status);
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : revision_(registry.AddGauge("nara_registry_revision", "Revision of the registry that the watches show")),
      store_up_(registry.AddGauge("nara_registry_store_up", "1 while PostgreSQL answers")) {
  const auto counter = [&](const std::string& method, const std::string& result) {
    return &registry.AddCounter("nara_registry_calls_total", "Calls by method and result",
                                {{"method", method}, {"result", result}});
  };
  for (const std::string method : kMethods) {
    methods_[method] = {.ok = counter(method, "ok"),
                        .refused = counter(method, "refused"),
                        .failed = counter(method, "failed"),
                        .seconds = &registry.AddHistogram("nara_registry_call_seconds", "Time to answer a call",
                                                          metrics::Latency(), {{"method", method}})};
  }
}

void Metrics::Called(const std::string& method, const absl::Status& status, std::chrono::nanoseconds took) {
  const Method& counts = methods_.at(method);
  if (status.ok()) {
    counts.ok->Increment();
  } else if (OurFault(status)) {
    counts.failed->Increment();
  } else {
    counts.refused->Increment();
  }
  counts.seconds->Observe(std::chrono::duration<double>(took).count());
}

void Metrics::Shows(std::uint64_t revision) {
  revision_.Set(static_cast<double>(revision));
}

void Metrics::StoreAnswers(bool answers) {
  store_up_.Set(answers ? 1 : 0);
}

}  // namespace nara::registry
