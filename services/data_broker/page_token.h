// Page tokens of ListObservations: where a page ended, sealed for the caller and for
// the very query, so that a token of another query is refused.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "data_broker/ports.h"
#include "data_broker/seal.h"

namespace nara::broker {

std::string MakePageToken(const Seal& seal, std::string_view caller, const v1::ListObservationsRequest& request,
                          const ListKey& end);

// InvalidArgument for whatever MakePageToken did not make for this caller and query;
// the page size may differ.
absl::StatusOr<ListKey> ReadPageToken(const Seal& seal, std::string_view caller,
                                      const v1::ListObservationsRequest& request);

}  // namespace nara::broker
