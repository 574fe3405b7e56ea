#include "device_registry/testing/county.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "common/postgres/connection.h"
#include "common/time/swedish_calendar.h"

namespace nara::registry::testing {
namespace {

[[noreturn]] void Fail(const absl::Status& status) {
  std::fprintf(stderr, "the county could not be set up: %s\n", std::string(status.message()).c_str());
  std::abort();
}

void Must(const absl::Status& status) {
  if (!status.ok()) Fail(status);
}

PostgresOptions Options(const std::string& user, nara::testing::PostgresServer& server) {
  PostgresOptions options;
  options.conninfo = server.conninfo(user);
  options.schema = "registry";
  options.application_name = "test";
  return options;
}

v1::Client ClientOf(const std::string& id, const std::string& role, const std::string& principal,
                    const std::vector<std::string>& units = {}) {
  v1::Client client;
  client.set_id(id);
  client.set_role(role);
  client.set_principal(principal);
  for (const std::string& unit : units) client.add_units(unit);
  return client;
}

v1::Unit UnitOf(const std::string& id, const std::string& principal) {
  v1::Unit unit;
  unit.set_id(id);
  unit.set_principal(principal);
  unit.set_provider("provider of " + principal);
  unit.set_name("Enheten " + id);
  unit.add_regimes(v1::REGIME_HSL);
  return unit;
}

v1::Provider ProviderOf(const std::string& principal) {
  v1::Provider provider;
  provider.set_id("provider of " + principal);
  provider.add_principals(principal);
  provider.set_name("Vårdgivaren " + principal);
  provider.set_activity(v1::PROVIDER_ACTIVITY_HEALTH_CARE);
  provider.set_ownership(v1::OWNERSHIP_PUBLIC);
  return provider;
}

// The store is asked past the rules.
template <typename Message>
absl::Status Anything(const Message& /*before*/) {
  return absl::OkStatus();
}

v1::Device DeviceOf(const std::string& id, const std::string& product, const std::string& owner) {
  v1::Device device;
  device.set_id(id);
  device.set_product(product);
  device.set_owner(owner);
  device.set_fallback_unit(owner == "14" ? "tech-14" : "alarm-1480");
  device.set_serial("SN " + id);
  return device;
}

}  // namespace

google::protobuf::Timestamp At(std::int64_t seconds) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  return time;
}

nara::testing::PostgresServer& County::Server() {
  static const std::unique_ptr<nara::testing::PostgresServer> server = [] {
    auto started = nara::testing::PostgresServer::Start();
    Must(started.status());
    Must((*started)->CreateOwner("nara_registry", "registry"));
    return *std::move(started);
  }();
  return *server;
}

IdentityKeys KeysOf(const std::vector<std::string>& ids) {
  std::string text = "search:" + std::string(64, '5') + "\n";
  for (const std::string& id : ids) text += id + ":" + TokenHash(id) + "\n";
  return IdentityKeys::Parse(text).value();
}

