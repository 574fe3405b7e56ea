#include "device_client/mqtt_loop.h"

#include <mosquitto.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

#include "device_client/tls_context.h"

namespace nara::device_client {
namespace {

constexpr int kMaxEvents = 256;
constexpr int kQos = 1;

// libmosquitto's global state, kept for the life of the process.
void InitLibrary() {
  static const int result = mosquitto_lib_init();
  (void)result;
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::Status Failure(int result) {
  const std::string why = result == MOSQ_ERR_ERRNO ? std::string(strerror(errno)) : mosquitto_strerror(result);
  return absl::UnavailableError("MQTT: " + why);
}

std::string SocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "the server hung up" : strerror(error);
}

class Loop;

// The state of one link; used on the loop's thread only.
struct Session {
  Session(Loop& in_loop, LinkOptions link_options, LinkEvents& link_events)
      : loop(in_loop), options(std::move(link_options)), events(link_events) {}

  Loop& loop;
  const LinkOptions options;
  LinkEvents& events;
  TlsIdentity identity;
  mosquitto* client = nullptr;
  int fd = -1;
  bool writing = false;  // EPOLLOUT is asked for
  bool up = false;
  bool connecting = false;  // counts among those that connect
  bool closing = false;     // a callback saw the end of the connection
  int unsubscribed = 0;     // topics not yet granted
  int attempt = 0;
  uint64_t generation = 0;  // counts connections, so that old timers are ignored
  absl::Status why;
};

// Owns the thread. Each session is driven by its own libmosquitto client, made
// anew for each connection, so that nothing old is sent again by the library:
// resending is the outbox's.
class Loop : public Transport {
 public:
  Loop(MqttLoopOptions options, std::unique_ptr<TlsContext> tls)
      : options_(std::move(options)),
        tls_(std::move(tls)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }

  ~Loop() override {
    thread_.request_stop();
    Wake();
    thread_.join();
    close(wake_);
    close(epoll_);
  }

  std::unique_ptr<Link> Open(LinkOptions options, LinkEvents& events) override;

  void Post(std::function<void()> task) override { PostAt(absl::InfinitePast(), std::move(task)); }

  void PostAt(absl::Time at, std::function<void()> task) override {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = tasks_.empty() || at < tasks_.begin()->first;
      tasks_.emplace(at, std::move(task));
    }
    if (wake && std::this_thread::get_id() != thread_.get_id()) Wake();
  }

  absl::Time Now() const override { return absl::Now(); }

  // The rest runs on the loop's thread.
  void Begin(const std::shared_ptr<Session>& session);
  void End(Session& session);
  absl::Status Publish(Session& session, const std::string& topic, const std::string& payload);
  void OnConnack(Session& session, int code);
  void OnSuback(Session& session, bool granted);
  void Drop(Session& session, absl::Status why);

 private:
  void Run(const std::stop_token& stop);
  void RunDueTasks();
  int MillisecondsToNextTask();
  void Wake() const;
  void Handle(Session& session, uint32_t events);
  void Read(Session& session);
  void WatchWrites(Session& session);
  void KeepAlive(Session& session);
  void ConnectLater(Session& session);
  void Connect(Session& session);
  absl::Status Dial(Session& session);
  void Close(Session& session);
  void AfterIn(Session& session, absl::Duration wait, void (Loop::*task)(Session&));
  void StopConnecting(Session& session);
  void LetOneConnect();
  double Jitter() { return std::uniform_real_distribution<double>(0.5, 1.0)(random_); }

  const MqttLoopOptions options_;
  const std::unique_ptr<TlsContext> tls_;
  const int epoll_;
  const int wake_;
  std::mutex mutex_;
  std::multimap<absl::Time, std::function<void()>> tasks_;  // guarded by mutex_

  // Loop's thread only.
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  int connecting_ = 0;
  std::deque<std::weak_ptr<Session>> waiting_;  // for their turn to connect
  std::minstd_rand random_{std::random_device{}()};

