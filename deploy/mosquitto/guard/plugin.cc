// The part that mosquitto calls. One instance for each listener, all on the MQTT server's only thread; the counters are
// common.
//
// With `per_listener_settings true` mosquitto 2.0.11 never sends MOSQ_EVT_TICK, so the counters are published after
// whatever comes next; ingest reads the server's clock, so that something does. A will cannot be seen before it is due:
// one that is not allowed is dropped then, and counted. A denied publish closes the connection, since Debian's
// mosquitto takes `max_queued_messages 0` for a full queue there; a durable session finds the reason as a receipt when
// it comes back.
//
// What a plugin publishes is not checked as a write, goes to durable sessions too, and is checked as a read by each
// reader. mosquitto alone refuses what MQTT does not allow, and writes to $SYS and $share: it closes the connection,
// and says neither why nor to us.
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

// After mosquitto's plugin headers, which declare what it needs.
#include <mosquitto.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "deploy/mosquitto/guard/connections.h"
#include "deploy/mosquitto/guard/flood.h"
#include "deploy/mosquitto/guard/limit.h"
#include "deploy/mosquitto/guard/receipt.h"
#include "deploy/mosquitto/guard/refusals.h"
#include "deploy/mosquitto/guard/report.h"
#include "deploy/mosquitto/guard/revocations.h"
#include "deploy/mosquitto/guard/rules.h"
#include "deploy/mosquitto/guard/takeovers.h"

namespace nara::guard {
namespace {

// Who comes in at a listener: `plugin_opt_clients devices|services|plain`.
enum class Clients { kDevices, kServices, kPlain };

constexpr std::string_view kFloodOptions = "flood_";

struct Listener {
  Clients clients = Clients::kDevices;
  std::string password_key;  // bytes of the file `plugin_opt_password_key`; plain only
};

// What all listeners share.
struct Shared {
  Refusals refusals;
  std::array<Limit, 2> limits;  // of reports that are not, and that are, about alarms: neither may hide the other
  Connections connections;
  Takeovers takeovers;
  Limit two_places;  // how many of them are told
  FloodLimits flood_limits;
  Flood flood;
  Limit floods;  // how many of them are told
  Revocations revocations;
  std::string revoked_file;  // `plugin_opt_revoked`: what was last in force, so that a restart lets nobody in
  bool saved = false;        // it holds what is in force
};

Shared& State() {
  static Shared state;
  return state;
}

std::string_view View(const char* text) {
  return text != nullptr ? text : "";
}

// To one client, or to all that have subscribed.
void Publish(const char* client_id, const std::string& topic, std::string_view payload, bool retain = false) {
  mosquitto_broker_publish_copy(client_id, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 1, retain,
                                nullptr);
}

void PublishWhenDue() {
  Refusals& refusals = State().refusals;
  if (!refusals.ShouldPublish(std::chrono::steady_clock::now())) return;
  Publish(nullptr, kRefusalsTopic, refusals.ToJson(), true);
}

void Refuse(Refusal refusal, std::string_view client, std::string_view subject) {
  if (State().refusals.Count(refusal, std::chrono::steady_clock::now())) {
    mosquitto_log_printf(MOSQ_LOG_WARNING, "guard: refused %s: client %.64s, %.128s",
                         std::string(Name(refusal)).c_str(), std::string(client).c_str(), std::string(subject).c_str());
  }
}

std::string Hex(const unsigned char* bytes, size_t size) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < size; ++i) text.append({kHex[bytes[i] >> 4], kHex[bytes[i] & 15]});
  return text;
}

std::string CommonName(const mosquitto* client) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      static_cast<X509*>(mosquitto_client_certificate(client)), &X509_free);
  if (!certificate) return "";
  const X509_NAME* subject = X509_get_subject_name(certificate.get());
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, index) >= 0) return "";
  const ASN1_STRING* name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)), static_cast<size_t>(ASN1_STRING_length(name))};
}

