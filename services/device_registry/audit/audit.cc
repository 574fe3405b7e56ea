#include "device_registry/audit/audit.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/page.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

// What is written of these is what the action shows.
constexpr std::pair<std::string_view, Action> kSecret[] = {
    {"plan", Action::kPlan}, {"consent", Action::kConsent}, {"block", Action::kBlock}};

// What every question has: what the caller may see, which page, which time.
struct Asked {
  Visible visible;
  Page page;
  Span span;
};

template <typename Request>
absl::StatusOr<Span> SpanOf(const Request& request) {
  if (request.has_since()) {
    if (absl::Status status = ValidateTime("since", request.since()); !status.ok()) return status;
  }
  if (request.has_until()) {
    if (absl::Status status = ValidateTime("until", request.until()); !status.ok()) return status;
  }
  Span span;
  if (request.has_since()) span.since = ToChrono(request.since());
  if (request.has_until()) span.until = ToChrono(request.until());
  if (span.since && span.until && *span.since >= *span.until) return Invalid("until", "is after since");
  return span;
}

template <typename Request>
absl::StatusOr<Asked> AskedOf(const Rights& rights, const Caller& caller, const Request& request) {
  const absl::StatusOr<Visible> visible = rights.Reach(caller, Action::kReadAudit);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  const absl::StatusOr<Span> span = SpanOf(request);
  if (!span.ok()) return span.status();
  return Asked{*visible, *page, *span};
}

absl::Status ForeignToken() {
  return rpc::Error(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN",
                    "page_token is not one that this query gave; ask for the first page again");
}

// "12-0"
absl::StatusOr<std::optional<ChangePlace>> PlaceOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(text, '-');
  ChangePlace place;
  const bool good =
      parts.size() == 2 && absl::SimpleAtoi(parts[0], &place.revision) && absl::SimpleAtoi(parts[1], &place.ordinal);
  if (!good) return ForeignToken();
  return place;
}

absl::StatusOr<std::optional<std::int64_t>> NumberOf(const std::string& text) {
  std::int64_t number = 0;
  if (text.empty()) return std::nullopt;
  if (!absl::SimpleAtoi(text, &number)) return ForeignToken();
  return number;
}

std::string TextOf(const v1::Change& change) {
  return absl::StrCat(change.revision(), "-", change.ordinal());
}
std::string TextOf(const v1::IdentityRead& read) {
  return absl::StrCat(read.number());
}

// The token of the next page, when there is one.
template <typename Entry>
std::string Cut(std::vector<Entry>& entries, const Page& page) {
  if (entries.size() <= static_cast<std::size_t>(page.size)) return "";
  entries.resize(static_cast<std::size_t>(page.size));
  return TokenAfter(page, TextOf(entries.back()));
}

void Withhold(v1::Change& change) {
  change.clear_before();
  change.clear_after();
  change.set_withheld(true);
}

}  // namespace

bool Audit::MaySee(const Caller& caller, const std::string& object) const {
  for (const auto& [secret, action] : kSecret) {
    if (object == secret) return rights_.Reach(caller, action).ok();
  }
  return true;
}

absl::StatusOr<v1::ListChangesResponse> Audit::ListChanges(const Caller& caller,
                                                           const v1::ListChangesRequest& request) {
  const absl::StatusOr<Asked> asked = AskedOf(rights_, caller, request);
  if (!asked.ok()) return asked.status();
  const auto place = PlaceOf(asked->page.after);
  if (!place.ok()) return place.status();
  if (request.object().empty() && !request.id().empty()) return Invalid("object", "says what `id` is the id of");
  auto changes = deps_.store.ListChanges({.visible = asked->visible,
                                          .object = request.object(),
                                          .id = request.id(),
                                          .actor = request.actor(),
                                          .principal = request.principal(),
                                          .span = asked->span,
                                          .before = *place,
                                          .limit = asked->page.limit()});
  if (!changes.ok()) return changes.status();
  v1::ListChangesResponse response;
  response.set_next_page_token(Cut(*changes, asked->page));
  for (v1::Change& change : *changes) {
    if (!MaySee(caller, change.object())) Withhold(change);
    *response.add_changes() = std::move(change);
  }
  return response;
}

absl::StatusOr<v1::ListIdentityReadsResponse> Audit::ListIdentityReads(const Caller& caller,
                                                                       const v1::ListIdentityReadsRequest& request) {
  const absl::StatusOr<Asked> asked = AskedOf(rights_, caller, request);
  if (!asked.ok()) return asked.status();
  const auto number = NumberOf(asked->page.after);
  if (!number.ok()) return number.status();
  auto reads = deps_.store.ListReads({.visible = asked->visible,
                                      .resident = request.resident(),
                                      .actor = request.actor(),
                                      .span = asked->span,
                                      .before = *number,
                                      .limit = asked->page.limit()});
  if (!reads.ok()) return reads.status();
  v1::ListIdentityReadsResponse response;
  response.set_next_page_token(Cut(*reads, asked->page));
  for (v1::IdentityRead& read : *reads) *response.add_reads() = std::move(read);
  return response;
}

}  // namespace nara::registry
