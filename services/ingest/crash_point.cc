#include "ingest/crash_point.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace nara::ingest {
namespace {

struct Wish {
  std::string place;
  std::atomic<long> passes{1};

  Wish() {
    const char* text = std::getenv("NARA_CRASH_AT");
    if (text == nullptr) return;
    place = text;
    const std::size_t colon = place.find(':');
    if (colon == std::string::npos) return;
    passes = std::strtol(place.c_str() + colon + 1, nullptr, 10);
    place.resize(colon);
  }
};

}  // namespace

void CrashPoint(std::string_view place) {
  static Wish wish;
  if (wish.place.empty() || wish.place != place) return;
  if (--wish.passes <= 0) raise(SIGKILL);
}

}  // namespace nara::ingest
