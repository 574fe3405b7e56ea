// The tables of schema `broker` (docs/formats/history.md).
#pragma once

#include <span>

#include "common/postgres/migrate.h"

namespace nara::broker {

inline constexpr std::string_view kSchema = "broker";

std::span<const Migration> Migrations();

}  // namespace nara::broker
