// The calls of responsibility over gRPC.
#pragma once

#include "device_registry/grpc_calls.h"
#include "device_registry/responsibility/assignments.h"

namespace nara::registry {

template <typename Base>
class ResponsibilityCalls : public Base {
 public:
  using Base::Base;

  Unary* AssignDevice(Context* context, const v1::AssignDeviceRequest* request,
                      v1::AssignDeviceResponse* response) override {
    return this->Answer("AssignDevice", this->deps_.assignments, &Assignments::AssignDevice, context, request,
                        response);
  }
  Unary* EndAssignment(Context* context, const v1::EndAssignmentRequest* request,
                       v1::EndAssignmentResponse* response) override {
    return this->Answer("EndAssignment", this->deps_.assignments, &Assignments::EndAssignment, context, request,
                        response);
  }
  Unary* TransferResponsibility(Context* context, const v1::TransferResponsibilityRequest* request,
                                v1::TransferResponsibilityResponse* response) override {
    return this->Answer("TransferResponsibility", this->deps_.assignments, &Assignments::TransferResponsibility,
                        context, request, response);
  }
};

}  // namespace nara::registry