// As the registry writes it: lower-case hexadecimal, at least 32 digits.
std::string SerialOf(const mosquitto* client) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      static_cast<X509*>(mosquitto_client_certificate(client)), &X509_free);
  if (!certificate) return "";
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate.get());
  std::string text = Hex(ASN1_STRING_get0_data(serial), static_cast<size_t>(ASN1_STRING_length(serial)));
  return text.insert(0, 32 - std::min<size_t>(text.size(), 32), '0');
}

std::string PasswordOf(const std::string& key, std::string_view device) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(device.data()),
       device.size(), digest, &size);
  return Hex(digest, size);
}

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<Refusal> CheckCertificate(const Listener& listener, mosquitto* client) {
  const std::string name = CommonName(client);
  const std::string_view client_id = View(mosquitto_client_id(client));
  const auto refusal =
      listener.clients == Clients::kServices ? CheckServiceLogin(name, client_id) : CheckDeviceLogin(name, client_id);
  if (refusal) return refusal;
  return mosquitto_set_username(client, name.c_str()) == MOSQ_ERR_SUCCESS ? std::nullopt
                                                                          : std::optional(Refusal::kDeviceId);
}

std::optional<Refusal> CheckPassword(const Listener& listener, const mosquitto_evt_basic_auth& event) {
  if (!IsLoopback(View(mosquitto_client_address(event.client)))) return Refusal::kAddress;
  const std::string_view device = View(event.username);
  if (const auto refusal = CheckDeviceLogin(device, View(mosquitto_client_id(event.client)))) return refusal;
  if (!SameSecret(View(event.password), PasswordOf(listener.password_key, device))) return Refusal::kPassword;
  return std::nullopt;
}

std::optional<Refusal> CheckLogin(const Listener& listener, const mosquitto_evt_basic_auth& event,
                                  std::string_view serial) {
  const bool plain = listener.clients == Clients::kPlain;
  if (const auto refusal = plain ? CheckPassword(listener, event) : CheckCertificate(listener, event.client)) {
    return refusal;
  }
  if (listener.clients == Clients::kServices) return std::nullopt;
  const std::string_view device = View(mosquitto_client_id(event.client));
  if (State().revocations.Has(device, serial)) return Refusal::kRevoked;
  if (State().flood.Waits(device, std::chrono::steady_clock::now())) return Refusal::kFlood;
  return std::nullopt;
}

// A device that comes in while its session is open somewhere else. One that may not come in is not looked at.
void NoticeTakeover(std::string_view device, std::string_view from, std::string_view to) {
  const auto now = std::chrono::steady_clock::now();
  if (!State().takeovers.Seen(device, from, to, now) || !State().two_places.Allow(device, now)) return;
  const std::string networks = std::string(from).append(" ").append(to);
  mosquitto_log_printf(MOSQ_LOG_WARNING, "guard: used from two places: client %.64s, %.128s",
                       std::string(device).c_str(), networks.c_str());
  Publish(nullptr, std::string(kTwoPlacesRoot).append(ShardOf(device)).append("/").append(device), networks);
}

int OnLogin(int, void* data, void* userdata) {
  const auto& event = *static_cast<mosquitto_evt_basic_auth*>(data);
  const auto& listener = *static_cast<Listener*>(userdata);
  const std::string serial = listener.clients == Clients::kDevices ? SerialOf(event.client) : "";
  const auto refusal = CheckLogin(listener, event, serial);
  const std::string_view client_id = View(mosquitto_client_id(event.client));
  if (refusal) {
    Refuse(*refusal, client_id, "at login");
  } else {
    const std::string network = NetworkOf(View(mosquitto_client_address(event.client)));
    const auto before = State().connections.Opened(client_id, event.client, serial, network);
    if (before && listener.clients != Clients::kServices) NoticeTakeover(client_id, *before, network);
  }
  PublishWhenDue();
  return refusal ? MOSQ_ERR_AUTH : MOSQ_ERR_SUCCESS;
}

