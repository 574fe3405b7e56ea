// Under which agreement a product may be ordered: the county's decision tree, as a pure
// function that says why.
#pragma once

#include <string>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "nara/registry/v1/assortment.pb.h"

namespace nara::registry {

struct AgreementDecision {
  v1::Agreement agreement = v1::AGREEMENT_UNSPECIFIED;
  std::vector<v1::AgreementAnswer> why;  // in the order in which they were asked
};

// The questions, each only when those before it have not decided:
//   1. Is it, or a similar product, in the assortment? yes: the existing agreement
//   2. Is it for health care, by the maker's intended purpose? no: a new agreement
//   3. Is it a medical device? no: a new agreement
//   4. Is it in the areas of the cooperation agreement? yes: the existing; no: the
//      supplement
// A question that nobody has answered leaves it undecided.
AgreementDecision Decide(const AgreementFacts& facts);

}  // namespace nara::registry
