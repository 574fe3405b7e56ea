#include "common/app/process.h"
#include "device_registry/app.h"

int main(int argc, char** argv) {
  return nara::app::RunProcess(argc, argv,
                               {.name = "nara-device-registry",
                                .summary = "Devices, residents, who answers for them, alarm chains and rights.",
                                .make = nara::registry::MakeApp});
}
