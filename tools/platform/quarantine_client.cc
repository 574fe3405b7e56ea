#include "tools/platform/quarantine_client.h"

#include "nara/ingest/v1/ingest.grpc.pb.h"
#include "tools/platform/unary.h"

namespace nara::tools {

using ingest::v1::IngestService;

class QuarantineClient::Impl {
 public:
  Impl(const std::string& address, const config::Tls& tls) : stub(IngestService::NewStub(rpc::Connect(address, tls))) {}

  const std::unique_ptr<IngestService::Stub> stub;
};

QuarantineClient::QuarantineClient(const std::string& address, const config::Tls& tls)
    : impl_(std::make_unique<Impl>(address, tls)) {}

QuarantineClient::~QuarantineClient() = default;

absl::StatusOr<ingest::v1::ListQuarantineResponse> QuarantineClient::ListQuarantine(
    const ingest::v1::ListQuarantineRequest& request) {
  return Unary(*impl_->stub, &IngestService::Stub::ListQuarantine, request);
}

absl::StatusOr<ingest::v1::GetQuarantinedResponse> QuarantineClient::GetQuarantined(
    const ingest::v1::GetQuarantinedRequest& request) {
  return Unary(*impl_->stub, &IngestService::Stub::GetQuarantined, request);
}

absl::StatusOr<ingest::v1::SendCommandResponse> QuarantineClient::SendCommand(
    const ingest::v1::SendCommandRequest& request) {
  return Unary(*impl_->stub, &IngestService::Stub::SendCommand, request);
}

absl::StatusOr<ingest::v1::GetCommandResponse> QuarantineClient::GetCommand(
    const ingest::v1::GetCommandRequest& request) {
  return Unary(*impl_->stub, &IngestService::Stub::GetCommand, request);
}

absl::StatusOr<ingest::v1::ReplayQuarantinedResponse> QuarantineClient::ReplayQuarantined(
    const ingest::v1::ReplayQuarantinedRequest& request) {
  return Unary(*impl_->stub, &IngestService::Stub::ReplayQuarantined, request);
}

absl::StatusOr<ingest::v1::DiscardQuarantinedResponse> QuarantineClient::DiscardQuarantined(
    const ingest::v1::DiscardQuarantinedRequest& request) {
  return Unary(*impl_->stub, &IngestService::Stub::DiscardQuarantined, request);
}

}  // namespace nara::tools
