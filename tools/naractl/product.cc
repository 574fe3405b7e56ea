#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct ListOptions {
  std::string principal;
  bool usable = false;
};

struct ChooseOptions {
  std::string product;
  std::string principal;
  std::string from;
  std::string until;
};

// "544 SEK a month", "unknown" when the catalogue has none.
std::string PriceOf(const registry::v1::Product& product) {
  std::string text;
  for (const auto& price : product.prices()) {
    const std::string amount = price.total().empty()
                                   ? price.product() + (price.support().empty() ? "" : " + " + price.support())
                                   : price.total();
    text += (text.empty() ? "" : ", ") + amount + (price.monthly() ? " SEK a month" : " SEK");
  }
  return text.empty() ? "unknown" : text;
}

std::string AgreementOf(const registry::v1::Product& product) {
  switch (product.agreement()) {
    case registry::v1::AGREEMENT_EXISTING:
      return "existing";
    case registry::v1::AGREEMENT_SUPPLEMENT:
      return "supplement";
    case registry::v1::AGREEMENT_NEW:
      return "new";
    default:
      return "undecided";
  }
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListProductsRequest request;
  request.set_principal(options.principal);
  request.set_usable_only(options.usable);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListProducts(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.products(); };
  return PrintList(session, {{"PRODUCT", "NAME", "ISO 9999", "AGREEMENT", "PRICE", "CONNECTED", "USABLE"}}, ask, items,
                   [](const auto& product) -> std::vector<std::string> {
                     return {product.id(),
                             product.name_sv(),
                             product.iso9999() + " (" + product.iso9999_edition() + ")",
                             AgreementOf(product),
                             PriceOf(product),
                             product.connected() ? "yes" : "no",
                             product.usable() ? "yes" : "no"};
                   });
}

// The choice as it is stored. A new one, and one that has ended, begins now and has no end.
absl::StatusOr<registry::v1::ProductChoice> Stored(tools::RegistryClient& registry, const std::string& principal,
                                                   const std::string& product, absl::Time now) {
  registry::v1::ListProductsRequest request;
  request.set_principal(principal);
  request.set_page_size(1000);
  const auto page = registry.ListProducts(request);
  if (!page.ok()) return page.status();
  registry::v1::ProductChoice choice;
  for (const auto& known : page->products()) {
    if (known.id() == product) choice = known.choice();
  }
  choice.set_principal(principal);
  choice.set_product(product);
  const bool ended = choice.has_until() && FromProto(choice.until()) <= now;
  if (ended || !choice.has_from()) *choice.mutable_from() = ToProto(now);
  if (ended) choice.clear_until();
  return choice;
}

absl::Status SetTimes(const ChooseOptions& options, registry::v1::ProductChoice& choice) {
  if (!options.from.empty()) {
    const auto from = ParseRfc3339(options.from);
    if (!from.ok()) return from.status();
    *choice.mutable_from() = ToProto(*from);
  }
  if (options.until == "open") choice.clear_until();
  if (options.until.empty() || options.until == "open") return absl::OkStatus();
  const auto until = ParseRfc3339(options.until);
  if (!until.ok()) return until.status();
  *choice.mutable_until() = ToProto(*until);
  return absl::OkStatus();
}

absl::Status Choose(Session& session, const ChooseOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  const std::string& principal = options.principal.empty() ? call->persona.principal : options.principal;
  auto choice = Stored(registry, principal, options.product, absl::Now());
  if (!choice.ok()) return choice.status();
  if (absl::Status status = SetTimes(options, *choice); !status.ok()) return status;
  registry::v1::PutAssortmentRequest request;
  *request.mutable_choice() = *choice;
  const auto put = registry.PutAssortment(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->choice())
                         : principal + " uses " + options.product +
                               ", and nothing that it has not chosen: product list --usable shows what it may have");
  return absl::OkStatus();
}

}  // namespace

void AddProductCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("product", "The assortment, and what a principal uses of it.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists products with price and agreement.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "with its choices; by default the persona's");
        command.add_flag("--usable", options.usable, "only what the principal may have now");
      },
      List);
  AddCommand<ChooseOptions>(
      group, session, "choose",
      "Says that a principal uses a product; from its first choice on it may have nothing but what it chose.",
      [](CLI::App& command, ChooseOptions& options) {
        command.add_option("product", options.product, "of the catalogue")->required();
        command.add_option("--principal", options.principal, "by default the persona's");
        command.add_option("--from", options.from, "RFC 3339; of a new choice by default now");
        command.add_option("--until", options.until, "RFC 3339, or open; of a new choice by default open");
      },
      Choose);
}

}  // namespace nara::naractl
