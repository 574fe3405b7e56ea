// Blocks, and who obeys them.
#include <utility>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/page.h"
#include "device_registry/periods.h"
#include "device_registry/privacy/forms.h"
#include "device_registry/privacy/privacy.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

// In the form in which it is stored; what only we say is left out.
v1::Block Wished(v1::Block block) {
  block.clear_lifted_at();
  block.clear_lifted_reason();
  if (block.has_start_at()) CutTime(*block.mutable_start_at());
  if (block.has_end_at()) CutTime(*block.mutable_end_at());
  return block;
}

absl::Status StaysOf(const v1::Block& before, const v1::Block& wished) {
  const bool same = before.resident() == wished.resident() && before.provider() == wished.provider() &&
                    before.unit() == wished.unit();
  if (!same) return Differs("block", wished.id());
  if (!before.has_lifted_at()) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "BLOCK_LIFTED",
                    "the block was lifted; set a new one under another id", {{"block", wished.id()}});
}

}  // namespace

absl::Status Privacy::CheckBlocked(const Caller& caller, const v1::Block& block) {
  const absl::StatusOr<std::vector<v1::Unit>> units = deps_.store.UnitsOf(block.provider(), block.unit());
  if (!units.ok()) return units.status();
  std::vector<Object> faces = {Object{}};
  for (const v1::Unit& unit : *units) {
    if (block.unit().empty() || unit.id() == block.unit()) faces.push_back(OfUnit(unit));
  }
  const bool whole = block.unit().empty();
  return rights_.CheckAny(caller, Action::kBlock, faces, whole ? "provider" : "unit",
                          whole ? block.provider() : block.unit());
}

absl::StatusOr<v1::SetBlockResponse> Privacy::SetBlock(const Caller& caller, const v1::SetBlockRequest& request) {
  const v1::Block wished = Wished(request.block());
  absl::Status status = CheckResident(caller, Action::kBlock, wished.resident(), When::kEver);
  if (status.ok()) status = Validate(wished);
  if (status.ok()) status = CheckBlocked(caller, wished);
  if (!status.ok()) return status;
  const auto guard = [&](const v1::Block& before) { return StaysOf(before, wished); };
  absl::StatusOr<v1::Block> stored = deps_.store.PutBlock(ActorOf(caller), wished, guard);
  if (!stored.ok()) return stored.status();
  v1::SetBlockResponse response;
  *response.mutable_in_force() = deps_.leases.WaitFor(stored->revision());
  *response.mutable_block() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::Block> Privacy::FindBlock(const Caller& caller, const std::string& id) {
  absl::StatusOr<std::optional<v1::Block>> found = deps_.store.FindBlock(id);
  if (!found.ok()) return found.status();
  const v1::Block block = found->value_or(v1::Block());
  absl::Status status = CheckResident(caller, Action::kBlock, block.resident(), When::kEver);
  if (status.ok()) status = CheckBlocked(caller, block);
  if (absl::IsNotFound(status) || (status.ok() && !found->has_value())) return NotThere("block", id);
  if (!status.ok()) return status;
  return block;
}

absl::StatusOr<v1::LiftBlockResponse> Privacy::LiftBlock(const Caller& caller, const v1::LiftBlockRequest& request) {
  if (absl::Status status = ValidateReason(request.reason()); !status.ok()) return status;
  const absl::StatusOr<v1::Block> found = FindBlock(caller, request.block());
  if (!found.ok()) return found.status();
  absl::StatusOr<v1::Block> stored = deps_.store.LiftBlock(ActorOf(caller), request.block(), request.reason());
  if (!stored.ok()) return stored.status();
  v1::LiftBlockResponse response;
  *response.mutable_block() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListBlocksResponse> Privacy::ListBlocks(const Caller& caller, const v1::ListBlocksRequest& request) {
  absl::Status status = CheckResident(caller, Action::kBlock, request.resident(), When::kEver);
  if (!status.ok()) return status;
  const absl::StatusOr<Visible> visible = rights_.Reach(caller, Action::kBlock);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto blocks =
      deps_.store.ListBlocks(*visible, {.resident = request.resident(), .after = page->after, .limit = page->limit()});
  if (!blocks.ok()) return blocks.status();
  v1::ListBlocksResponse response;
  response.set_next_page_token(CutPage(*blocks, *page));
  for (v1::Block& block : *blocks) *response.add_blocks() = std::move(block);
  return response;
}

absl::StatusOr<v1::ConfirmAccessResponse> Privacy::ConfirmAccess(const Caller& caller,
                                                                 const v1::ConfirmAccessRequest& request) {
  absl::Status status = rights_.Check(caller, Action::kWatchRegistry, {}, "watch", "");
  if (status.ok()) status = ValidateOpaqueId("consumer", request.consumer());
  // What is vouched for is what PostgreSQL says.
  if (status.ok() && !deps_.authorizer.fresh()) {
    status = Refusal({.answer = Decision::Answer::kWait, .reason = {}}, "watch", "");
  }
  if (status.ok()) {
    status = deps_.leases.Confirm(caller.id + "/" + request.consumer(), request.revision(), deps_.shown());
  }
  if (!status.ok()) return status;
  return v1::ConfirmAccessResponse();
}

}  // namespace nara::registry
