// The calls of the life cycle.
#pragma once

#include "device_registry/grpc_calls.h"
#include "device_registry/life_cycle/life_cycle.h"

namespace nara::registry {

template <typename Base>
class LifeCycleCalls : public Base {
 public:
  using Base::Base;

  Unary* MoveDevice(Context* context, const v1::MoveDeviceRequest* request, v1::MoveDeviceResponse* response) override {
    return this->Answer("MoveDevice", this->deps_.life_cycle, &LifeCycle::MoveDevice, context, request, response);
  }
  Unary* ListDeviceHistory(Context* context, const v1::ListDeviceHistoryRequest* request,
                           v1::ListDeviceHistoryResponse* response) override {
    return this->Answer("ListDeviceHistory", this->deps_.life_cycle, &LifeCycle::ListDeviceHistory, context, request,
                        response);
  }
  Unary* ConfirmTest(Context* context, const v1::ConfirmTestRequest* request,
                     v1::ConfirmTestResponse* response) override {
    return this->Answer("ConfirmTest", this->deps_.life_cycle, &LifeCycle::ConfirmTest, context, request, response);
  }
  Unary* StageImport(Context* context, const v1::StageImportRequest* request,
                     v1::StageImportResponse* response) override {
    return this->Answer("StageImport", this->deps_.portal_import, &PortalImport::StageImport, context, request,
                        response);
  }
  Unary* CheckImport(Context* context, const v1::CheckImportRequest* request,
                     v1::CheckImportResponse* response) override {
    return this->Answer("CheckImport", this->deps_.portal_import, &PortalImport::CheckImport, context, request,
                        response);
  }
  Unary* ApplyImport(Context* context, const v1::ApplyImportRequest* request,
                     v1::ApplyImportResponse* response) override {
    return this->Answer("ApplyImport", this->deps_.portal_import, &PortalImport::ApplyImport, context, request,
                        response);
  }
};

}  // namespace nara::registry
