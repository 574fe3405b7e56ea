#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/time/clock.h"

namespace nara::gateway {

// How often one client address may try to come in as a device: by a code, or by the certificate that it has. What is
// counted is counted by address, and by address and device; never by device alone, since then whoever tries keeps the
// device itself out. A device that is refused again and again does not use up what others behind its address have.
//
// Bounded: of kMostKept pairs those that owe least are forgotten. Any thread.
class Attempts {
 public:
  // At once, and then one more each time this long has passed.
  struct Rate {
    int at_once;
    absl::Duration each;
  };

  // The registry ends a code after ten that are wrong, and a code works for a week when nothing else is asked for: in
  // that time one address has nine.
  static constexpr Rate kRefusedOfDevice{6, absl::Hours(48)};
  // Whoever goes through devices; a hospital behind one address has many.
  static constexpr Rate kRefusedOfAddress{100, absl::Minutes(1)};
  // Whatever the answer: each is a transaction of the registry.
  static constexpr Rate kOfDevice{10, absl::Seconds(6)};
  static constexpr std::size_t kMostKept = 100'000;

  // `clock` must outlive it.
  explicit Attempts(const Clock& clock, std::size_t most_kept = kMostKept) : clock_(clock), most_kept_(most_kept) {}

  // RESOURCE_EXHAUSTED, reason TOO_MANY_ATTEMPTS with `retry_after_s`, when it may not be tried now. Otherwise it
  // counts as refused until Passed: who tries many at once has no more of them.
  absl::Status Begin(const std::string& address, const std::string& device);
  // What was begun was not refused. `in`: the device has shown that it is the one, and nothing is held against it.
  void Passed(const std::string& address, const std::string& device, bool in);

 private:
  // How long until all is forgiven, as a point of the clock; what is not there owes nothing.
  using Debts = std::map<std::string, absl::Duration>;

  // How long to wait; zero when it may be tried now. REQUIRES: mutex_.
  absl::Duration WaitFor(const std::string& key, const Rate& rate, absl::Duration now) const;
  void Owe(const std::string& key, const Rate& rate, absl::Duration now);
  void Forgive(const std::string& key, absl::Duration what);
  void MakeRoom(absl::Duration now);

  const Clock& clock_;
  const std::size_t most_kept_;
  std::mutex mutex_;
  Debts debts_;  // protected by mutex_
};

}  // namespace nara::gateway
