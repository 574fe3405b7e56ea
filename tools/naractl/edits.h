// Options of commands that change what is stored: what is not named stays as it is.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"

namespace nara::naractl {

// What the options that were named do to the stored message.
template <typename Message>
using Edits = std::vector<std::function<absl::Status(Message&)>>;

// An option whose value `edit(value, message)` puts into the message; it returns an
// absl::Status or nothing. An empty text is a value: it empties the field. `edits`
// outlives the parsing.
template <typename Value, typename Message, typename Edit>
void AddEdit(CLI::App& command, const std::string& name, const std::string& what, Edits<Message>& edits, Edit edit) {
  command.add_option_function<Value>(
      name,
      [&edits, edit](const Value& value) {
        edits.push_back([value, edit](Message& message) -> absl::Status {
          if constexpr (std::is_void_v<std::invoke_result_t<Edit, const Value&, Message&>>) {
            edit(value, message);
            return absl::OkStatus();
          } else {
            return edit(value, message);
          }
        });
      },
      what);
}

// The first edit that cannot be done ends it.
template <typename Message>
absl::Status Apply(const Edits<Message>& edits, Message& message) {
  for (const auto& edit : edits) {
    if (absl::Status status = edit(message); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace nara::naractl
