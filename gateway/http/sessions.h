#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/access/authorizer.h"
#include "common/time/clock.h"

namespace nara::gateway {

// Who is signed in with a cookie. A session belongs to the client with the token that it had: it ends, for good, when
// that token is changed, or when the client is revoked or gone. In memory: a restart signs everybody out. Holds only
// hashes of the cookies. Any thread.
class Sessions {
 public:
  // At most so many; the oldest leave. Those of one client push out its own only, so that nobody signs others out.
  static constexpr std::size_t kMost = 10'000;
  static constexpr std::size_t kMostOfOneClient = 200;
  static constexpr absl::Duration kLifetime = absl::Hours(12);

  // Both must outlive it.
  Sessions(const Authorizer& authorizer, const Clock& clock) : authorizer_(authorizer), clock_(clock) {}

  // A new session; returns the cookie's value, 256 random bits in hexadecimal.
  std::string Open(const Caller& client);
  // The client of a session that is open, with its rights as they are now.
  std::optional<Caller> Find(const std::string& cookie) const;
  // To be called when clients have changed: what Find would not find now, nobody finds again.
  void EndStale();
  void Close(const std::string& cookie);

 private:
  struct Session {
    std::string client;
    std::string token_sha256;
    absl::Time ends;
  };
  void MakeRoomFor(const std::string& client);
  std::optional<Caller> ClientOf(const Session& session) const;

  const Authorizer& authorizer_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Session> by_hash_;  // guarded by mutex_
};

}  // namespace nara::gateway
