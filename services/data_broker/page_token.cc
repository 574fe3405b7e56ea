#include "data_broker/page_token.h"

#include <bit>

#include "data_broker/varint.h"

namespace nara::broker {
namespace {

std::string UseOf(v1::ListObservationsRequest request) {
  request.clear_page_size();
  request.clear_page_token();
  return "page " + request.SerializeAsString();
}

}  // namespace

std::string MakePageToken(const Seal& seal, std::string_view caller, const v1::ListObservationsRequest& request,
                          const ListKey& end) {
  std::string bytes;
  PutVarint(bytes, std::bit_cast<std::uint64_t>(end.effective_us));
  bytes += end.id;
  return seal.Close(UseOf(request), caller, bytes);
}

absl::StatusOr<ListKey> ReadPageToken(const Seal& seal, std::string_view caller,
                                      const v1::ListObservationsRequest& request) {
  const auto bytes = seal.Open(UseOf(request), caller, request.page_token());
  if (!bytes.ok()) return bytes.status();
  std::string_view rest = *bytes;
  std::uint64_t effective_us = 0;
  if (!TakeVarint(rest, effective_us)) return absl::InvalidArgumentError("damaged");
  return ListKey{std::bit_cast<std::int64_t>(effective_us), std::string(rest)};
}

}  // namespace nara::broker
