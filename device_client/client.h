#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "device_client/command_book.h"
#include "device_client/outbox.h"
#include "device_client/topics.h"
#include "device_client/transport.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::device_client {

// What a device hears; every member may be empty. Called on the transport's
// thread; must not block.
struct ClientEvents {
  // A receipt of the platform: what it settles is already forgotten.
  std::function<void(const telemetry::v1::Receipt&)> receipt;
  // Carries a command out, once however often it came, and says what became of
  // it; that is sent to the platform. Without one every command is refused but
  // "new_epoch", which the library has obeyed already: the device now sends its
  // test event.
  std::function<CommandResult(const telemetry::v1::Command&)> command;
  // Connected, or lost with the reason.
  std::function<void(bool up, const absl::Status& why)> connection;
};

struct ClientOptions {
  std::string device;
  Identity identity;     // for TLS listeners
  std::string password;  // for plain listeners
  std::string firmware;  // told in the birth message
  // How long the platform waits for a sign of life of this product: whoever has
  // said nothing for half of it repeats its birth. The default is the shortest of
  // the platform's catalogue; a longer one spares a battery. At least a second.
  absl::Duration contact_interval = absl::Minutes(15);
  OutboxOptions measurement;
  // Alarms are few and must not wait: sent again after 1 s, at least each 30 s.
  OutboxOptions alarm = {.resend_after = absl::Seconds(1), .resend_after_most = absl::Seconds(30)};
};

// A device that stores and forwards: what Send accepted is kept until the
// platform's receipt, through lost connections and restarts (as far as its
// storage promises), on two lanes that do not wait for each other.
//
// Send is thread-safe; the rest happens on the transport's thread.
class Client : private LinkEvents {
 public:
  // Storages and transport must outlive the client. It connects at once.
  static absl::StatusOr<std::unique_ptr<Client>> Start(ClientOptions options, Storage& measurement, Storage& alarm,
                                                       Transport& transport, ClientEvents events);
  // Disconnects. Must not run on the transport's thread.
  ~Client() override;

  // Keeps the record and sends it as soon as the link is up. Returns its
  // sequence number in epoch(lane). `at` is set to now when absent.
  absl::StatusOr<uint64_t> Send(telemetry::v1::Lane lane, telemetry::v1::Record record);

  // What became of a command that was to be answered later. NOT_FOUND when it was
  // answered already, or before a restart.
  absl::Status Answer(const std::string& id, CommandResult result);

  // Records that wait for a receipt, both lanes.
  size_t waiting() const;
  // Records given up because an outbox was full, both lanes.
  uint64_t dropped() const;
  uint64_t epoch(telemetry::v1::Lane lane) const;
  bool connected() const;

 private:
  struct Lanes {
    std::unique_ptr<Outbox> measurement;
    std::unique_ptr<Outbox> alarm;
    std::unique_ptr<CommandBook> commands;
  };
  // Where an answer waits for its receipt.
  struct Place {
    uint64_t epoch = 0;
    uint64_t seq = 0;
  };

  Client(ClientOptions options, Lanes lanes, Transport& transport, ClientEvents events);

  void OnUp() override;
  void OnDown(const absl::Status& why) override;
  void OnMessage(const std::string& topic, const std::string& payload) override;

  void OnReceipt(const std::string& payload);
  void OnCommand(const std::string& payload);
  void CarryOut(const telemetry::v1::Command& command);
  bool StartEpochs();
  void SendAnswer(const std::string& id, CommandResult result);
  void Flush(telemetry::v1::Lane lane);
  void SchedulePending();
  void FlushBoth();
  absl::Status Say(const std::string& topic, const std::string& payload);
  void SayBirth();
  void WatchSilence();
  void EndSilence();
  Outbox& OutboxOf(telemetry::v1::Lane lane) const;
  LinkOptions MakeLinkOptions(const ClientOptions& options) const;
  // Runs a member later unless the client is gone by then.
  void Later(absl::Time at, void (Client::*task)());

  const std::string firmware_;
  const absl::Duration longest_silence_;
  const Topics topics_;
  Transport& transport_;
  const ClientEvents events_;

  mutable std::mutex mutex_;
  const Lanes lanes_;                     // guarded by mutex_
  std::map<std::string, Place> answers_;  // by command, guarded by mutex_
  bool up_ = false;                       // guarded by mutex_
  bool flush_posted_ = false;             // guarded by mutex_

  // Transport's thread only.
  absl::Time wake_at_ = absl::InfiniteFuture();
  absl::Time silent_until_ = absl::InfiniteFuture();
  bool watches_silence_ = false;

  // False once the destructor began; tasks on the transport's thread look.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  // Last: its end is the end of all calls to this object.
  std::unique_ptr<Link> link_;
};

}  // namespace nara::device_client
