#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "nara/broker/v1/broker.pb.h"

namespace nara::tools {

// The calls of DataBrokerService that tools make. Thread-safe.
class ObservationClient {
 public:
  ObservationClient(const std::string& address, const config::Tls& tls);
  ~ObservationClient();

  absl::StatusOr<broker::v1::ListObservationsResponse> ListObservations(
      const broker::v1::ListObservationsRequest& request);

  // Calls `heard` for every message of the subscription, on this thread, until
  // `stop` or the end of the stream. OK when it was told to stop.
  absl::Status Subscribe(const broker::v1::SubscribeRequest& request, const std::stop_token& stop,
                         const std::function<void(const broker::v1::SubscribeResponse&)>& heard);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nara::tools
