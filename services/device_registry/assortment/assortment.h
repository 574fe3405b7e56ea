// The rules of the assortment: what there is, under which agreement and at which price,
// and what each principal has chosen to use.
#pragma once

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "device_registry/assortment/store.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/assortment.pb.h"

namespace nara::registry {

// Thread-safe when its ports are.
class Assortment {
 public:
  struct Deps {
    AssortmentStore& choices;
    const Catalogue& catalogue;
    const Authorizer& authorizer;
  };

  explicit Assortment(Deps deps) : deps_(deps), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::PutAssortmentResponse> PutAssortment(const Caller& caller,
                                                          const v1::PutAssortmentRequest& request);
  // What there is is for everybody; a principal's choice is no secret.
  absl::StatusOr<v1::ListProductsResponse> ListProducts(const Caller& caller, const v1::ListProductsRequest& request);

 private:
  v1::Product Describe(const Product& product) const;

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
