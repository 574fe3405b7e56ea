// The calls of privacy.
#pragma once

#include "common/rpc/call.h"
#include "common/rpc/status.h"
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
  Unary* PutConsent(Context* context, const v1::PutConsentRequest* request, v1::PutConsentResponse* response) override {
    return this->Answer("PutConsent", this->deps_.privacy, &Privacy::PutConsent, context, request, response);
  }
  Unary* WithdrawConsent(Context* context, const v1::WithdrawConsentRequest* request,
                         v1::WithdrawConsentResponse* response) override {
    return this->Answer("WithdrawConsent", this->deps_.privacy, &Privacy::WithdrawConsent, context, request, response);
  }
  Unary* ListConsents(Context* context, const v1::ListConsentsRequest* request,
                      v1::ListConsentsResponse* response) override {
    return this->Answer("ListConsents", this->deps_.privacy, &Privacy::ListConsents, context, request, response);
  }
  Unary* SetBlock(Context* context, const v1::SetBlockRequest* request, v1::SetBlockResponse* response) override {
    return this->Answer("SetBlock", this->deps_.privacy, &Privacy::SetBlock, context, request, response);
  }
  Unary* LiftBlock(Context* context, const v1::LiftBlockRequest* request, v1::LiftBlockResponse* response) override {
    return this->Answer("LiftBlock", this->deps_.privacy, &Privacy::LiftBlock, context, request, response);
  }
  Unary* ListBlocks(Context* context, const v1::ListBlocksRequest* request, v1::ListBlocksResponse* response) override {
    return this->Answer("ListBlocks", this->deps_.privacy, &Privacy::ListBlocks, context, request, response);
  }

  // On the thread that brought it: it waits for nothing, and stands in no line behind
  // the calls that wait for it.
  Unary* ConfirmAccess(Context* context, const v1::ConfirmAccessRequest* request,
                       v1::ConfirmAccessResponse* /*response*/) override {
    Unary* reactor = context->DefaultReactor();
    const absl::Status status = this->Counted("ConfirmAccess", [&]() -> absl::Status {
      const absl::StatusOr<Caller> caller = this->CallerOf(rpc::UnaryContext(*context));
      if (!caller.ok()) return caller.status();
      return this->deps_.privacy.ConfirmAccess(*caller, *request).status();
    });
    reactor->Finish(rpc::ToGrpc(status));
    return reactor;
  }
};

}  // namespace nara::registry