std::optional<Refusal> Check(const Listener& listener, std::string_view user, Access access,
                             const mosquitto_evt_acl_check& event) {
  if (listener.clients != Clients::kServices) return CheckDevice(user, access, View(event.topic), event.retain);
  const auto service = ServiceOf(user);
  if (!service) return Refusal::kService;
  return CheckService(*service, access, View(event.topic), event.retain);
}

// An allowed will is the own status topic; everything else that a device writes would be no will.
std::optional<Refusal> CheckWill(std::optional<Refusal> refusal, std::string_view topic) {
  if (refusal || !topic.ends_with("/status")) return Refusal::kWill;
  return std::nullopt;
}

bool IsWill(const mosquitto_evt_acl_check& event) {
  return event.access == MOSQ_ACL_WRITE &&
         !State().connections.Has(View(mosquitto_client_id(event.client)), event.client);
}

Attempt AttemptOf(Refusal refusal, int access) {
  if (refusal == Refusal::kWill) return Attempt::kWill;
  return access == MOSQ_ACL_WRITE ? Attempt::kPublish : Attempt::kSubscribe;
}

std::string_view PayloadOf(const mosquitto_evt_acl_check& event) {
  return {static_cast<const char*>(event.payload), event.payload != nullptr ? event.payloadlen : 0};
}

// Ingest, for quarantine, and the device itself, in a receipt.
void TellRefusal(Refusal refusal, std::string_view device, const mosquitto_evt_acl_check& event) {
  const std::string_view topic = View(event.topic);
  const Attempt attempt = AttemptOf(refusal, event.access);
  const Report report = MakeReport(device, attempt, topic, PayloadOf(event), refusal);
  Limit& limit = State().limits[report.alarm ? 1 : 0];
  if (!limit.Allow(device, std::chrono::steady_clock::now())) return State().refusals.Cut();
  Publish(nullptr, report.topic, report.payload);
  if (attempt != Attempt::kPublish) return;
  const RefusedReceipt receipt = MakeRefusedReceipt(device, topic, refusal);
  Publish(mosquitto_client_id(event.client), receipt.topic, receipt.payload);
}

// A new file, on the disk, then renamed over the old one.
// So that no power cut brings the older file back.
bool SyncFolderOf(const std::string& path) {
  const int folder = open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  const bool good = fsync(folder) == 0;
  close(folder);
  return good;
}

bool WriteFile(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  FILE* file = std::fopen(fresh.c_str(), "wb");
  if (file == nullptr) return false;
  bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  good = std::fflush(file) == 0 && fsync(fileno(file)) == 0 && good;
  good = std::fclose(file) == 0 && good;
  return good && std::rename(fresh.c_str(), path.c_str()) == 0 && SyncFolderOf(path);
}

void CloseRevoked() {
  const auto revoked = [](std::string_view id, std::string_view serial) { return State().revocations.Has(id, serial); };
  for (const std::string& id : State().connections.Which(revoked)) {
    Refuse(Refusal::kRevoked, id, "while connected");
    mosquitto_kick_client_by_clientid(id.c_str(), false);
  }
}

// The sessions are closed before the list is said to be in force, and it is on the disk before that.
void TakeRevoked(std::string_view part) {
  const Revocations::Taken taken = State().revocations.Take(part);
  if (taken == Revocations::Taken::kPart) return;
  if (taken == Revocations::Taken::kBad) {
    mosquitto_log_printf(MOSQ_LOG_WARNING, "guard: this is no list of revoked devices, or not its next part");
    return;
  }
  if (taken == Revocations::Taken::kNewer) {
    CloseRevoked();
    State().saved = false;
  }
  if (!State().saved) State().saved = WriteFile(State().revoked_file, State().revocations.ToText());
  if (!State().saved) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "guard: cannot write %s", State().revoked_file.c_str());
    return;
  }
  Publish(nullptr, kInForceTopic, State().revocations.ToJson(), true);
}

