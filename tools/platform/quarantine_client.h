#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "nara/ingest/v1/ingest.pb.h"

namespace nara::tools {

// The calls of IngestService that tools make. Thread-safe.
class QuarantineClient {
 public:
  QuarantineClient(const std::string& address, const config::Tls& tls);
  ~QuarantineClient();

  absl::StatusOr<ingest::v1::ListQuarantineResponse> ListQuarantine(const ingest::v1::ListQuarantineRequest& request);
  absl::StatusOr<ingest::v1::GetQuarantinedResponse> GetQuarantined(const ingest::v1::GetQuarantinedRequest& request);
  absl::StatusOr<ingest::v1::SendCommandResponse> SendCommand(const ingest::v1::SendCommandRequest& request);
  absl::StatusOr<ingest::v1::GetCommandResponse> GetCommand(const ingest::v1::GetCommandRequest& request);
  absl::StatusOr<ingest::v1::ReplayQuarantinedResponse> ReplayQuarantined(
      const ingest::v1::ReplayQuarantinedRequest& request);
  absl::StatusOr<ingest::v1::DiscardQuarantinedResponse> DiscardQuarantined(
      const ingest::v1::DiscardQuarantinedRequest& request);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace nara::tools
