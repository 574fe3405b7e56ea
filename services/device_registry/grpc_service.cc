#include "device_registry/grpc_service.h"

#include "device_registry/assortment/grpc.h"
#include "device_registry/audit/grpc.h"
#include "device_registry/chains/grpc.h"
#include "device_registry/grpc_calls.h"
#include "device_registry/identity/grpc.h"
#include "device_registry/life_cycle/grpc.h"
#include "device_registry/organisation/grpc.h"
#include "device_registry/privacy/grpc.h"
#include "device_registry/residents/grpc.h"
#include "device_registry/responsibility/grpc.h"

namespace nara::registry {
namespace {

using Foundation = ResponsibilityCalls<ResidentCalls<OrganisationCalls<GrpcCalls>>>;
using Areas = AuditCalls<ChainCalls<PrivacyCalls<IdentityCalls<AssortmentCalls<LifeCycleCalls<Foundation>>>>>>;

class GrpcService final : public Areas {
 public:
  using Areas::Areas;

  Unary* ListPrincipals(Context* context, const v1::ListPrincipalsRequest* request,
                        v1::ListPrincipalsResponse* response) override {
    return Answer("ListPrincipals", deps_.registry, &Registry::ListPrincipals, context, request, response);
  }
  Unary* RegisterDevices(Context* context, const v1::RegisterDevicesRequest* request,
                         v1::RegisterDevicesResponse* response) override {
    return Answer("RegisterDevices", deps_.registry, &Registry::RegisterDevices, context, request, response);
  }
  Unary* ProvisionDevices(Context* context, const v1::ProvisionDevicesRequest* request,
                          v1::ProvisionDevicesResponse* response) override {
    return Answer("ProvisionDevices", deps_.registry, &Registry::ProvisionDevices, context, request, response);
  }
  Unary* GetDevice(Context* context, const v1::GetDeviceRequest* request, v1::GetDeviceResponse* response) override {
    return Answer("GetDevice", deps_.registry, &Registry::GetDevice, context, request, response);
  }
  Unary* ListDevices(Context* context, const v1::ListDevicesRequest* request,
                     v1::ListDevicesResponse* response) override {
    return Answer("ListDevices", deps_.registry, &Registry::ListDevices, context, request, response);
  }
  Unary* CreateResident(Context* context, const v1::CreateResidentRequest* request,
                        v1::CreateResidentResponse* response) override {
    return Answer("CreateResident", deps_.registry, &Registry::CreateResident, context, request, response);
  }
  Unary* PutClient(Context* context, const v1::PutClientRequest* request, v1::PutClientResponse* response) override {
    return Answer("PutClient", deps_.registry, &Registry::PutClient, context, request, response);
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
};
}  // namespace

std::shared_ptr<grpc::Service> MakeGrpcService(GrpcDeps deps) {
  return std::make_shared<GrpcService>(deps);
}

}  // namespace nara::registry
