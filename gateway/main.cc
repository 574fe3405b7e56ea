#include "common/app/process.h"
#include "gateway/app.h"

int main(int argc, char** argv) {
  return nara::app::RunProcess(
      argc, argv,
      {.name = "nara-gateway", .summary = "HTTP, live events and the web app", .make = nara::gateway::MakeApp});
}
