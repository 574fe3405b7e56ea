#include "device_registry/assortment/assortment.h"

#include <algorithm>
#include <utility>

#include "common/routes/timeline.h"
#include "device_registry/assortment/agreement.h"
#include "device_registry/page.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

absl::Status Validate(const v1::ProductChoice& choice, const Catalogue& catalogue) {
  if (catalogue.FindPrincipal(choice.principal()) == nullptr) return NotThere("principal", choice.principal());
  if (catalogue.FindProduct(choice.product()) == nullptr) {
    return Invalid("product", "is not in the catalogue; ListProducts shows what is");
  }
  if (!choice.has_from()) return Invalid("from", "is missing; say from when the principal uses the product");
  if (absl::Status status = ValidateTime("from", choice.from()); !status.ok()) return status;
  if (!choice.has_until()) return absl::OkStatus();
  if (absl::Status status = ValidateTime("until", choice.until()); !status.ok()) return status;
  return Before(choice.from(), choice.until()) ? absl::OkStatus() : Invalid("until", "lies after from");
}

v1::Regime RegimeOf(const std::string& legal_base) {
  if (legal_base == "HSL") return v1::REGIME_HSL;
  return legal_base == "SoL" ? v1::REGIME_SOL : v1::REGIME_LSS;
}

v1::OwnerKind OwnerKindOf(const std::string& name) {
  for (int kind = v1::OwnerKind_MIN; kind <= v1::OwnerKind_MAX; ++kind) {
    if (OwnerKindName(static_cast<v1::OwnerKind>(kind)) == name) return static_cast<v1::OwnerKind>(kind);
  }
  return v1::OWNER_KIND_UNSPECIFIED;
}

std::string TextOf(YesNo answer) {
  if (answer == YesNo::kUnknown) return "";
  return answer == YesNo::kYes ? "yes" : "no";
}

void Describe(const Instruction& instruction, v1::Instruction& described) {
  described.set_for_whom(instruction.for_whom);
  described.mutable_criteria()->Add(instruction.criteria.begin(), instruction.criteria.end());
  described.mutable_staff_groups()->Add(instruction.staff_groups.begin(), instruction.staff_groups.end());
}

void Describe(const PriceRule& price, v1::Price& described) {
  described.set_agreement(price.agreement);
  described.set_monthly(price.monthly);
  described.set_product(price.product);
  described.set_support(price.support);
  described.set_total(price.total);
  described.set_from(price.from);
  described.set_until(price.until);
}

void DescribeAgreement(const Product& product, v1::Product& described) {
  described.mutable_medical_device()->set_device_class(product.device_class);
  described.mutable_medical_device()->set_for_health_care(TextOf(product.agreement.for_health_care));
  AgreementDecision decision = Decide(product.agreement);
  described.set_agreement(decision.agreement);
  for (v1::AgreementAnswer& answer : decision.why) *described.add_why() = std::move(answer);
}

void DescribeForm(const Product& product, v1::Product& described) {
  described.set_id(product.id);
  described.set_name_sv(product.name.sv);
  described.set_name_en(product.name.en);
  described.set_group(product.group);
  for (const std::string& base : product.legal_bases) described.add_legal_bases(RegimeOf(base));
  described.set_iso9999(product.iso9999);
  described.set_iso9999_edition(product.iso9999_edition);
  described.set_connected(product.connected);
  if (product.connected) described.mutable_contact_interval()->set_seconds(product.contact_interval.count());
  for (const std::string& kind : product.owner_kinds) described.add_owner_kinds(OwnerKindOf(kind));
}

bool Holds(const v1::ProductChoice& choice, const google::protobuf::Timestamp& now) {
  return !Before(now, choice.from()) && (!choice.has_until() || Before(now, choice.until()));
}

void Apply(const Choices& choices, v1::Product& product) {
  const auto chosen = choices.by_product.find(product.id());
  if (chosen != choices.by_product.end()) *product.mutable_choice() = chosen->second;
  product.set_usable(IsUsable(choices, product.id()));
}

}  // namespace

bool IsUsable(const Choices& choices, const std::string& product) {
  const bool chooses = std::ranges::any_of(
      choices.by_product, [&](const auto& choice) { return !Before(choices.now, choice.second.from()); });
  if (!chooses) return true;
  const auto chosen = choices.by_product.find(product);
  return chosen != choices.by_product.end() && Holds(chosen->second, choices.now);
}

absl::StatusOr<v1::PutAssortmentResponse> Assortment::PutAssortment(const Caller& caller,
                                                                    const v1::PutAssortmentRequest& request) {
  const v1::ProductChoice& choice = request.choice();
  const absl::Status allowed =
      rights_.Check(caller, Action::kWriteUnit, OfPrincipal(choice.principal()), "principal", choice.principal());
  if (!allowed.ok()) return allowed;
  if (absl::Status status = Validate(choice, deps_.catalogue); !status.ok()) return status;
  auto stored = deps_.choices.Put(ActorOf(caller), choice);
  if (!stored.ok()) return stored.status();
  v1::PutAssortmentResponse response;
  *response.mutable_choice() = *std::move(stored);
  return response;
}

v1::Product Assortment::Describe(const Product& product) const {
  v1::Product described;
  DescribeForm(product, described);
  DescribeAgreement(product, described);
  if (product.instruction) registry::Describe(*product.instruction, *described.mutable_instruction());
  for (const PriceRule& price : product.prices) registry::Describe(price, *described.add_prices());
  for (const std::string& id : product.kinds) {
    if (deps_.catalogue.FindKind(id)->raises) described.add_alarm_kinds(id);
  }
  return described;
}

absl::StatusOr<v1::ListProductsResponse> Assortment::ListProducts(const Caller& caller,
                                                                  const v1::ListProductsRequest& request) {
  if (absl::Status status = rights_.Check(caller, Action::kReadPrincipals, {}, "product", ""); !status.ok()) {
    return status;
  }
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  const std::string& principal = request.principal().empty() ? caller.principal : request.principal();
  if (!principal.empty() && deps_.catalogue.FindPrincipal(principal) == nullptr)
    return NotThere("principal", principal);
  const absl::StatusOr<Choices> choices = deps_.choices.ChoicesOf(principal);
  if (!choices.ok()) return choices.status();
  std::vector<v1::Product> products;
  const auto& all = deps_.catalogue.products();
  for (auto entry = all.upper_bound(page->after); entry != all.end(); ++entry) {
    v1::Product product = Describe(entry->second);
    Apply(*choices, product);
    if (product.usable() || !request.usable_only()) products.push_back(std::move(product));
  }
  v1::ListProductsResponse response;
  response.set_next_page_token(CutPage(products, *page));
  for (v1::Product& product : products) *response.add_products() = std::move(product);
  return response;
}

}  // namespace nara::registry
