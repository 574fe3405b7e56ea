// The calls of the assortment.
#pragma once

#include "device_registry/assortment/assortment.h"
#include "device_registry/grpc_calls.h"

namespace nara::registry {

template <typename Base>
class AssortmentCalls : public Base {
 public:
  using Base::Base;

  Unary* PutAssortment(Context* context, const v1::PutAssortmentRequest* request,
                       v1::PutAssortmentResponse* response) override {
    return this->Answer("PutAssortment", this->deps_.assortment, &Assortment::PutAssortment, context, request,
                        response);
  }
  Unary* ListProducts(Context* context, const v1::ListProductsRequest* request,
                      v1::ListProductsResponse* response) override {
    return this->Answer("ListProducts", this->deps_.assortment, &Assortment::ListProducts, context, request, response);
  }
};

}  // namespace nara::registry
