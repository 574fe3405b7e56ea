#include "device_registry/privacy/schema.h"

namespace nara::registry {

const std::string_view kPrivacySchema = R"sql(
-- Names of actions, of docs/formats/access.md; none: all that the role may.
alter table clients add column scopes text[] not null default '{}';
)sql";

}  // namespace nara::registry
