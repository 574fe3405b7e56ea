// The calls of the audit.
#pragma once

#include "device_registry/audit/audit.h"
#include "device_registry/grpc_calls.h"

namespace nara::registry {

template <typename Base>
class AuditCalls : public Base {
 public:
  using Base::Base;

  Unary* ListChanges(Context* context, const v1::ListChangesRequest* request,
                     v1::ListChangesResponse* response) override {
    return this->Answer("ListChanges", this->deps_.audit, &Audit::ListChanges, context, request, response);
  }
  Unary* ListIdentityReads(Context* context, const v1::ListIdentityReadsRequest* request,
                           v1::ListIdentityReadsResponse* response) override {
    return this->Answer("ListIdentityReads", this->deps_.audit, &Audit::ListIdentityReads, context, request, response);
  }
};

}  // namespace nara::registry