bool IsRevokedList(const Listener& listener, const mosquitto_evt_acl_check& event) {
  return listener.clients == Clients::kServices && event.access == MOSQ_ACL_WRITE && View(event.topic) == kRevokedTopic;
}

int OnAcl(int, void* data, void* userdata) {
  const auto& event = *static_cast<mosquitto_evt_acl_check*>(data);
  const auto& listener = *static_cast<Listener*>(userdata);
  if (event.access == MOSQ_ACL_UNSUBSCRIBE) return MOSQ_ERR_SUCCESS;
  const Access access = event.access == MOSQ_ACL_WRITE  ? Access::kWrite
                        : event.access == MOSQ_ACL_READ ? Access::kRead
                                                        : Access::kSubscribe;
  const std::string_view user = View(mosquitto_client_username(event.client));
  auto refusal = Check(listener, user, access, event);
  if (IsWill(event)) refusal = CheckWill(refusal, View(event.topic));
  // A message that a reader may not see is no attempt of the reader: it is not counted.
  if (refusal && event.access != MOSQ_ACL_READ) {
    Refuse(*refusal, user, View(event.topic));
    if (listener.clients != Clients::kServices) TellRefusal(*refusal, user, event);
  }
  if (!refusal && IsRevokedList(listener, event)) TakeRevoked(PayloadOf(event));
  PublishWhenDue();
  return refusal ? MOSQ_ERR_ACL_DENIED : MOSQ_ERR_SUCCESS;
}

// Turns "nara/v1/..." into a topic that nobody may read. mosquitto then acknowledges the message as one without a
// reader: MQTT 5 says so (reason 16), MQTT 3.1.1 has no word for it. Every refusal that mosquitto knows would close the
// connection.
void Drop(const mosquitto_evt_message& event) {
  std::ranges::copy(std::string_view("drop"), event.topic);
}

void TellFlood(std::string_view device, std::uint64_t dropped) {
  if (!State().floods.Allow(device, std::chrono::steady_clock::now())) return State().refusals.Cut();
  Publish(nullptr, std::string(kFloodRoot).append(ShardOf(device)).append("/").append(device), std::to_string(dropped));
}

// OnAcl has said before that the device may write there. An error that mosquitto does not expect here closes the
// connection without an acknowledgement, in MQTT 5 after a DISCONNECT; who kicks the client instead lets mosquitto go
// on with the message of a connection that it has closed.
int OnMessage(int, void* data, void*) {
  const auto& event = *static_cast<mosquitto_evt_message*>(data);
  const std::string_view device = View(mosquitto_client_username(event.client));
  const std::string_view topic = View(event.topic);
  const Flood::Answer answer =
      State().flood.Take(device, IsAlarmTopic(topic), event.payloadlen, std::chrono::steady_clock::now());
  if (answer.action == Flood::Action::kPass) return MOSQ_ERR_SUCCESS;
  const bool close = answer.action == Flood::Action::kClose;
  Refuse(close ? Refusal::kFlood : Refusal::kOverRate, device, topic);
  if (answer.tell_dropped > 0) TellFlood(device, answer.tell_dropped);
  if (!close) Drop(event);
  return close ? MOSQ_ERR_UNKNOWN : MOSQ_ERR_SUCCESS;
}

int OnDisconnect(int, void* data, void*) {
  const mosquitto* client = static_cast<mosquitto_evt_disconnect*>(data)->client;
  State().connections.Closed(View(mosquitto_client_id(client)), client);
  return MOSQ_ERR_SUCCESS;
}

std::optional<Clients> ParseClients(std::string_view text) {
  if (text == "devices") return Clients::kDevices;
  if (text == "services") return Clients::kServices;
  if (text == "plain") return Clients::kPlain;
  return std::nullopt;
}

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What was in force before the restart. A file that somebody has spoilt is told, and lets everybody in until the
// registry speaks: a server that does not start would lose alarms.
void LoadRevoked(const std::string& path) {
  State().revoked_file = path;
  const std::string text = ReadFile(path.c_str());
  if (text.empty()) {
    mosquitto_log_printf(MOSQ_LOG_WARNING,
                         "guard: %s is empty or not there; nobody is revoked until the registry says so", path.c_str());
    return;
  }
  if (State().revocations.Take(text) == Revocations::Taken::kBad) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "guard: %s is damaged; nobody is revoked until the registry says so",
                         path.c_str());
  }
}

