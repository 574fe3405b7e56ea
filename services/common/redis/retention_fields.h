#pragma once

#include <string>
#include <string_view>

#include "common/redis/keys.h"

namespace nara {

// Fields of the hash of a shard's consumers: "<consumer>/<log>" holds a committed
// position, "trimmed:<log>" the position before which entries may have been removed.
inline std::string ConsumerField(std::string_view consumer, Log log) {
  return std::string(consumer).append("/").append(LogName(log));
}
inline std::string TrimmedField(Log log) {
  return std::string("trimmed:").append(LogName(log));
}

}  // namespace nara
