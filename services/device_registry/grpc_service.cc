#include "device_registry/grpc_service.h"

#include <chrono>
#include <string>
#include <utility>

#include "common/rpc/error.h"
#include "common/rpc/streams.h"
#include "common/rpc/unary.h"
#include "nara/registry/v1/registry.grpc.pb.h"

namespace nara::registry {
namespace {

using Context = grpc::CallbackServerContext;
using Unary = grpc::ServerUnaryReactor;
template <typename Response>
using Writer = grpc::ServerWriteReactor<Response>;

// One message of a watch holds up to 200 items: some of them, and the stream's own
// list keeps the rest.
constexpr std::size_t kWatchQueue = 16;

class GrpcService final : public v1::DeviceRegistryService::CallbackService {
 public:
  explicit GrpcService(GrpcDeps deps) : deps_(deps) {}

  Unary* ListPrincipals(Context* context, const v1::ListPrincipalsRequest* request,
                        v1::ListPrincipalsResponse* response) override {
    return Answer("ListPrincipals", &Registry::ListPrincipals, context, request, response);
  }
  Unary* PutUnit(Context* context, const v1::PutUnitRequest* request, v1::PutUnitResponse* response) override {
    return Answer("PutUnit", &Registry::PutUnit, context, request, response);
  }
  Unary* ListUnits(Context* context, const v1::ListUnitsRequest* request, v1::ListUnitsResponse* response) override {
    return Answer("ListUnits", &Registry::ListUnits, context, request, response);
  }
  Unary* RegisterDevices(Context* context, const v1::RegisterDevicesRequest* request,
                         v1::RegisterDevicesResponse* response) override {
    return Answer("RegisterDevices", &Registry::RegisterDevices, context, request, response);
  }
  Unary* ProvisionDevices(Context* context, const v1::ProvisionDevicesRequest* request,
                          v1::ProvisionDevicesResponse* response) override {
    return Answer("ProvisionDevices", &Registry::ProvisionDevices, context, request, response);
  }
  Unary* GetDevice(Context* context, const v1::GetDeviceRequest* request, v1::GetDeviceResponse* response) override {
    return Answer("GetDevice", &Registry::GetDevice, context, request, response);
  }
  Unary* ListDevices(Context* context, const v1::ListDevicesRequest* request,
                     v1::ListDevicesResponse* response) override {
    return Answer("ListDevices", &Registry::ListDevices, context, request, response);
  }
  Unary* CreateResident(Context* context, const v1::CreateResidentRequest* request,
                        v1::CreateResidentResponse* response) override {
    return Answer("CreateResident", &Registry::CreateResident, context, request, response);
  }
  Unary* AssignDevice(Context* context, const v1::AssignDeviceRequest* request,
                      v1::AssignDeviceResponse* response) override {
    return Answer("AssignDevice", &Registry::AssignDevice, context, request, response);
  }
  Unary* EndAssignment(Context* context, const v1::EndAssignmentRequest* request,
                       v1::EndAssignmentResponse* response) override {
    return Answer("EndAssignment", &Registry::EndAssignment, context, request, response);
  }
  Unary* TransferResponsibility(Context* context, const v1::TransferResponsibilityRequest* request,
                                v1::TransferResponsibilityResponse* response) override {
    return Answer("TransferResponsibility", &Registry::TransferResponsibility, context, request, response);
  }
  Unary* PutChain(Context* context, const v1::PutChainRequest* request, v1::PutChainResponse* response) override {
    return Answer("PutChain", &Registry::PutChain, context, request, response);
  }
  Unary* GetChain(Context* context, const v1::GetChainRequest* request, v1::GetChainResponse* response) override {
    return Answer("GetChain", &Registry::GetChain, context, request, response);
  }
  Unary* PutClient(Context* context, const v1::PutClientRequest* request, v1::PutClientResponse* response) override {
    return Answer("PutClient", &Registry::PutClient, context, request, response);
  }

  Writer<v1::WatchRoutesResponse>* WatchRoutes(Context* context, const v1::WatchRoutesRequest* request) override {
    return Watch<v1::WatchRoutesResponse>("WatchRoutes", deps_.feeds.routes, context, request);
  }
  Writer<v1::WatchChainsResponse>* WatchChains(Context* context, const v1::WatchChainsRequest* request) override {
    return Watch<v1::WatchChainsResponse>("WatchChains", deps_.feeds.chains, context, request);
  }
  Writer<v1::WatchAccessResponse>* WatchAccess(Context* context, const v1::WatchAccessRequest* request) override {
    return Watch<v1::WatchAccessResponse>("WatchAccess", deps_.feeds.access, context, request);
  }

 private:
  template <typename Request, typename Response>
  using Method = absl::StatusOr<Response> (Registry::*)(const Caller&, const Request&);

  // Runs `work` and counts it.
  template <typename Work>
  auto Counted(const std::string& method, Work work) {
    const auto began = std::chrono::steady_clock::now();
    auto result = work();
    deps_.metrics.Called(method, StatusOf(result), std::chrono::steady_clock::now() - began);
    return result;
  }
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <typename T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  template <typename Request, typename Response>
  Unary* Answer(const char* name, Method<Request, Response> method, Context* context, const Request* request,
                Response* response) {
    const auto handle = [this, name, method](const rpc::CallContext& call, const Request& asked) {
      return Counted(name, [&]() -> absl::StatusOr<Response> {
        const absl::StatusOr<Caller> caller = deps_.authorizer.Identify(call.peer, call.caller);
        if (!caller.ok()) return caller.status();
        absl::StatusOr<Response> answer = (deps_.registry.*method)(*caller, asked);
        if (!answer.ok()) return rpc::Public("device_registry", name, answer.status());
        return answer;
      });
    };
    return rpc::Unary(context, deps_.workers, request, response, handle);
  }

  template <typename Response, typename Feed, typename Request>
  Writer<Response>* Watch(const char* name, Feed& feed, Context* context, const Request* request) {
    const auto open = [this, name, &feed](const rpc::CallContext& call, const Request& asked, auto writer) {
      return Counted(name, [&]() -> absl::Status {
        const absl::StatusOr<Caller> caller = deps_.authorizer.Identify(call.peer, call.caller);
        if (!caller.ok()) return caller.status();
        if (absl::Status status = deps_.registry.CheckWatch(*caller); !status.ok()) return status;
        feed.Open(std::move(writer), asked.after_revision());
        return absl::OkStatus();
      });
    };
    return rpc::ServerStream<Response>(context, deps_.workers, request, open, kWatchQueue);
  }

  const GrpcDeps deps_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeGrpcService(GrpcDeps deps) {
  return std::make_shared<GrpcService>(deps);
}

}  // namespace nara::registry
