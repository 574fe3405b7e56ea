#include "device_registry/page.h"

#include <memory>

#include "common/hash/sha256.h"
#include "common/rpc/error.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

constexpr std::size_t kMaxToken = 256;
constexpr std::size_t kHash = 16;

const google::protobuf::FieldDescriptor* Field(const google::protobuf::Message& request, const char* name) {
  return request.GetDescriptor()->FindFieldByName(name);
}

std::string HashOf(const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> query(request.New());
  query->CopyFrom(request);
  query->GetReflection()->ClearField(query.get(), Field(request, "page_size"));
  query->GetReflection()->ClearField(query.get(), Field(request, "page_token"));
  return Sha256Hex(request.GetDescriptor()->full_name() + query->SerializeAsString()).substr(0, kHash);
}

absl::Status ForeignToken() {
  return rpc::Error(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN",
                    "page_token is not one that this query gave; ask for the first page again");
}

}  // namespace

absl::StatusOr<Page> PageOf(const google::protobuf::Message& request) {
  const google::protobuf::Reflection& reflection = *request.GetReflection();
  const absl::StatusOr<int> size = PageSize(reflection.GetInt32(request, Field(request, "page_size")));
  if (!size.ok()) return size.status();
  Page page{.query = HashOf(request), .after = {}, .size = *size};
  const std::string token = reflection.GetString(request, Field(request, "page_token"));
  if (token.empty()) return page;
  if (token.size() > kMaxToken || !token.starts_with(page.query + ".")) return ForeignToken();
  page.after = token.substr(kHash + 1);
  return page;
}

std::string TokenAfter(const Page& page, const std::string& last_id) {
  return page.query + "." + last_id;
}

}  // namespace nara::registry
