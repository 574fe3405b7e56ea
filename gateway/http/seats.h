#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "gateway/metrics.h"

namespace nara::gateway {

// The open connections, counted in all and by client address. Where there is no room for a new one, another one makes
// it: first who waits for a request, the longest wait first, then who has been taking an answer for longer than
// `patience`, the longest first. So who opens many and sends nothing, sends slowly or reads slowly keeps nobody out.
// Who runs a request or follows events stays. One thread.
class Seats {
  struct Entry;

 public:
  struct Limits {
    std::size_t most;
    std::size_t most_of_address;
    absl::Duration patience;
  };

  enum class Doing { kWorking, kWaiting, kTaking };

  // One connection's, from its accept to its end.
  class Seat {
   public:
    Seat(Seats& seats, std::list<Entry>::iterator place) : seats_(seats), place_(place) {}
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    // How the connection is closed, once at most; at once when that has been asked for already. `close` must not end
    // the seat from inside.
    void OnClose(std::function<void()> close);
    void Now(Doing doing);
    bool closed() const;

   private:
    Seats& seats_;
    const std::list<Entry>::iterator place_;
  };

  // Both must outlive it, and it every seat.
  Seats(Limits limits, Metrics& metrics, const Clock& clock) : limits_(limits), metrics_(metrics), clock_(clock) {}

  // For a connection of this address, working; null when nobody makes room, or after CloseAll. Counts what it refuses
  // and closes.
  std::unique_ptr<Seat> Take(const std::string& address);
  void CloseAll();

 private:
  struct Entry {
    std::string address;
    Doing doing = Doing::kWorking;
    absl::Duration since;
    std::function<void()> close;
    bool closed = false;
  };

  std::size_t OpenOf(const std::string& address) const;
  std::size_t open() const;
  // Closes one of this address ("" for any); false when none makes room.
  bool MakeRoom(const std::string& address);
  bool MayGo(const Entry& entry) const;
  static void Close(Entry& entry);

  const Limits limits_;
  Metrics& metrics_;
  const Clock& clock_;
  std::list<Entry> entries_;
  bool over_ = false;
};

}  // namespace nara::gateway