// True for every other option, too. The limits are those of all listeners.
bool TakeFloodOption(std::string_view key, std::string_view value) {
  if (!key.starts_with(kFloodOptions)) return true;
  if (!SetFloodLimit(State().flood_limits, key.substr(kFloodOptions.size()), value)) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "guard: plugin_opt_%.64s: no such limit, or not a number that it may have",
                         std::string(key).c_str());
    return false;
  }
  State().flood = Flood(State().flood_limits);
  return true;
}

// Nothing after having logged what is wrong: the MQTT server then does not start.
std::unique_ptr<Listener> ReadOptions(const mosquitto_opt* options, int count) {
  auto listener = std::make_unique<Listener>();
  std::optional<Clients> clients;
  for (int i = 0; i < count; ++i) {
    const std::string_view key = View(options[i].key);
    if (key == "clients") clients = ParseClients(View(options[i].value));
    if (key == "password_key") listener->password_key = ReadFile(options[i].value);
    if (key == "revoked") LoadRevoked(options[i].value);
    if (!TakeFloodOption(key, View(options[i].value))) return nullptr;
  }
  if (!clients) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "guard: plugin_opt_clients must be devices, services or plain");
    return nullptr;
  }
  if (*clients == Clients::kPlain && listener->password_key.empty()) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "guard: plugin_opt_password_key must name a readable file that is not empty");
    return nullptr;
  }
  if (State().revoked_file.empty()) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "guard: plugin_opt_revoked must name a file that we may write");
    return nullptr;
  }
  listener->clients = *clients;
  return listener;
}

bool Register(mosquitto_plugin_id_t* id, Listener* listener) {
  if (listener->clients != Clients::kServices &&
      mosquitto_callback_register(id, MOSQ_EVT_MESSAGE, OnMessage, nullptr, nullptr) != MOSQ_ERR_SUCCESS) {
    return false;
  }
  return mosquitto_callback_register(id, MOSQ_EVT_BASIC_AUTH, OnLogin, nullptr, listener) == MOSQ_ERR_SUCCESS &&
         mosquitto_callback_register(id, MOSQ_EVT_ACL_CHECK, OnAcl, nullptr, listener) == MOSQ_ERR_SUCCESS &&
         mosquitto_callback_register(id, MOSQ_EVT_DISCONNECT, OnDisconnect, nullptr, listener) == MOSQ_ERR_SUCCESS;
}

}  // namespace
}  // namespace nara::guard

extern "C" {

__attribute__((visibility("default"))) int mosquitto_plugin_version(int count, const int* versions) {
  for (int i = 0; i < count; ++i) {
    if (versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
  }
  return -1;
}

__attribute__((visibility("default"))) int mosquitto_plugin_init(mosquitto_plugin_id_t* id, void** userdata,
                                                                 mosquitto_opt* options, int count) {
  auto listener = nara::guard::ReadOptions(options, count);
  if (!listener) return MOSQ_ERR_INVAL;
  if (!nara::guard::Register(id, listener.get())) return MOSQ_ERR_UNKNOWN;
  nara::guard::PublishWhenDue();
  nara::guard::Publish(nullptr, nara::guard::kInForceTopic, nara::guard::State().revocations.ToJson(), true);
  *userdata = listener.release();
  return MOSQ_ERR_SUCCESS;
}

// mosquitto never calls a callback after this.
__attribute__((visibility("default"))) int mosquitto_plugin_cleanup(void* userdata, mosquitto_opt*, int) {
  delete static_cast<nara::guard::Listener*>(userdata);
  return MOSQ_ERR_SUCCESS;
}
}
