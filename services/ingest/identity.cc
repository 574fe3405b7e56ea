#include "ingest/identity.h"

#include <openssl/sha.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace nara::ingest {

std::uint64_t Hash64(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::uint64_t hash = 0;
  for (int i = 0; i < 8; ++i) hash = hash << 8 | digest[i];
  return hash == 0 ? 1 : hash;
}

std::uint64_t RecordHash(const std::string& device, const nara::telemetry::v1::Record& record,
                         std::int64_t received_ms) {
  std::vector<std::string> values;
  for (const auto& value : record.values()) {
    values.push_back(
        absl::StrCat(value.component(), "=", value.has_code() ? value.code() : value.decimal(), " ", value.ucum()));
  }
  std::ranges::sort(values);
  const std::string time = record.has_at() ? absl::StrCat(record.at().seconds(), ".", record.at().nanos())
                                           : absl::StrCat("received ", received_ms);
  return Hash64(absl::StrCat(device, "\n", record.kind(), "\n", time, "\n", record.episode(), "\n", record.person(),
                             "\n", record.test() ? "test" : "", "\n", absl::StrJoin(values, "\n")));
}

std::uint64_t ContentDigest(const nara::telemetry::v1::Record& record) {
  const std::string bytes = record.SerializeAsString();
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

std::string EventId(const std::string& device, Lane lane, std::uint64_t epoch, std::uint64_t seq) {
  return absl::StrCat(device, "/", std::string(1, LaneLetter(lane)), "/", absl::StrFormat("%016x", epoch), "/", seq);
}

}  // namespace nara::ingest