County::County()
    : server_(Server()),
      catalogue_(Catalogue::Load(NARA_CATALOGUE).value()),
      cost_rules_(CostRules::Load(NARA_CATALOGUE "/cost_rules.yaml").value()),
      keys_(KeysOf({"k1"})) {
  Must(server_.Run("drop schema registry cascade; create schema registry authorization nara_registry"));
  changes_ = std::make_unique<PostgresChanges>(Options("nara_registry", server_));
  ChangeFollower::Options options;
  options.heartbeat = std::chrono::milliseconds(50);
  follower_ = std::make_unique<ChangeFollower>(*changes_, feeds_, options);
  database_ = std::make_unique<Database>(Options("nara_registry", server_), 4, [this] { follower_->Wake(); });
  store_ = std::make_unique<PostgresStore>(*database_);
  Must(database_->Prepare());
  organisation_store_ = std::make_unique<PostgresOrganisation>(*database_, keys_);
  resident_store_ = std::make_unique<PostgresResidents>(*database_, keys_);
  Must(store_->Prepare(catalogue_));
  Must(organisation_store_->Prepare(catalogue_));
  Must(resident_store_->Prepare());
  Must(follower_->Start());
  authorizer_ = std::make_unique<Authorizer>(feeds_.access.table());
  rights_ = std::make_unique<Rights>(*authorizer_);
  static std::atomic<int> next_id = 0;
  const auto new_id = [] { return "new-" + std::to_string(++next_id); };
  registry_.reset(new Registry(
      {.store = *store_,
       .credentials = credentials_,
       .catalogue = catalogue_,
       .authorizer = *authorizer_,
       .clock = clock_,
       .in_force = [this](std::uint64_t revision) { return follower_->WaitFor(revision, std::chrono::seconds(10)); },
       .new_id = new_id}));
  organisation_.reset(new Organisation(
      {.store = *organisation_store_, .catalogue = catalogue_, .authorizer = *authorizer_, .new_id = new_id}));
  residents_.reset(new Residents({.store = *resident_store_,
                                  .keys = keys_,
                                  .catalogue = catalogue_,
                                  .authorizer = *authorizer_,
                                  .clock = clock_,
                                  .new_id = new_id}));
  assignment_store_ = std::make_unique<PostgresAssignments>(*database_);
  assignments_.reset(new Assignments(
      {.store = *assignment_store_, .registry = *store_, .rights = *rights_, .clock = clock_, .new_id = new_id}));
  hand_over_store_ = std::make_unique<PostgresHandOvers>(*database_);
  hand_overs_.reset(new HandOvers({.store = *hand_over_store_,
                                   .assignments = *assignment_store_,
                                   .registry = *store_,
                                   .rights = *rights_,
                                   .new_id = new_id}));
  cost_store_ = std::make_unique<PostgresCosts>(*database_, keys_);
  costs_.reset(new Costs({.store = *cost_store_,
                          .assignments = *assignment_store_,
                          .registry = *store_,
                          .rights = *rights_,
                          .catalogue = catalogue_,
                          .rules = cost_rules_,
                          .clock = clock_,
                          .new_id = new_id}));
  moves_ = std::make_unique<PostgresLifeCycle>(*database_);
  life_cycle_.reset(new LifeCycle({.store = *store_,
                                   .moves = *moves_,
                                   .catalogue = catalogue_,
                                   .authorizer = *authorizer_,
                                   .clock = clock_,
                                   .new_id = new_id}));
  choices_ = std::make_unique<PostgresAssortment>(*database_);
  assortment_.reset(new Assortment({.choices = *choices_, .catalogue = catalogue_, .authorizer = *authorizer_}));
  imports_ = std::make_unique<PostgresImport>(*database_);
  portal_import_.reset(new PortalImport({.store = *store_,
                                         .imports = *imports_,
                                         .choices = *choices_,
                                         .catalogue = catalogue_,
                                         .authorizer = *authorizer_,
                                         .clock = clock_}));
  identity_store_ = std::make_unique<PostgresIdentityStore>(*database_);
  identity_ =
      std::make_unique<Identity>(Identity::Deps{.devices = *store_,
                                                .store = *identity_store_,
                                                .credentials = credentials_,
                                                .authorizer = *authorizer_,
                                                .lock_out = [](std::uint64_t) { return true; },
                                                .new_id = [] { return "enrolment-" + std::to_string(++next_id); },
                                                .new_code = NewCode});
  chain_store_ = std::make_unique<PostgresChainStore>(*database_);
  plan_store_ = std::make_unique<PostgresPlanStore>(*database_);
  chains_.reset(new Chains({.chains = *chain_store_,
                            .store = *store_,
                            .organisation = *organisation_store_,
                            .catalogue = catalogue_,
                            .authorizer = *authorizer_,
                            .clock = clock_,
                            .zone = SwedishCalendar::Zone()}));
  plans_.reset(
      new Plans({.registry = *store_, .plans = *plan_store_, .catalogue = catalogue_, .authorizer = *authorizer_}));
  privacy_store_ = std::make_unique<PostgresPrivacyStore>(*database_);
  privacy_.reset(new Privacy(
      {.registry = *store_, .store = *privacy_store_, .authorizer = *authorizer_, .leases = leases_, .shown = [this] {
         return feeds_.access.table().revision();
       }}));
}

