// What callers of the gRPC API may do; the adapter is grpc_service.
//
// Threads: all methods may be called from any thread.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/access/authorizer.h"
#include "common/mqtt/shard.h"
#include "common/routes/route_table.h"
#include "common/rpc/call_context.h"
#include "common/time/clock.h"
#include "ingest/arrival_clock.h"
#include "ingest/commands.h"
#include "ingest/origin.h"
#include "ingest/quarantine.h"
#include "nara/ingest/v1/ingest.pb.h"

namespace nara::ingest {

struct ServiceDeps {
  Lane lane = Lane::kMeasurement;
  const Authorizer& authorizer;
  const RouteTable& routes;
  const Clock& clock;
  const ArrivalClock& arrivals;
  QuarantineShelf& quarantine;
  // Judges anew what is held of a device, and appends what is good now.
  std::function<absl::StatusOr<std::vector<ReplayAnswer>>(std::vector<QuarantineRow>)> deliver;
  // The same way as an uplink from MQTT: judged, appended, receipted.
  std::function<absl::StatusOr<nara::telemetry::v1::Receipt>(Origin, nara::telemetry::v1::Uplink, absl::Duration)>
      submit;
  CommandStore& commands;
  // A command was accepted; never blocks.
  std::function<void()> on_command;
};

class Service {
 public:
  explicit Service(ServiceDeps deps) : deps_(std::move(deps)) {}

  absl::StatusOr<v1::SubmitResponse> Submit(const rpc::CallContext& call, const v1::SubmitRequest& request);
  absl::StatusOr<v1::SendCommandResponse> SendCommand(const rpc::CallContext& call,
                                                      const v1::SendCommandRequest& request);
  absl::StatusOr<v1::GetCommandResponse> GetCommand(const rpc::CallContext& call, const v1::GetCommandRequest& request);
  absl::StatusOr<v1::ListQuarantineResponse> ListQuarantine(const rpc::CallContext& call,
                                                            const v1::ListQuarantineRequest& request);
  absl::StatusOr<v1::GetQuarantinedResponse> GetQuarantined(const rpc::CallContext& call,
                                                            const v1::GetQuarantinedRequest& request);
  absl::StatusOr<v1::ReplayQuarantinedResponse> ReplayQuarantined(const rpc::CallContext& call,
                                                                  const v1::ReplayQuarantinedRequest& request);
  absl::StatusOr<v1::DiscardQuarantinedResponse> DiscardQuarantined(const rpc::CallContext& call,
                                                                    const v1::DiscardQuarantinedRequest& request);

 private:
  absl::StatusOr<Caller> Identify(const rpc::CallContext& call) const;
  // Who calls, when it may do this to a device; a device that is not the caller's is not there.
  absl::Status CheckLane(nara::telemetry::v1::Lane lane) const;
  absl::Status MayDiscard(const Caller& caller, const std::string& id) const;
  absl::StatusOr<Caller> MayTouch(const rpc::CallContext& call, Action action, const std::string& device) const;

  const ServiceDeps deps_;
};

}  // namespace nara::ingest
