// The calls of responsibility over gRPC.
#pragma once

#include "device_registry/grpc_calls.h"
#include "device_registry/responsibility/assignments.h"
#include "device_registry/responsibility/costs.h"
#include "device_registry/responsibility/hand_overs.h"

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
  Unary* GetAssignment(Context* context, const v1::GetAssignmentRequest* request,
                       v1::GetAssignmentResponse* response) override {
    return this->Answer("GetAssignment", this->deps_.assignments, &Assignments::GetAssignment, context, request,
                        response);
  }
  Unary* GetResponsibility(Context* context, const v1::GetResponsibilityRequest* request,
                           v1::GetResponsibilityResponse* response) override {
    return this->Answer("GetResponsibility", this->deps_.assignments, &Assignments::GetResponsibility, context, request,
                        response);
  }
  Unary* CorrectAssignment(Context* context, const v1::CorrectAssignmentRequest* request,
                           v1::CorrectAssignmentResponse* response) override {
    return this->Answer("CorrectAssignment", this->deps_.assignments, &Assignments::CorrectAssignment, context, request,
                        response);
  }
  Unary* PutAbsence(Context* context, const v1::PutAbsenceRequest* request, v1::PutAbsenceResponse* response) override {
    return this->Answer("PutAbsence", this->deps_.assignments, &Assignments::PutAbsence, context, request, response);
  }
  Unary* EndAbsence(Context* context, const v1::EndAbsenceRequest* request, v1::EndAbsenceResponse* response) override {
    return this->Answer("EndAbsence", this->deps_.assignments, &Assignments::EndAbsence, context, request, response);
  }
  Unary* ProposeHandOver(Context* context, const v1::ProposeHandOverRequest* request,
                         v1::ProposeHandOverResponse* response) override {
    return this->Answer("ProposeHandOver", this->deps_.hand_overs, &HandOvers::ProposeHandOver, context, request,
                        response);
  }
  Unary* AcceptHandOver(Context* context, const v1::AcceptHandOverRequest* request,
                        v1::AcceptHandOverResponse* response) override {
    return this->Answer("AcceptHandOver", this->deps_.hand_overs, &HandOvers::AcceptHandOver, context, request,
                        response);
  }
  Unary* DeclineHandOver(Context* context, const v1::DeclineHandOverRequest* request,
                         v1::DeclineHandOverResponse* response) override {
    return this->Answer("DeclineHandOver", this->deps_.hand_overs, &HandOvers::DeclineHandOver, context, request,
                        response);
  }
  Unary* WithdrawHandOver(Context* context, const v1::WithdrawHandOverRequest* request,
                          v1::WithdrawHandOverResponse* response) override {
    return this->Answer("WithdrawHandOver", this->deps_.hand_overs, &HandOvers::WithdrawHandOver, context, request,
                        response);
  }
  Unary* GetHandOver(Context* context, const v1::GetHandOverRequest* request,
                     v1::GetHandOverResponse* response) override {
    return this->Answer("GetHandOver", this->deps_.hand_overs, &HandOvers::GetHandOver, context, request, response);
  }
  Unary* ListHandOvers(Context* context, const v1::ListHandOversRequest* request,
                       v1::ListHandOversResponse* response) override {
    return this->Answer("ListHandOvers", this->deps_.hand_overs, &HandOvers::ListHandOvers, context, request, response);
  }
  Unary* MoveHome(Context* context, const v1::MoveHomeRequest* request, v1::MoveHomeResponse* response) override {
    return this->Answer("MoveHome", this->deps_.hand_overs, &HandOvers::MoveHome, context, request, response);
  }
  Unary* Discharge(Context* context, const v1::DischargeRequest* request, v1::DischargeResponse* response) override {
    return this->Answer("Discharge", this->deps_.hand_overs, &HandOvers::Discharge, context, request, response);
  }
  Unary* ChangeCareLevel(Context* context, const v1::ChangeCareLevelRequest* request,
                         v1::ChangeCareLevelResponse* response) override {
    return this->Answer("ChangeCareLevel", this->deps_.hand_overs, &HandOvers::ChangeCareLevel, context, request,
                        response);
  }
  Unary* ReachAdulthood(Context* context, const v1::ReachAdulthoodRequest* request,
                        v1::ReachAdulthoodResponse* response) override {
    return this->Answer("ReachAdulthood", this->deps_.hand_overs, &HandOvers::ReachAdulthood, context, request,
                        response);
  }
  Unary* EnterSpecialHousing(Context* context, const v1::EnterSpecialHousingRequest* request,
                             v1::EnterSpecialHousingResponse* response) override {
    return this->Answer("EnterSpecialHousing", this->deps_.hand_overs, &HandOvers::EnterSpecialHousing, context,
                        request, response);
  }
  Unary* PutCostFacts(Context* context, const v1::PutCostFactsRequest* request,
                      v1::PutCostFactsResponse* response) override {
    return this->Answer("PutCostFacts", this->deps_.costs, &Costs::PutCostFacts, context, request, response);
  }
  Unary* PutCostException(Context* context, const v1::PutCostExceptionRequest* request,
                          v1::PutCostExceptionResponse* response) override {
    return this->Answer("PutCostException", this->deps_.costs, &Costs::PutCostException, context, request, response);
  }
  Unary* GetCost(Context* context, const v1::GetCostRequest* request, v1::GetCostResponse* response) override {
    return this->Answer("GetCost", this->deps_.costs, &Costs::GetCost, context, request, response);
  }
};

}  // namespace nara::registry
