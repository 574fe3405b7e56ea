// What the rules of cost need to know, and exceptions from them.
#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
#include "tools/platform/responsibility_client.h"

namespace nara::naractl {
namespace {

struct FactsOptions {
  std::string assignment;
  std::string since;
  std::string registered_at;
  std::string prescriber;
  std::string birth_date;
};

struct ExceptionOptions {
  std::string assignment;
  std::string id;
  std::string payer;
  std::string from;
  std::string until;
  std::string why;
};

absl::Status Facts(Session& session, const FactsOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::PutCostFactsRequest request;
  request.set_assignment(options.assignment);
  registry::v1::CostFacts& facts = *request.mutable_facts();
  const auto since = TimeOf(options.since);
  if (!since.ok()) return since.status();
  *facts.mutable_since() = *since;
  facts.set_registered_at(options.registered_at);
  facts.set_prescriber(options.prescriber);
  facts.set_birth_date(options.birth_date);
  const auto put = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->facts()) : "known from " + TextOf(true, put->facts().since()));
  return absl::OkStatus();
}

absl::Status Exception(Session& session, const ExceptionOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::PutCostExceptionRequest request;
  registry::v1::CostException& exception = *request.mutable_exception();
  exception.set_id(options.id);
  exception.set_assignment(options.assignment);
  exception.set_payer(options.payer);
  exception.set_reason(options.why);
  if (absl::Status status = SetPeriod(options.from, options.until, exception); !status.ok()) return status;
  const auto put = tools::ResponsibilityClient(call->demo.registry, call->tls, call->reason).Call(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->exception()) : put->exception().payer() + " pays: " + put->exception().reason());
  return absl::OkStatus();
}

}  // namespace

void AddCostCommands(CLI::App& group, Session& session) {
  AddCommand<FactsOptions>(
      group, session, "facts", "Says what the rules of cost need to know.",
      [](CLI::App& command, FactsOptions& options) {
        command.add_option("id", options.assignment, "the assignment")->required();
        command.add_option("--since", options.since, "a day or a time; the same again corrects it")->required();
        command.add_option("--registered-at", options.registered_at, "municipality of the registered address");
        command.add_option("--prescriber", options.prescriber, "principal of whoever prescribed");
        command.add_option("--born", options.birth_date, "2008-02-29");
      },
      Facts);
  AddCommand<ExceptionOptions>(
      group, session, "exception", "Somebody else pays, as was agreed; for who shall pay.",
      [](CLI::App& command, ExceptionOptions& options) {
        command.add_option("id", options.assignment, "the assignment")->required();
        command.add_option("--exception", options.id, "id of the exception")->required();
        command.add_option("--payer", options.payer, "the principal that pays")->required();
        command.add_option("--from", options.from, "a day or a time")->required();
        command.add_option("--until", options.until, "a day or a time; by default for as long as it runs");
        command.add_option("--why", options.why, "in words without personal data")->required();
      },
      Exception);
}

}  // namespace nara::naractl
