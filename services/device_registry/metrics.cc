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
                                    "RevokeDevice",
                                    "LiftRevocation",
                                    "ListCertificates",
                                    "CreateEnrolment",
                                    "Enrol",
                                    "RenewCertificate",
                                    "SetController",
                                    "ListClients",
                                    "WatchRoutes",
                                    "WatchChains",
                                    "WatchAccess",
                                    "GetAssignment",
                                    "GetResponsibility",
                                    "CorrectAssignment",
                                    "PutAbsence",
                                    "EndAbsence",
                                    "ProposeHandOver",
                                    "AcceptHandOver",
                                    "DeclineHandOver",
                                    "WithdrawHandOver",
                                    "GetHandOver",
                                    "ListHandOvers",
                                    "MoveHome",
                                    "Discharge",
                                    "ChangeCareLevel",
                                    "ReachAdulthood",
                                    "EnterSpecialHousing",
                                    "PutCostFacts",
                                    "PutCostException",
                                    "GetCost",
                                    "PutProvider",
                                    "ListProviders",
                                    "ListAgreements",
                                    "PutParticipation",
                                    "ListParticipations",
                                    "PutStaff",
                                    "ListStaff",
                                    "PutStaffAssignment",
                                    "ListStaffAssignments",
                                    "RegisterResident",
                                    "UpdateIdentity",
                                    "GetResident",
                                    "FindResidents",
                                    "ListResidents",
                                    "PutProtectedAccess",
                                    "ListProtectedAccess",
                                    "RotateIdentityKeys",
                                    "MoveDevice",
                                    "ListDeviceHistory",
                                    "ConfirmTest",
                                    "StageImport",
                                    "CheckImport",
                                    "ApplyImport",
                                    "PutAssortment",
                                    "ListProducts",
                                    "PutConsent",
                                    "WithdrawConsent",
                                    "ListConsents",
                                    "SetBlock",
                                    "LiftBlock",
                                    "ListBlocks",
                                    "ConfirmAccess",
                                    "ListChanges",
                                    "ListIdentityReads"};

metrics::Gauge& Open(metrics::Registry& registry, const std::string& state) {
  return registry.AddGauge("nara_registry_hand_overs_open", "Hand-overs under way, by state", {{"state", state}});
}

bool OurFault(const absl::Status& status) {
  return absl::IsInternal(status) || absl::IsUnavailable(status) || absl::IsUnknown(status) ||
         absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) || absl::IsDataLoss(status);
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : revision_(registry.AddGauge("nara_registry_revision", "Revision of the registry that the watches show")),
      store_up_(registry.AddGauge("nara_registry_store_up", "1 while PostgreSQL answers")),
      expired_(registry.AddCounter("nara_registry_hand_overs_expired_total",
                                   "Hand-overs that passed their deadline without an answer")),
      open_proposed_(Open(registry, "proposed")),
      open_expired_(Open(registry, "expired")),
      open_disputed_(Open(registry, "disputed")),
      locked_out_(registry.AddGauge("nara_registry_revocations_in_force",
                                    "1 while the MQTT server obeys the newest list of who is revoked")),
      forgotten_(registry.AddCounter("nara_registry_identity_reads_forgotten_total",
                                     "Looks at identities that have been kept for long enough")) {
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

void Metrics::HandOversExpired(int count) {
  expired_.Increment(count);
}

void Metrics::HandOversOpen(std::int64_t proposed, std::int64_t expired, std::int64_t disputed) {
  open_proposed_.Set(static_cast<double>(proposed));
  open_expired_.Set(static_cast<double>(expired));
  open_disputed_.Set(static_cast<double>(disputed));
}

void Metrics::StoreAnswers(bool answers) {
  store_up_.Set(answers ? 1 : 0);
}

void Metrics::IdentityReadsForgotten(std::int64_t count) {
  forgotten_.Increment(static_cast<double>(count));
}

void Metrics::LockedOut(bool in_force) {
  locked_out_.Set(in_force ? 1 : 0);
}

}  // namespace nara::registry
