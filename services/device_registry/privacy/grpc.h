// The calls of privacy.
#pragma once

#include "device_registry/grpc_calls.h"
#include "device_registry/privacy/privacy.h"

namespace nara::registry {

template <typename Base>
class PrivacyCalls : public Base {
 public:
  using Base::Base;

  Unary* ListClients(Context* context, const v1::ListClientsRequest* request,
                     v1::ListClientsResponse* response) override {
    return this->Answer("ListClients", this->deps_.privacy, &Privacy::ListClients, context, request, response);
  }
};

}  // namespace nara::registry