  // Last, so that the thread ends before what it uses.
  std::jthread thread_;
};

class LoopLink : public Link {
 public:
  LoopLink(Loop& loop, std::shared_ptr<Session> session) : loop_(loop), session_(std::move(session)) {}

  ~LoopLink() override {
    std::promise<void> ended;
    loop_.Post([this, &ended] {
      loop_.End(*session_);
      ended.set_value();
    });
    ended.get_future().wait();
  }

  void Connect() override {
    loop_.Post([&loop = loop_, session = session_] { loop.Begin(session); });
  }

  absl::Status Publish(const std::string& topic, const std::string& payload) override {
    return loop_.Publish(*session_, topic, payload);
  }

 private:
  Loop& loop_;
  const std::shared_ptr<Session> session_;
};

std::unique_ptr<Link> Loop::Open(LinkOptions options, LinkEvents& events) {
  return std::make_unique<LoopLink>(*this, std::make_shared<Session>(*this, std::move(options), events));
}

void Loop::Wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

// A write to a connection that is gone is an error code and no signal.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void Loop::Run(const std::stop_token& stop) {
  BlockSigpipe();
  std::array<epoll_event, kMaxEvents> events{};
  while (!stop.stop_requested()) {
    const int ready = epoll_wait(epoll_, events.data(), kMaxEvents, MillisecondsToNextTask());
    for (int i = 0; i < ready; ++i) {
      const auto found = sessions_.find(static_cast<Session*>(events[i].data.ptr));
      if (found == sessions_.end()) {
        uint64_t count = 0;
        [[maybe_unused]] const ssize_t taken = read(wake_, &count, sizeof count);
      } else {
        const std::shared_ptr<Session> session = found->second;
        Handle(*session, events[i].events);
      }
    }
    RunDueTasks();
  }
}

int Loop::MillisecondsToNextTask() {
  const std::lock_guard lock(mutex_);
  constexpr absl::Duration kMost = absl::Seconds(1);
  if (tasks_.empty()) return static_cast<int>(absl::ToInt64Milliseconds(kMost));
  const absl::Duration wait = std::min(tasks_.begin()->first - Now(), kMost);
  if (wait <= absl::ZeroDuration()) return 0;
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1))));
}

void Loop::RunDueTasks() {
  std::vector<std::function<void()>> due;
  {
    const std::lock_guard lock(mutex_);
    const auto end = tasks_.upper_bound(Now());
    for (auto it = tasks_.begin(); it != end; ++it) due.push_back(std::move(it->second));
    tasks_.erase(tasks_.begin(), end);
  }
  for (const auto& task : due) task();
}

void Loop::Begin(const std::shared_ptr<Session>& session) {
  sessions_.emplace(session.get(), session);
  ConnectLater(*session);
}

void Loop::End(Session& session) {
  if (session.client != nullptr && session.up) mosquitto_disconnect(session.client);
  Close(session);
  sessions_.erase(&session);
  // It may have been the one whose turn had come.
  LetOneConnect();
}

void Loop::AfterIn(Session& session, absl::Duration wait, void (Loop::*task)(Session&)) {
  PostAt(Now() + wait,
         [this, task, generation = session.generation, weak = std::weak_ptr<Session>(sessions_.at(&session))] {
           const auto alive = weak.lock();
           if (alive && sessions_.contains(alive.get()) && alive->generation == generation) {
             (this->*task)(*alive);
           }
         });
}

void Loop::StopConnecting(Session& session) {
  if (!std::exchange(session.connecting, false)) return;
  --connecting_;
  LetOneConnect();
}

void Loop::LetOneConnect() {
  while (!waiting_.empty()) {
    const std::shared_ptr<Session> next = waiting_.front().lock();
    waiting_.pop_front();
    if (!next || !sessions_.contains(next.get())) continue;
    return AfterIn(*next, absl::ZeroDuration(), &Loop::Connect);
  }
}

