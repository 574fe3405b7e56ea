#include "tools/naractl/command.h"
#include "tools/naractl/edits.h"
#include "tools/naractl/forms.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct ListOptions {
  std::string principal;
};

struct PutOptions {
  std::string id;
  Edits<registry::v1::Unit> edits;
};

// Asks for the units, page by page.
auto UnitPages(tools::RegistryClient& registry, const std::string& principal) {
  registry::v1::ListUnitsRequest request;
  request.set_principal(principal);
  request.set_page_size(1000);
  return [&registry, request](const std::string& token) mutable {
    request.set_page_token(token);
    return registry.ListUnits(request);
  };
}

const auto& UnitsOf(const registry::v1::ListUnitsResponse& page) {
  return page.units();
}

std::vector<std::string> Row(const registry::v1::Unit& unit) {
  return {unit.id(), unit.principal(), unit.provider(), WordOf("UNIT_KIND_", UnitKind_Name(unit.kind())), unit.name()};
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  return PrintList(session, {{"UNIT", "PRINCIPAL", "PROVIDER", "KIND", "NAME"}}, UnitPages(registry, options.principal),
                   UnitsOf, Row);
}

// The unit as it is stored, else a new one.
absl::StatusOr<registry::v1::Unit> Stored(tools::RegistryClient& registry, const std::string& id,
                                          const std::string& principal) {
  registry::v1::Unit unit;
  unit.set_id(id);
  unit.set_principal(principal);
  unit.add_regimes(registry::v1::REGIME_HSL);
  const absl::Status read = ForEachItem(UnitPages(registry, ""), UnitsOf, [&](const registry::v1::Unit& known) {
    if (known.id() == id) unit = known;
  });
  if (!read.ok()) return read;
  return unit;
}

absl::Status SetKind(const std::string& word, registry::v1::Unit& unit) {
  const auto kind = EnumOf<registry::v1::UnitKind>("UNIT_KIND_", word);
  if (kind.ok()) unit.set_kind(*kind);
  return kind.status();
}

absl::Status SetRegimes(const std::vector<std::string>& words, registry::v1::Unit& unit) {
  unit.clear_regimes();
  for (const std::string& word : words) {
    const auto regime = EnumOf<registry::v1::Regime>("REGIME_", word);
    if (!regime.ok()) return regime.status();
    unit.add_regimes(*regime);
  }
  return absl::OkStatus();
}

absl::Status Put(Session& session, const PutOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  absl::StatusOr<registry::v1::Unit> unit = Stored(registry, options.id, call->persona.principal);
  if (!unit.ok()) return unit.status();
  if (absl::Status status = Apply(options.edits, *unit); !status.ok()) return status;
  if (unit->name().empty() || unit->provider().empty() || unit->principal().empty()) {
    return absl::InvalidArgumentError("a unit has them all: give --name, --provider and --principal");
  }
  registry::v1::PutUnitRequest request;
  *request.mutable_unit() = *unit;
  const auto put = registry.PutUnit(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->unit()) : "unit " + put->unit().id() + " stored");
  return absl::OkStatus();
}

void DescribePut(CLI::App& command, PutOptions& options) {
  using registry::v1::Unit;
  using Text = std::string;
  auto& edits = options.edits;
  command.add_option("id", options.id, "the unit's id")->required();
  AddEdit<Text>(command, "--name", "its name", edits, [](const Text& text, Unit& unit) { unit.set_name(text); });
  AddEdit<Text>(command, "--provider", "its care provider", edits,
                [](const Text& text, Unit& unit) { unit.set_provider(text); });
  AddEdit<Text>(command, "--principal", "by default the persona's", edits,
                [](const Text& text, Unit& unit) { unit.set_principal(text); });
  AddEdit<Text>(command, "--kind", "home_help, primary_care, ...; unspecified empties it", edits, SetKind);
  AddEdit<std::vector<Text>>(command, "--regime", "hsl, sol, lss, all of them; of a new one by default hsl", edits,
                             SetRegimes);
  AddEdit<Text>(command, "--hsa-id", "its HSA-id", edits, [](const Text& text, Unit& unit) { unit.set_hsa_id(text); });
}

}  // namespace

void AddUnitCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("unit", "Units of care providers.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists units.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only of this principal");
      },
      List);
  AddCommand<PutOptions>(group, session, "put", "Creates a unit, or changes what is named of it.", DescribePut, Put);
}

}  // namespace nara::naractl
