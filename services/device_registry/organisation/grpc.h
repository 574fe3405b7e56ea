// The calls of the organisation.
#pragma once

#include "device_registry/grpc_calls.h"

namespace nara::registry {

template <typename Base>
class OrganisationCalls : public Base {
 public:
  using Base::Base;

  Unary* PutUnit(Context* context, const v1::PutUnitRequest* request, v1::PutUnitResponse* response) override {
    return this->Answer("PutUnit", this->deps_.organisation, &Organisation::PutUnit, context, request, response);
  }
  Unary* ListUnits(Context* context, const v1::ListUnitsRequest* request, v1::ListUnitsResponse* response) override {
    return this->Answer("ListUnits", this->deps_.organisation, &Organisation::ListUnits, context, request, response);
  }
  Unary* PutProvider(Context* context, const v1::PutProviderRequest* request,
                     v1::PutProviderResponse* response) override {
    return this->Answer("PutProvider", this->deps_.organisation, &Organisation::PutProvider, context, request,
                        response);
  }
  Unary* ListProviders(Context* context, const v1::ListProvidersRequest* request,
                       v1::ListProvidersResponse* response) override {
    return this->Answer("ListProviders", this->deps_.organisation, &Organisation::ListProviders, context, request,
                        response);
  }
  Unary* ListAgreements(Context* context, const v1::ListAgreementsRequest* request,
                        v1::ListAgreementsResponse* response) override {
    return this->Answer("ListAgreements", this->deps_.organisation, &Organisation::ListAgreements, context, request,
                        response);
  }
  Unary* PutParticipation(Context* context, const v1::PutParticipationRequest* request,
                          v1::PutParticipationResponse* response) override {
    return this->Answer("PutParticipation", this->deps_.organisation, &Organisation::PutParticipation, context, request,
                        response);
  }
  Unary* ListParticipations(Context* context, const v1::ListParticipationsRequest* request,
                            v1::ListParticipationsResponse* response) override {
    return this->Answer("ListParticipations", this->deps_.organisation, &Organisation::ListParticipations, context,
                        request, response);
  }
  Unary* PutStaff(Context* context, const v1::PutStaffRequest* request, v1::PutStaffResponse* response) override {
    return this->Answer("PutStaff", this->deps_.organisation, &Organisation::PutStaff, context, request, response);
  }
  Unary* ListStaff(Context* context, const v1::ListStaffRequest* request, v1::ListStaffResponse* response) override {
    return this->Answer("ListStaff", this->deps_.organisation, &Organisation::ListStaff, context, request, response);
  }
  Unary* PutStaffAssignment(Context* context, const v1::PutStaffAssignmentRequest* request,
                            v1::PutStaffAssignmentResponse* response) override {
    return this->Answer("PutStaffAssignment", this->deps_.organisation, &Organisation::PutStaffAssignment, context,
                        request, response);
  }
  Unary* ListStaffAssignments(Context* context, const v1::ListStaffAssignmentsRequest* request,
                              v1::ListStaffAssignmentsResponse* response) override {
    return this->Answer("ListStaffAssignments", this->deps_.organisation, &Organisation::ListStaffAssignments, context,
                        request, response);
  }
};

}  // namespace nara::registry
