#include "tools/fleet/parallel.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

namespace nara::fleet {

absl::Status ForEach(size_t count, int threads, const std::function<absl::Status(size_t)>& task) {
  std::mutex mutex;
  size_t next = 0;
  absl::Status first;
  const auto work = [&] {
    while (true) {
      size_t mine = 0;
      {
        const std::lock_guard lock(mutex);
        if (next == count || !first.ok()) return;
        mine = next++;
      }
      const absl::Status status = task(mine);
      const std::lock_guard lock(mutex);
      if (first.ok()) first = status;
    }
  };
  {
    std::vector<std::jthread> workers;
    const size_t width = std::min(count, static_cast<size_t>(threads));
    for (size_t i = 0; i < width; ++i) workers.emplace_back(work);
  }
  return first;
}

}  // namespace nara::fleet
