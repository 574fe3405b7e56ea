// The area's calls.
#pragma once

#include "device_registry/chains/chains.h"
#include "device_registry/chains/plans.h"
#include "device_registry/grpc_calls.h"

namespace nara::registry {

template <typename Base>
class ChainCalls : public Base {
 public:
  using Base::Base;

  Unary* PutChain(Context* context, const v1::PutChainRequest* request, v1::PutChainResponse* response) override {
    return this->Answer("PutChain", this->deps_.chains, &Chains::PutChain, context, request, response);
  }
  Unary* GetChain(Context* context, const v1::GetChainRequest* request, v1::GetChainResponse* response) override {
    return this->Answer("GetChain", this->deps_.chains, &Chains::GetChain, context, request, response);
  }
  Unary* PutReceiver(Context* context, const v1::PutReceiverRequest* request,
                     v1::PutReceiverResponse* response) override {
    return this->Answer("PutReceiver", this->deps_.chains, &Chains::PutReceiver, context, request, response);
  }
  Unary* ListReceivers(Context* context, const v1::ListReceiversRequest* request,
                       v1::ListReceiversResponse* response) override {
    return this->Answer("ListReceivers", this->deps_.chains, &Chains::ListReceivers, context, request, response);
  }
  Unary* SetChainLead(Context* context, const v1::SetChainLeadRequest* request,
                      v1::SetChainLeadResponse* response) override {
    return this->Answer("SetChainLead", this->deps_.chains, &Chains::SetChainLead, context, request, response);
  }
  Unary* ExplainChain(Context* context, const v1::ExplainChainRequest* request,
                      v1::ExplainChainResponse* response) override {
    return this->Answer("ExplainChain", this->deps_.chains, &Chains::ExplainChain, context, request, response);
  }
  Unary* CheckChains(Context* context, const v1::CheckChainsRequest* request,
                     v1::CheckChainsResponse* response) override {
    return this->Answer("CheckChains", this->deps_.chains, &Chains::CheckChains, context, request, response);
  }
  Unary* PutPlan(Context* context, const v1::PutPlanRequest* request, v1::PutPlanResponse* response) override {
    return this->Answer("PutPlan", this->deps_.plans, &Plans::PutPlan, context, request, response);
  }
  Unary* GetPlan(Context* context, const v1::GetPlanRequest* request, v1::GetPlanResponse* response) override {
    return this->Answer("GetPlan", this->deps_.plans, &Plans::GetPlan, context, request, response);
  }
  Unary* ListPlans(Context* context, const v1::ListPlansRequest* request, v1::ListPlansResponse* response) override {
    return this->Answer("ListPlans", this->deps_.plans, &Plans::ListPlans, context, request, response);
  }
};

}  // namespace nara::registry
