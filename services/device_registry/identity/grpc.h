// The calls of identity.
#pragma once

#include "device_registry/grpc_calls.h"
#include "device_registry/identity/identity.h"

namespace nara::registry {

template <typename Base>
class IdentityCalls : public Base {
 public:
  using Base::Base;

  Unary* RevokeDevice(Context* context, const v1::RevokeDeviceRequest* request,
                      v1::RevokeDeviceResponse* response) override {
    return this->Answer("RevokeDevice", this->deps_.identity, &Identity::RevokeDevice, context, request, response);
  }
  Unary* LiftRevocation(Context* context, const v1::LiftRevocationRequest* request,
                        v1::LiftRevocationResponse* response) override {
    return this->Answer("LiftRevocation", this->deps_.identity, &Identity::LiftRevocation, context, request, response);
  }
  Unary* ListCertificates(Context* context, const v1::ListCertificatesRequest* request,
                          v1::ListCertificatesResponse* response) override {
    return this->Answer("ListCertificates", this->deps_.identity, &Identity::ListCertificates, context, request,
                        response);
  }
  Unary* CreateEnrolment(Context* context, const v1::CreateEnrolmentRequest* request,
                         v1::CreateEnrolmentResponse* response) override {
    return this->Answer("CreateEnrolment", this->deps_.identity, &Identity::CreateEnrolment, context, request,
                        response);
  }
  Unary* Enrol(Context* context, const v1::EnrolRequest* request, v1::EnrolResponse* response) override {
    return this->Answer("Enrol", this->deps_.identity, &Identity::Enrol, context, request, response);
  }
  Unary* RenewCertificate(Context* context, const v1::RenewCertificateRequest* request,
                          v1::RenewCertificateResponse* response) override {
    return this->Answer("RenewCertificate", this->deps_.identity, &Identity::RenewCertificate, context, request,
                        response);
  }
  Unary* SetController(Context* context, const v1::SetControllerRequest* request,
                       v1::SetControllerResponse* response) override {
    return this->Answer("SetController", this->deps_.identity, &Identity::SetController, context, request, response);
  }
};

}  // namespace nara::registry
