#include "common/time/proto_time.h"
#include "common/time/text.h"
#include "tools/naractl/command.h"
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
  tools::RegistryClient registry(call->demo.registry, call->tls);
  registry::v1::ListProductsRequest request;
  request.set_principal(options.principal);
  request.set_usable_only(options.usable);
  Table table{{"PRODUCT", "NAME", "ISO 9999", "AGREEMENT", "PRICE", "CONNECTED", "USABLE"}};
  std::vector<std::string> lines;
  const absl::Status status = ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    request.set_page_token(token);
    const auto page = registry.ListProducts(request);
    if (!page.ok()) return page.status();
    for (const auto& product : page->products()) {
      table.push_back({product.id(), product.name_sv(), product.iso9999() + " (" + product.iso9999_edition() + ")",
                       AgreementOf(product), PriceOf(product), product.connected() ? "yes" : "no",
                       product.usable() ? "yes" : "no"});
      lines.push_back(ToJson(product));
    }
    return page->next_page_token();
  });
  if (!status.ok()) return status;
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

// The revision of the choice that is there; 0 when there is none.
absl::StatusOr<std::uint64_t> RevisionOf(tools::RegistryClient& registry, const std::string& principal,
                                         const std::string& product) {
  registry::v1::ListProductsRequest request;
  request.set_principal(principal);
  request.set_page_size(1000);
  const auto page = registry.ListProducts(request);
  if (!page.ok()) return page.status();
  for (const auto& known : page->products()) {
    if (known.id() == product) return known.choice().revision();
  }
  return 0;
}

absl::Status Choose(Session& session, const ChooseOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  registry::v1::PutAssortmentRequest request;
  auto& choice = *request.mutable_choice();
  choice.set_principal(options.principal.empty() ? call->persona.principal : options.principal);
  choice.set_product(options.product);
  absl::StatusOr<absl::Time> from = absl::Now();
  if (!options.from.empty()) from = ParseRfc3339(options.from);
  if (!from.ok()) return from.status();
  *choice.mutable_from() = ToProto(*from);
  if (!options.until.empty()) {
    const auto until = ParseRfc3339(options.until);
    if (!until.ok()) return until.status();
    *choice.mutable_until() = ToProto(*until);
  }
  const auto revision = RevisionOf(registry, choice.principal(), options.product);
  if (!revision.ok()) return revision.status();
  choice.set_revision(*revision);
  const auto put = registry.PutAssortment(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->choice()) : choice.principal() + " uses " + options.product);
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
      group, session, "choose", "Says that a principal uses a product.",
      [](CLI::App& command, ChooseOptions& options) {
        command.add_option("product", options.product, "of the catalogue")->required();
        command.add_option("--principal", options.principal, "by default the persona's");
        command.add_option("--from", options.from, "RFC 3339; by default now");
        command.add_option("--until", options.until, "RFC 3339; by default open");
      },
      Choose);
}

}  // namespace nara::naractl