void Loop::ConnectLater(Session& session) {
  absl::Duration wait = absl::ZeroDuration();
  if (session.attempt > 0) {
    wait = options_.reconnect_after * (1 << std::min(session.attempt - 1, 10));
    wait = std::min(wait, options_.reconnect_after_most) * Jitter();
  }
  ++session.attempt;
  AfterIn(session, wait, &Loop::Connect);
}

void Loop::Connect(Session& session) {
  if (connecting_ >= options_.connecting_at_once) {
    waiting_.push_back(sessions_.at(&session));
    return;
  }
  ++connecting_;
  session.connecting = true;
  ++session.generation;
  session.closing = false;
  const absl::Status status = Dial(session);
  if (!status.ok()) return Drop(session, status);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &session}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, session.fd, &event);
  WatchWrites(session);
  AfterIn(session, options_.connect_timeout, &Loop::KeepAlive);
}

void SetCallbacks(mosquitto* client) {
  mosquitto_connect_callback_set(client, [](mosquitto*, void* self, int code) {
    auto& session = *static_cast<Session*>(self);
    session.loop.OnConnack(session, code);
  });
  mosquitto_disconnect_callback_set(
      client, [](mosquitto*, void* self, int /*code*/) { static_cast<Session*>(self)->closing = true; });
  mosquitto_subscribe_callback_set(client, [](mosquitto*, void* self, int /*id*/, int count, const int* granted) {
    auto& session = *static_cast<Session*>(self);
    session.loop.OnSuback(session, count > 0 && granted[0] <= 2);
  });
  mosquitto_message_callback_set(client, [](mosquitto*, void* self, const mosquitto_message* message) {
    auto& session = *static_cast<Session*>(self);
    session.events.OnMessage(message->topic, std::string(static_cast<const char*>(message->payload),
                                                         static_cast<size_t>(message->payloadlen)));
  });
}

absl::Status Loop::Dial(Session& session) {
  const LinkOptions& link = session.options;
  if (tls_ && !session.identity.key && !link.identity.key_pem.empty()) {
    auto identity = ParseIdentity(link.identity);
    if (!identity.ok()) return identity.status();
    session.identity = *std::move(identity);
  }
  mosquitto* const client = mosquitto_new(link.device.c_str(), true, &session);
  if (client == nullptr) return absl::ResourceExhaustedError("MQTT: out of memory");
  session.client = client;
  SetCallbacks(client);
  mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_max_inflight_messages_set(client, 0);
  if (tls_) {
    mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, tls_->get());
    mosquitto_int_option(client, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    tls_->Present(session.identity.key ? &session.identity : nullptr);
  }
  if (!link.password.empty()) {
    mosquitto_username_pw_set(client, link.device.c_str(), link.password.c_str());
  }
  if (!link.will_topic.empty()) {
    mosquitto_will_set(client, link.will_topic.c_str(), static_cast<int>(link.will_payload.size()),
                       link.will_payload.data(), kQos, false);
  }
  const auto keep_alive = static_cast<int>(absl::ToInt64Seconds(options_.keep_alive));
  const int result = mosquitto_connect_async(client, options_.host.c_str(), options_.port, keep_alive);
  session.fd = mosquitto_socket(client);
  if (result != MOSQ_ERR_SUCCESS || session.fd < 0) return Failure(result);
  return absl::OkStatus();
}

void Loop::Close(Session& session) {
  StopConnecting(session);
  ++session.generation;
  session.up = false;
  session.writing = false;
  // The library may have closed the socket, and its number may be another's now.
  if (session.fd >= 0 && mosquitto_socket(session.client) == session.fd) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, session.fd, nullptr);
  }
  session.fd = -1;
  if (session.client != nullptr) mosquitto_destroy(std::exchange(session.client, nullptr));
  ERR_clear_error();
}

void Loop::Drop(Session& session, absl::Status why) {
  if (!session.why.ok()) why = std::exchange(session.why, absl::OkStatus());
  Close(session);
  session.events.OnDown(why);
  ConnectLater(session);
}

