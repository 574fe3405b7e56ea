#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/time/clock.h"

namespace nara::gateway {

// Who is signed in with a cookie. In memory: a restart signs everybody out. Holds only hashes of the cookies. Any
// thread.
class Sessions {
 public:
  static constexpr std::size_t kMost = 10'000;  // the oldest leave
  static constexpr absl::Duration kLifetime = absl::Hours(12);

  explicit Sessions(const Clock& clock) : clock_(clock) {}

  // A new session; returns the cookie's value, 256 random bits in hexadecimal.
  std::string Open(const std::string& client);
  // The client of a session that is open.
  std::optional<std::string> Find(const std::string& cookie) const;
  void Close(const std::string& cookie);

 private:
  struct Session {
    std::string client;
    absl::Time ends;
  };
  void DropOldest();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Session> by_hash_;  // guarded by mutex_
};

}  // namespace nara::gateway
