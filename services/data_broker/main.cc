#include "common/app/process.h"
#include "data_broker/app.h"

int main(int argc, char** argv) {
  return nara::app::RunProcess(
      argc, argv,
      {.name = "nara-data-broker",
       .summary = "Delivers care data, live and from history, to the units that answer for them.",
       .make = nara::broker::MakeApp});
}