void Loop::Handle(Session& session, uint32_t events) {
  if (session.client == nullptr) return;
  if (tls_) tls_->Present(session.identity.key ? &session.identity : nullptr);
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) Read(session);
  if (session.client == nullptr) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    return Drop(session, absl::UnavailableError("MQTT: " + SocketError(session.fd)));
  }
  if ((events & EPOLLOUT) != 0) {
    const int result = mosquitto_loop_write(session.client, 1);
    if (result != MOSQ_ERR_SUCCESS) return Drop(session, Failure(result));
  }
  if (session.closing) return Drop(session, absl::UnavailableError("MQTT: the server hung up"));
  WatchWrites(session);
}

void Loop::Read(Session& session) {
  // TLS may hold whole messages that epoll does not know of.
  do {
    const int result = mosquitto_loop_read(session.client, 1);
    if (result != MOSQ_ERR_SUCCESS) return Drop(session, Failure(result));
    auto* const ssl = static_cast<SSL*>(mosquitto_ssl_get(session.client));
    if (ssl == nullptr || SSL_pending(ssl) == 0) return;
  } while (!session.closing);
}

void Loop::WatchWrites(Session& session) {
  auto* const ssl = static_cast<SSL*>(mosquitto_ssl_get(session.client));
  // Until the handshake is done a waiting CONNECT does not mean that the socket
  // should be written to.
  const bool handshake = ssl != nullptr && SSL_is_init_finished(ssl) == 0;
  const bool wanted = handshake ? SSL_want_write(ssl) || SSL_want_nothing(ssl) : mosquitto_want_write(session.client);
  if (wanted == session.writing) return;
  session.writing = wanted;
  epoll_event event{.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, .data = {.ptr = &session}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, session.fd, &event);
}

void Loop::KeepAlive(Session& session) {
  if (!session.up) return Drop(session, absl::DeadlineExceededError("MQTT: no answer in time"));
  const int result = mosquitto_loop_misc(session.client);
  if (result != MOSQ_ERR_SUCCESS || session.closing) return Drop(session, Failure(result));
  WatchWrites(session);
  AfterIn(session, options_.keep_alive / 4, &Loop::KeepAlive);
}

void Loop::OnConnack(Session& session, int code) {
  if (code != 0) {
    session.closing = true;
    session.why =
        absl::PermissionDeniedError(std::string("MQTT: the server refused: ") + mosquitto_connack_string(code));
    return;
  }
  session.unsubscribed = static_cast<int>(session.options.subscriptions.size());
  for (const std::string& topic : session.options.subscriptions) {
    mosquitto_subscribe(session.client, nullptr, topic.c_str(), kQos);
  }
  if (session.unsubscribed == 0) OnSuback(session, true);
}

void Loop::OnSuback(Session& session, bool granted) {
  if (!granted) {
    session.closing = true;
    session.why = absl::PermissionDeniedError("MQTT: the server refused a subscription");
    return;
  }
  if (--session.unsubscribed > 0) return;
  session.up = true;
  session.attempt = 0;
  StopConnecting(session);
  session.events.OnUp();
}

absl::Status Loop::Publish(Session& session, const std::string& topic, const std::string& payload) {
  if (!session.up) return absl::UnavailableError("MQTT: not connected");
  const int result = mosquitto_publish(session.client, nullptr, topic.c_str(), static_cast<int>(payload.size()),
                                       payload.data(), kQos, false);
  if (result != MOSQ_ERR_SUCCESS) {
    AfterIn(session, absl::ZeroDuration(), &Loop::KeepAlive);
    return Failure(result);
  }
  WatchWrites(session);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> StartMqttLoop(MqttLoopOptions options) {
  InitLibrary();
  RaiseDescriptorLimit();
  std::unique_ptr<TlsContext> tls;
  if (!options.ca_file.empty()) {
    auto made = TlsContext::Make(options.ca_file, options.host);
    if (!made.ok()) return made.status();
    tls = *std::move(made);
  }
  return std::make_unique<Loop>(std::move(options), std::move(tls));
}

}  // namespace nara::device_client
