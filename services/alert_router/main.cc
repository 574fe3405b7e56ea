#include "alert_router/app.h"
#include "common/app/process.h"

int main(int argc, char** argv) {
  return nara::app::RunProcess(argc, argv,
                               {.name = "nara-alert-router",
                                .summary = "Carries alarms along their chain to somebody who accepts them.",
                                .make = nara::alert::MakeApp});
}
