// The tables of the area, as migrations.
#pragma once

#include <string_view>

namespace nara::registry {

extern const std::string_view kIdentitySchema;
extern const std::string_view kCertificatesOfBefore;

}  // namespace nara::registry
