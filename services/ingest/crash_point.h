// Named places at which a fault test ends the process by SIGKILL.
//
// NARA_CRASH_AT="after_append" ends it when the place is passed for the first time, "after_append:100" for the
// hundredth. Places: after_inbox (a frame is kept, not acknowledged), after_append (records are in the log, no receipt
// was sent), before_release (receipts are on their way, the inbox still holds the frames), presence_saved (changes of
// presence are stored, not told), presence_appended (they are told, and stored as untold). Not set: costs one branch.
#pragma once

#include <string_view>

namespace nara::ingest {

void CrashPoint(std::string_view place);

}  // namespace nara::ingest
