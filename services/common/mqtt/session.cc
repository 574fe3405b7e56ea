#include "common/mqtt/session.h"

#include <unistd.h>

#include <mqtt/exception.h>

#include <utility>

#include "common/mqtt/session_impl.h"

namespace nara {
namespace {

absl::Status CheckFile(const std::string& path) {
  if (path.empty() || access(path.c_str(), R_OK) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError("mqtt: cannot read " + path);
}

absl::Status Check(const MqttSessionOptions& options) {
  const bool tls = options.address.starts_with("ssl://");
  if (!tls && !options.address.starts_with("tcp://")) {
    return absl::InvalidArgumentError("mqtt address '" + options.address + "' is neither ssl://host:port nor tcp://");
  }
  if (options.client_id.empty()) return absl::InvalidArgumentError("mqtt: a client id is needed");
  if (tls && options.ca_file.empty()) return absl::InvalidArgumentError("mqtt: ssl needs the CA's file");
  if (!options.subscriptions.empty() && !options.on_message) {
    return absl::InvalidArgumentError("mqtt: subscriptions need on_message");
  }
  for (const std::string* file : {&options.ca_file, &options.cert_file, &options.key_file}) {
    if (absl::Status status = CheckFile(*file); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

MqttSession::MqttSession(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

MqttSession::~MqttSession() {
  Stop();
}

absl::StatusOr<std::unique_ptr<MqttSession>> MqttSession::Create(MqttSessionOptions options) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  try {
    return std::unique_ptr<MqttSession>(new MqttSession(std::make_shared<Impl>(std::move(options))));
  } catch (const mqtt::exception& error) {
    return absl::InvalidArgumentError(std::string("mqtt: ") + error.what());
  }
}

void MqttSession::Start() {
  impl_->Start();
}

void MqttSession::Stop(std::chrono::milliseconds patience) {
  impl_->Stop(patience);
}

bool MqttSession::connected() const {
  return impl_->connected();
}

absl::Status MqttSession::Publish(std::string_view topic, std::string_view payload, int qos,
                                  const MqttPublishOptions& options) {
  return impl_->Publish(topic, payload, qos, options);
}

std::size_t MqttSession::pending() const {
  return impl_->pending();
}

}  // namespace nara