County::~County() {
  follower_->Stop();
}

Caller County::As(const std::string& who) const {
  const std::string id = who == "admin" || who == "ingest" ? "nara-" + who : who;
  const absl::StatusOr<Caller> caller = authorizer_->Resolve(id);
  if (!caller.ok()) Fail(caller.status());
  return *caller;
}

bool County::CatchUp() {
  const auto revision = static_cast<std::uint64_t>(std::stoll(Ask("select value from registry.revision")));
  return follower_->WaitFor(revision, std::chrono::seconds(10));
}

void County::Fill() {
  for (const std::string principal : {"1480", "1490", "14"}) {
    Must(organisation_store_->PutProvider({.id = "test"}, ProviderOf(principal), Anything<v1::Provider>).status());
  }
  for (const auto& [id, principal] : std::vector<std::pair<std::string, std::string>>{{"care-1480-1", "1480"},
                                                                                      {"care-1480-2", "1480"},
                                                                                      {"alarm-1480", "1480"},
                                                                                      {"care-1490-1", "1490"},
                                                                                      {"tech-14", "14"}}) {
    Must(organisation_store_->PutUnit({.id = "test"}, UnitOf(id, principal), Anything<v1::Unit>).status());
  }
  for (const v1::Client& client :
       {ClientOf("chef-1480", "principal_admin", "1480"), ClientOf("chef-1490", "principal_admin", "1490"),
        ClientOf("hmc", "supplier", "14"), ClientOf("watch", "operator", ""),
        ClientOf("care", "care_unit", "1480", {"care-1480-1"}), ClientOf("centre-1480", "alarm_centre", "1480"),
        ClientOf("centre-1490", "alarm_centre", "1490"), ClientOf("county-fallback", "alarm_centre", "")}) {
    Must(store_->PutClient({.id = "test"}, client).status());
  }
  Must(store_
           ->RegisterDevices({.id = "test"},
                             {DeviceOf("bp-0001", "bp-meter", "14"), DeviceOf("disp-0001", "evondos", "1480")})
           .status());
  for (const auto& [id, principal] :
       std::vector<std::pair<std::string, std::string>>{{"r-1", "1480"}, {"r-2", "1480"}, {"r-9", "1490"}}) {
    Must(store_->CreateResident({.id = "test"}, id, principal));
  }
  if (!CatchUp()) Fail(absl::DeadlineExceededError("the watches do not catch up"));
}

absl::StatusOr<v1::Assignment> County::Assign(const std::string& id, const std::string& device,
                                              const std::string& resident, std::int64_t start, bool end_running) {
  v1::AssignDeviceRequest request;
  request.set_assignment(id);
  request.set_device(device);
  request.set_resident(resident);
  if (start != 0) *request.mutable_start_at() = At(start);
  request.set_regime(v1::REGIME_HSL);
  request.set_care_unit("care-1480-1");
  request.set_alarm_unit("alarm-1480");
  request.set_end_running(end_running);
  const auto response = assignments_->AssignDevice(As("admin"), request);
  if (!response.ok()) return response.status();
  return response->assignment();
}

std::string County::Ask(const std::string& sql) {
  auto connection = PostgresConnection::Connect(Options("postgres", server_));
  Must(connection.status());
  const absl::StatusOr<Result> result = (*connection)->Execute(sql);
  Must(result.status());
  return result->empty() ? "" : std::string((*result)[0].Text(0));
}

std::string County::Try(const std::string& script) {
  auto connection = PostgresConnection::Connect(Options("postgres", server_));
  Must(connection.status());
  return std::string((*connection)->Run(script).message());
}

}  // namespace nara::registry::testing
