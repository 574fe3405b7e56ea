#include "common/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "absl/time/clock.h"
#include "common/log/json_line.h"

namespace nara::log {
namespace {

std::shared_ptr<spdlog::logger> StderrLogger() {
  auto logger = std::make_shared<spdlog::logger>("nara", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  return logger;
}

// Never destroyed: threads may log while the process ends.
struct State {
  std::atomic<Level> level = Level::kInfo;
  std::mutex mutex;
  std::string instance;                                     // guarded by mutex
  std::shared_ptr<spdlog::logger> logger = StderrLogger();  // guarded by mutex
  std::function<void(std::string_view)> redirected;         // guarded by mutex
};

State& TheState() {
  static State* const state = new State;
  return *state;
}

void Write(Level level, std::string_view component, std::string_view message, Fields fields) {
  if (!Enabled(level)) return;
  State& state = TheState();
  const std::lock_guard lock(state.mutex);
  const std::string line = JsonLine(absl::Now(), level, state.instance, component, message, fields);
  if (state.redirected) return state.redirected(line);
  state.logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void Configure(std::string_view instance, Level level) {
  State& state = TheState();
  const std::lock_guard lock(state.mutex);
  state.instance = instance;
  state.level = level;
}

bool Enabled(Level level) {
  return level >= TheState().level;
}

void Debug(std::string_view component, std::string_view message, Fields fields) {
  Write(Level::kDebug, component, message, fields);
}
void Info(std::string_view component, std::string_view message, Fields fields) {
  Write(Level::kInfo, component, message, fields);
}
void Warn(std::string_view component, std::string_view message, Fields fields) {
  Write(Level::kWarn, component, message, fields);
}
void Error(std::string_view component, std::string_view message, Fields fields) {
  Write(Level::kError, component, message, fields);
}

void Redirect(std::function<void(std::string_view)> sink) {
  State& state = TheState();
  const std::lock_guard lock(state.mutex);
  state.redirected = std::move(sink);
}

}  // namespace nara::log
