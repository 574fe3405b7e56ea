// The calls about who a resident is.
#pragma once

#include "device_registry/grpc_calls.h"

namespace nara::registry {

template <typename Base>
class ResidentCalls : public Base {
 public:
  using Base::Base;

  Unary* RegisterResident(Context* context, const v1::RegisterResidentRequest* request,
                          v1::RegisterResidentResponse* response) override {
    return this->Answer("RegisterResident", this->deps_.residents, &Residents::RegisterResident, context, request,
                        response);
  }
  Unary* UpdateIdentity(Context* context, const v1::UpdateIdentityRequest* request,
                        v1::UpdateIdentityResponse* response) override {
    return this->Answer("UpdateIdentity", this->deps_.residents, &Residents::UpdateIdentity, context, request,
                        response);
  }
  Unary* GetResident(Context* context, const v1::GetResidentRequest* request,
                     v1::GetResidentResponse* response) override {
    return this->Answer("GetResident", this->deps_.residents, &Residents::GetResident, context, request, response);
  }
  Unary* FindResidents(Context* context, const v1::FindResidentsRequest* request,
                       v1::FindResidentsResponse* response) override {
    return this->Answer("FindResidents", this->deps_.residents, &Residents::FindResidents, context, request, response);
  }
  Unary* ListResidents(Context* context, const v1::ListResidentsRequest* request,
                       v1::ListResidentsResponse* response) override {
    return this->Answer("ListResidents", this->deps_.residents, &Residents::ListResidents, context, request, response);
  }
  Unary* PutProtectedAccess(Context* context, const v1::PutProtectedAccessRequest* request,
                            v1::PutProtectedAccessResponse* response) override {
    return this->Answer("PutProtectedAccess", this->deps_.residents, &Residents::PutProtectedAccess, context, request,
                        response);
  }
  Unary* ListProtectedAccess(Context* context, const v1::ListProtectedAccessRequest* request,
                             v1::ListProtectedAccessResponse* response) override {
    return this->Answer("ListProtectedAccess", this->deps_.residents, &Residents::ListProtectedAccess, context, request,
                        response);
  }
  Unary* RotateIdentityKeys(Context* context, const v1::RotateIdentityKeysRequest* request,
                            v1::RotateIdentityKeysResponse* response) override {
    return this->Answer("RotateIdentityKeys", this->deps_.residents, &Residents::RotateIdentityKeys, context, request,
                        response);
  }
};

}  // namespace nara::registry
