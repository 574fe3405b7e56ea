#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nara::app {

// The wired whole of a process. Built by a factory that only constructs; whatever runs, runs between Start and Stop.
class App {
 public:
  virtual ~App() = default;

  // Once. On an error everything that was started has been stopped again.
  virtual absl::Status Start() = 0;

  // Any number of times, also after a failed Start. Must come back within the stop deadline of RunProcess.
  virtual void Stop() = 0;
};

// An App from parts that are started in the order they were added and stopped in reverse. Not for several threads.
//
//   parts.Add("inbox", [&] { return inbox_->Start(); }, [&] { inbox_->Stop(); });
class Parts final : public App {
 public:
  using StartFunction = std::function<absl::Status()>;
  using StopFunction = std::function<void()>;

  // Stops what still runs.
  ~Parts() override;

  void Add(std::string name, StartFunction start, StopFunction stop = {});
  // A part whose start cannot fail.
  template <typename Start>
    requires std::is_void_v<std::invoke_result_t<Start>>
  void Add(std::string name, Start start, StopFunction stop = {}) {
    const StartFunction succeeds = [start] {
      start();
      return absl::OkStatus();
    };
    Add(std::move(name), succeeds, std::move(stop));
  }

  // The error is the part's, with its name in front.
  absl::Status Start() override;
  void Stop() override;

 private:
  struct Part {
    std::string name;
    StartFunction start;
    StopFunction stop;
  };
  std::vector<Part> parts_;
  std::size_t started_ = 0;
};

}  // namespace nara::app
