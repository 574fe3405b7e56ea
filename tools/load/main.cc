// nara-load: what an MQTT server takes, and Nära behind it. Prints one JSON object.
#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>

#include "tools/load/publisher.h"
#include "tools/load/subscriber.h"
#include "tools/platform/percentiles.h"

namespace nara::load {
namespace {

const std::map<std::string, Form> kForms = {
    {"bytes", Form::kBytes}, {"protobuf", Form::kProtobuf}, {"json", Form::kJson}};

struct PublishArguments {
  PublisherOptions options;
  std::string senders;  // file
  std::string ack = "receipt";
  double warm_up = 2;
  double seconds = 10;
};

int Fail(const absl::Status& status) {
  std::cerr << "nara-load: " << status.message() << "\n";
  return 1;
}

// Lines of id and password.
std::vector<Sender> ReadSenders(const std::string& path) {
  std::vector<Sender> senders;
  std::ifstream file(path);
  for (Sender sender; file >> sender.id >> sender.password;) senders.push_back(sender);
  return senders;
}

boost::json::object JsonOf(const PublisherReport& report) {
  const tools::Percentiles percentiles = tools::PercentilesOf(report.times);
  return {{"messages", report.messages},
          {"records", report.records},
          {"seconds", report.seconds},
          {"records_per_second", static_cast<double>(report.records) / report.seconds},
          {"sent", report.sent},
          {"refused", report.refused},
          {"unfinished", report.unfinished},
          {"p50_ms", percentiles.p50_ms},
          {"p99_ms", percentiles.p99_ms}};
}

int RunPublisher(PublishArguments arguments) {
  PublisherOptions& options = arguments.options;
  options.senders = ReadSenders(arguments.senders);
  if (options.senders.empty()) return Fail(absl::InvalidArgumentError(arguments.senders + " names no sender"));
  options.receipts = arguments.ack == "receipt";
  options.warm_up = absl::Seconds(arguments.warm_up);
  options.time = absl::Seconds(arguments.seconds);
  // Twice the same epoch would be the same records.
  options.payload.epoch = std::random_device{}() | 1U;
  absl::StatusOr<PublisherReport> report = Publisher(std::move(options)).Run();
  if (!report.ok()) return Fail(report.status());
  std::cout << boost::json::serialize(JsonOf(*report)) << std::endl;
  return 0;
}

int RunSubscriber(const SubscriberOptions& options) {
  const absl::StatusOr<SubscriberReport> report = Subscribe(options);
  if (!report.ok()) return Fail(report.status());
  const boost::json::object found{{"messages", report->messages},
                                  {"seconds", absl::ToDoubleSeconds(report->last - report->first)}};
  std::cout << boost::json::serialize(found) << std::endl;
  return 0;
}

void AddEndpoint(CLI::App& command, Endpoint& endpoint) {
  command.add_option("--host", endpoint.host, "IPv4 address")->capture_default_str();
  command.add_option("--port", endpoint.port, "of the listener")->required();
  command.add_option("--ca", endpoint.ca, "CA, PEM; without it without TLS");
  command.add_option("--cert", endpoint.cert, "certificate of the client, PEM");
  command.add_option("--key", endpoint.key, "its key, PEM");
}

void AddPublishCommand(CLI::App& app, int& code) {
  const auto arguments = std::make_shared<PublishArguments>();
  CLI::App& command = *app.add_subcommand("publish", "Publishes with QoS 1 from many clients.");
  AddEndpoint(command, arguments->options.endpoint);
  command.add_option("--senders", arguments->senders, "file with lines of client id and password")->required();
  command.add_option("--form", arguments->options.payload.form, "bytes, protobuf or json")
      ->transform(CLI::CheckedTransformer(kForms));
  command.add_option("--bytes", arguments->options.payload.bytes, "of each message, with --form bytes")
      ->capture_default_str();
  command.add_option("--records", arguments->options.payload.records, "in a message")->capture_default_str();
  command.add_option("--kind", arguments->options.payload.kind, "of each record")->capture_default_str();
  command.add_option("--episode", arguments->options.payload.episode, "beginning of the episodes of an alarm kind");
  command.add_flag("--alarm", arguments->options.alarm, "on the alarm topic");
  command.add_option("--ack", arguments->ack, "what ends a message: receipt or puback")
      ->check(CLI::IsMember({"receipt", "puback"}));
  command.add_option("--window", arguments->options.window, "messages of a client under way")->capture_default_str();
  command.add_option("--rate", arguments->options.rate, "messages a second in all; 0 for as many as go")
      ->capture_default_str();
  command.add_option("--warm-up", arguments->warm_up, "seconds that do not count")->capture_default_str();
  command.add_option("--seconds", arguments->seconds, "that count")->capture_default_str();
  command.callback([arguments, &code] { code = RunPublisher(*arguments); });
}

void AddSubscribeCommand(CLI::App& app, int& code) {
  const auto options = std::make_shared<SubscriberOptions>();
  CLI::App& command = *app.add_subcommand("subscribe", "Takes what its filters give, and counts it.");
  AddEndpoint(command, options->endpoint);
  command.add_option("--client-id", options->client_id, "beginning of the MQTT client ids")->required();
  command.add_option("--filter", options->filters, "topic filter; each has a session")->required();
  command.callback([options, &code] { code = RunSubscriber(*options); });
}

}  // namespace
}  // namespace nara::load

int main(int argc, char** argv) {
  CLI::App app("Loads an MQTT server, and measures.", "nara-load");
  app.require_subcommand(1);
  int code = 0;
  nara::load::AddPublishCommand(app, code);
  nara::load::AddSubscribeCommand(app, code);
  CLI11_PARSE(app, argc, argv);
  return code;
}
