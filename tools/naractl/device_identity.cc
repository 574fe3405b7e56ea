#include <map>

#include "absl/time/time.h"
#include "common/time/proto_time.h"
#include "tools/naractl/command.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct RevokeOptions {
  std::string device;
  std::string serial;
  registry::v1::RevocationReason reason = registry::v1::REVOCATION_REASON_UNSPECIFIED;
};

struct RestoreOptions {
  std::string device;
  std::string serial;
  std::uint64_t revision = 0;
};

struct DeviceOptions {
  std::string device;
};

struct CodeOptions {
  std::string device;
  int hours = 7 * 24;
};

struct NumberOptions {
  std::string device;
  std::string controller;
};

const std::map<std::string, registry::v1::RevocationReason> kReasons = {
    {"lost", registry::v1::REVOCATION_REASON_LOST},
    {"compromised", registry::v1::REVOCATION_REASON_KEY_COMPROMISED},
    {"replaced", registry::v1::REVOCATION_REASON_REPLACED},
    {"retired", registry::v1::REVOCATION_REASON_RETIRED},
    {"misbehaves", registry::v1::REVOCATION_REASON_MISBEHAVES}};

std::string Text(const registry::v1::Revocation& revocation) {
  for (const auto& [name, reason] : kReasons) {
    if (reason == revocation.reason()) return name + " (" + std::to_string(revocation.revision()) + ")";
  }
  return "";
}

std::string Obeyed(bool in_force) {
  return in_force ? "" : "; the MQTT server has not said yet that it obeys";
}

absl::Status Revoke(Session& session, const RevokeOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::RevokeDeviceRequest request;
  request.set_device(options.device);
  request.set_serial(options.serial);
  request.set_reason(options.reason);
  const auto done = tools::RegistryClient(call->demo.registry, call->tls, call->reason).RevokeDevice(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(*done)
                         : "device " + options.device + " revoked at " + std::to_string(done->revocation().revision()) +
                               Obeyed(done->in_force()));
  return absl::OkStatus();
}

absl::Status Restore(Session& session, const RestoreOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::LiftRevocationRequest request;
  request.set_device(options.device);
  request.set_serial(options.serial);
  request.set_revision(options.revision);
  const auto done = tools::RegistryClient(call->demo.registry, call->tls, call->reason).LiftRevocation(request);
  if (!done.ok()) return done.status();
  PrintLine(session.json ? ToJson(*done) : "device " + options.device + " may come in" + Obeyed(done->in_force()));
  return absl::OkStatus();
}

absl::Status Certificates(Session& session, const DeviceOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::ListCertificatesRequest request;
  request.set_device(options.device);
  Table table{{"SERIAL", "NOT AFTER", "REVOKED"}};
  request.set_page_size(1);
  const auto first = registry.ListCertificates(request);
  if (!first.ok()) return first.status();
  if (first->has_revocation()) table.push_back({"all of them", "", Text(first->revocation())});
  request.set_page_size(1000);
  const auto ask = [&](const std::string& token) {
    request.set_page_token(token);
    return registry.ListCertificates(request);
  };
  const auto items = [](const auto& page) -> const auto& { return page.certificates(); };
  return PrintList(session, table, ask, items, [](const auto& certificate) -> std::vector<std::string> {
    return {certificate.serial(), absl::FormatTime(FromProto(certificate.not_after()), absl::UTCTimeZone()),
            Text(certificate.revocation())};
  });
}

absl::Status Code(Session& session, const CodeOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::CreateEnrolmentRequest request;
  request.set_device(options.device);
  request.mutable_validity()->set_seconds(std::int64_t{3600} * options.hours);
  const auto made = tools::RegistryClient(call->demo.registry, call->tls, call->reason).CreateEnrolment(request);
  if (!made.ok()) return made.status();
  PrintLine(session.json ? ToJson(*made) : made->code());
  return absl::OkStatus();
}

absl::Status Number(Session& session, const NumberOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::SetControllerRequest request;
  request.set_device(options.device);
  request.set_controller(options.controller);
  const auto set = tools::RegistryClient(call->demo.registry, call->tls, call->reason).SetController(request);
  if (!set.ok()) return set.status();
  PrintLine(session.json ? ToJson(*set) : set->controller());
  return absl::OkStatus();
}

void AddRevocation(CLI::App& group, Session& session) {
  AddCommand<RevokeOptions>(
      group, session, "revoke", "Locks a device out of the MQTT server, within 10 seconds.",
      [](CLI::App& command, RevokeOptions& options) {
        command.add_option("id", options.device, "the device")->required();
        command.add_option("--serial", options.serial, "one certificate; by default all, and the password");
        command.add_option("--why", options.reason, "lost, compromised, replaced, retired or misbehaves")
            ->required()
            ->transform(CLI::CheckedTransformer(kReasons));
      },
      Revoke);
  AddCommand<RestoreOptions>(
      group, session, "restore", "Ends a revocation.",
      [](CLI::App& command, RestoreOptions& options) {
        command.add_option("id", options.device, "the device")->required();
        command.add_option("--serial", options.serial, "one certificate");
        command.add_option("--revision", options.revision, "of the revocation: device certificates shows it")
            ->required();
      },
      Restore);
}

}  // namespace

void AddDeviceIdentityCommands(CLI::App& group, Session& session) {
  AddRevocation(group, session);
  AddCommand<DeviceOptions>(
      group, session, "certificates", "Lists the certificates of a device.",
      [](CLI::App& command, DeviceOptions& options) {
        command.add_option("id", options.device, "the device")->required();
      },
      Certificates);
  AddCommand<CodeOptions>(
      group, session, "code", "Makes a code with which the device gets its first certificate, shown once.",
      [](CLI::App& command, CodeOptions& options) {
        command.add_option("id", options.device, "the device")->required();
        command.add_option("--hours", options.hours, "for how long it works")
            ->check(CLI::Range(1, 90 * 24))
            ->capture_default_str();
      },
      Code);
  AddCommand<NumberOptions>(
      group, session, "number", "Gives a device its number at alarm centres.",
      [](CLI::App& command, NumberOptions& options) {
        command.add_option("id", options.device, "the device")->required();
        command.add_option("--controller", options.controller, "1 to 16 digits; by default one that is free");
      },
      Number);
}

}  // namespace nara::naractl
