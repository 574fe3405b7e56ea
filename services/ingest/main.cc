#include "common/app/process.h"
#include "ingest/app.h"

int main(int argc, char** argv) {
  return nara::app::RunProcess(
      argc, argv,
      {.name = "nara-ingest",
       .summary = "Takes what devices send on one lane, makes it durable and answers with receipts.",
       .make = nara::ingest::MakeApp});
}
