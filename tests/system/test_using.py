"""What docs/using and docs/operating say, typed as it stands there."""

import os
import re
import subprocess

import pytest
from outside import Lines, eventually, reading, run, uplink
from private_servers import PRESET, ROOT

PAGE = (ROOT / "docs" / "using" / "naractl.md").read_text(encoding="utf-8")
DEMO_PAGE = (ROOT / "docs" / "using" / "demo.md").read_text(encoding="utf-8")
INSTALLED, COMMANDS, IDENTITIES = [
    block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]
PLAN, CONSENT, RECEIVER = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PROTOS = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "proto/nara/registry/v1").glob("*.proto")))
TABLE = "\n".join(re.split(r"(?<!\\)\|", line)[1] for line in PAGE.splitlines() if line.startswith("| `"))
CALL_SECONDS = 30  # naractl itself waits 20 for a connection


@pytest.fixture(scope="module", name="folder")
def _folder(county, tmp_path_factory):
    """A checkout as far as naractl looks: the running demo is in its .nara."""
    folder = tmp_path_factory.mktemp("using")
    (folder / ".nara").symlink_to(county.state)
    return folder


def environment():
    return {**os.environ, "PATH": f"{ROOT / 'build' / PRESET / 'bin'}:{os.environ['PATH']}"}


def typed(folder, command):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def test_from_a_new_device_to_its_first_measurement(outside, folder):
    *commands, tail = COMMANDS
    for command in commands:
        assert typed(folder, command).strip(), command
    assert tail == "naractl observation tail --device bp-kitchen"
    device = outside.ask("device", "provision", "bp-kitchen", "--out", str(folder / ".nara" / "devices"))[0]
    with Lines(["bash", "-c", f"cd {folder} && exec {tail}"], environment()) as seen:
        while not seen.seen:
            outside.send(device, uplink(reading(), ref="kitchen"))
        assert "systolic 138, diastolic 84, pulse 71" in seen.seen[0]


def test_the_administrator_of_an_installation_makes_a_client_and_its_token(county, folder):
    registry, pki = county.demo["grpc"]["registry"], county.state / "pki"
    for command in INSTALLED:
        assert "hmc" in command and "--pki /etc/nara/pki" in command
        here = command.replace("nara-device-registry:7101", registry).replace("/etc/nara/pki", str(pki))
        assert typed(folder, here.replace("hmc", "using-hmc")).strip()


def test_every_command_is_in_the_page_and_only_those(outside):
    naractl = outside.stack.binary("naractl")
    groups = subcommands(run([naractl, "--help"]).stdout)
    there = {f"{group} {name}" for group in groups for name in subcommands(run([naractl, group, "--help"]).stdout)}
    assert there == set(named_commands(groups))


def subcommands(text):
    return re.findall(r"^  ([a-z-]+) ", text.split("Subcommands:")[1], re.MULTILINE)


def named_commands(groups):
    """`alert accept`, `reject` in one cell are two commands of the same group."""
    group = None
    for text in re.findall(r"`([^`]+)`", TABLE):
        words = text.split()
        if words[0] in groups:
            group = words.pop(0)
        yield f"{group} {words[0]}"


@pytest.mark.parametrize(
    "command",
    [
        "naractl principal list",
        "naractl unit list --principal 1480",
        "naractl device list --principal 1480 --product bp-meter",
        "naractl device get sample-bp-meter-1",
        "naractl device provision --count 3 --json",
        "naractl chain get care-1480-1",
        "naractl chain check 1480 | grep 'units looked at'",
        "naractl alert list --open",
        "naractl observation list --kind blood_pressure",
        "naractl quarantine list --reason unreadable",
        "naractl quarantine list --reason topic_denied",
        "naractl --as supplier device list --json",
        "naractl agreement list",
        "naractl provider list --principal 1480",
        "naractl agreement join cooperation --from 2026-01-01 && naractl agreement parties --at 2026-02-17",
    ],
)
def test_what_the_pages_show_runs(folder, command):
    assert typed(folder, command).strip()


def test_a_number_finds_the_resident_that_it_was_given_to(folder):
    register, find = IDENTITIES
    assert typed(folder, register).strip() == "r-ada"
    assert "Ada Test" in typed(folder, find)


@pytest.fixture(scope="module", name="resident")
def _resident(outside):
    """One with a meter, for whom a unit answers."""
    outside.ask("device", "register", "bp-filed", "--product", "bp-meter", "--unit", "care-1480-1")
    outside.ask("resident", "create", "--id", "r-filed")
    outside.ask("device", "assign", "bp-filed", "--resident", "r-filed", "--unit", "care-1480-1")
    return "r-filed"


@pytest.mark.parametrize(("group", "text"), [("plan", PLAN), ("consent", CONSENT)], ids=["plan", "consent"])
def test_a_file_of_the_page_about_a_resident_is_taken(outside, resident, tmp_path, group, text):
    file = tmp_path / "file.json"
    file.write_text(text.replace("r-kitchen", resident))
    outside.ask(group, "put", str(file))
    (stored,) = outside.ask(group, "list", resident)
    assert stored["resident"] == resident


def test_a_receiver_of_the_page_is_taken(outside, folder):
    outside.ask("client", "put", "night-team", "--role", "care_unit", "--principal", "1480")
    (folder / "receiver.json").write_text(RECEIVER)
    typed(folder, "naractl receiver put - < receiver.json")
    (stored,) = [one for one in outside.ask("receiver", "list") if one["id"] == "night-team"]
    assert [one["name"] for one in stored["competences"]] == ["medicine_delegation"]


def words_of(enum):
    values = re.search(rf"^enum {enum} {{(.*?)^}}", PROTOS, re.MULTILINE | re.DOTALL).group(1)
    names = re.findall(r"^  ([A-Z_]+) = [1-9]", values, re.MULTILINE)
    prefix = re.sub(r"(?<!^)([A-Z])", r"_\1", enum).upper() + "_"
    return [name.removeprefix(prefix).lower() for name in names]


@pytest.mark.parametrize(
    "enum",
    [
        "UnitKind",
        "Regime",
        "ProviderActivity",
        "Ownership",
        "StaffRole",
        "Purpose",
        "DataUse",
        "AbsenceKind",
        "HandOverState",
        "ChainLead",
    ],
)
def test_the_page_has_the_words_of_options(enum):
    words = words_of(enum)
    assert words and [word for word in words if f"`{word}`" not in PAGE] == []


def test_the_reasons_of_quarantine_are_those_of_receipts(folder):
    page = (ROOT / "docs" / "formats" / "receipts.md").read_text(encoding="utf-8").split("## Reasons")[1]
    cells = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    reasons = {reason for cell in cells for reason in re.findall(r"`(\w+)`", cell)}
    refused = failed("naractl quarantine list --reason unheard_of", folder)
    assert refused.returncode == 2
    assert set(re.search(r"{(.*)}", refused.stderr).group(1).split(",")) == reasons


def test_the_kinds_of_the_catalogue_are_in_the_help(folder):
    help_text = typed(folder, "naractl observation list --help")
    for path in (ROOT / "catalogue" / "kinds").glob("*.yaml"):
        for kind in re.findall(r"^(\w+):", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert path.name == "platform.yaml" or re.search(rf"\b{kind}\b", help_text), kind


def test_the_first_choice_of_a_product_says_what_it_means(folder):
    assert "nothing but what" in typed(folder, "naractl product choose --help")


def test_the_pages_show_the_command_that_makes_devices():
    assert "naractl device provision --count 3 --json" in DEMO_PAGE


def test_the_query_of_the_fault_runs_finds_a_record(county, outside, meter):
    page = (ROOT / "docs" / "operating" / "faults.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    outside.send(meter, uplink(reading(seq=1), epoch="e1"))
    event = f"{meter['id']}/m/00000000000000e1/1"
    (row,) = eventually(lambda: county.query(query.replace("'...'", f"'{event}'")), "it is in history")
    assert row.startswith(f"{event}|")


# What is made, what is changed of it, and what of the first stays.
KEPT = [
    (
        ["unit", "put", "using-kept", "--provider", "hemsjukvard-1480", "--kind", "home_health_care", "--name", "A"],
        ["unit", "put", "using-kept", "--name", "B"],
        {"provider": "hemsjukvard-1480", "kind": "UNIT_KIND_HOME_HEALTH_CARE", "regimes": ["REGIME_HSL"], "name": "B"},
    ),
    (
        ["provider", "put", "using-kept", "--name", "A", "--ownership", "private", "--activity", "social_care"],
        ["provider", "put", "using-kept", "--name", "B"],
        {"ownership": "OWNERSHIP_PRIVATE", "activity": "PROVIDER_ACTIVITY_SOCIAL_CARE", "name": "B"},
    ),
    (
        ["staff", "put", "--id", "using-kept", "--name", "A", "--hsa-id", "SE2321000131-KEPT"],
        ["staff", "put", "--id", "using-kept", "--name", "B"],
        {"hsa_id": "SE2321000131-KEPT", "name": "B"},
    ),
    (
        ["client", "put", "using-kept", "--role", "principal_admin", "--principal", "1480"],
        ["client", "put", "using-kept", "--role", "supplier"],
        {"principal": "1480", "role": "supplier"},
    ),
]


@pytest.mark.parametrize(("make", "change", "after"), KEPT, ids=[f"{make[0]} {make[1]}" for make, *_ in KEPT])
def test_a_put_changes_what_is_named_and_keeps_the_rest(outside, make, change, after):
    outside.ask(*make)
    changed = outside.ask(*change)
    assert {name: changed.get(name) for name in after} == after


def test_who_is_revoked_gets_a_token_when_that_is_lifted(outside, folder):
    outside.ask("client", "put", "using-revoked", "--role", "supplier", "--principal", "1480")
    assert outside.ask("client", "revoke", "using-revoked")["revoked"]
    assert outside.ask("client", "put", "using-revoked", "--role", "operator")["revoked"], "it is not named"
    refused = failed("naractl client token using-revoked", folder)
    assert refused.returncode == 1 and "client put using-revoked --restore" in refused.stderr
    assert "revoked" not in outside.ask("client", "put", "using-revoked", "--restore")
    assert typed(folder, "naractl client token using-revoked").strip()


def test_the_audit_says_why_something_was_changed(outside, folder):
    outside.ask("--reason", "Namnbyte på beslut 7", "staff", "put", "--id", "using-why", "--name", "A")
    outside.ask("staff", "put", "--id", "using-why", "--name", "B", "--reason", "50 %")
    changes = outside.ask("audit", "list", "--object", "staff", "--id", "using-why")
    assert [change["reason"] for change in changes] == ["50 %", "Namnbyte på beslut 7"]
    assert "Namnbyte på beslut 7" in typed(folder, "naractl audit list --object staff --id using-why")
    assert failed(f"naractl --reason {'å' * 101} unit list", folder).returncode == 2


def test_the_reason_of_a_command_is_its_own(outside):
    """What stands behind `device move` is the move's; before it, the audit's."""
    outside.ask("device", "register", "bp-reasons", "--product", "bp-meter", "--unit", "care-1480-1")
    outside.ask("--reason", "Beslut 8", "device", "move", "bp-reasons", "lose", "--reason", "nobody finds it")
    assert outside.ask("device", "history", "bp-reasons")[-1]["reason"] == "nobody finds it"
    changes = outside.ask("audit", "list", "--object", "device", "--id", "bp-reasons")
    assert "Beslut 8" in [change.get("reason") for change in changes]


def test_an_empty_value_empties_a_field(outside):
    put = ["staff", "put", "--id", "using-emptied"]
    assert "hsa_id" in outside.ask(*put, "--name", "A", "--hsa-id", "SE2321000131-EMPT")
    assert "hsa_id" not in outside.ask(*put, "--hsa-id", "")


def test_a_period_keeps_its_end_until_it_is_named(outside):
    join = ["agreement", "join", "cooperation", "--id", "using-kept", "--from"]
    outside.ask(*join, "2020-01-01", "--until", "2020-06-01")
    assert "end_at" in outside.ask(*join, "2020-02-01")


def failed(command, folder):
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=CALL_SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("naractl device get sample-bp-meter-1", 0),
        ("naractl --version", 0),
        ("naractl device get nobody-has-this", 1),
        ("naractl client token nobody-is-called-this", 1),
        ("naractl device fetch", 2),
        ("naractl device list --as nobody", 2),
        ("naractl device provision", 2),
        ("naractl assignment who sample-bp-meter-1 --at yesterday", 2),
        ("naractl plan put no-such-file", 2),
        ("naractl --demo no-such-file device list", 3),
        ("naractl --registry 127.0.0.1:1 --pki .nara client list", 2),
        ("naractl --registry 127.0.0.1:1 --pki .nara/pki client list", 3),
        ("naractl --registry 127.0.0.1:1 --pki .nara/pki alert list", 3),
    ],
)
def test_exit_codes_are_those_of_the_page(folder, command, code):
    done = failed(command, folder)
    assert done.returncode == code, done.stderr


def test_without_a_demo_the_exit_code_is_3(tmp_path):
    assert failed("naractl device list", tmp_path).returncode == 3


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("naractl unti list", "unknown command 'unti': did you mean 'unit'?"),
        ("naractl device lits", "unknown command of device 'lits': did you mean 'list'?"),
        ("naractl device list --pricipal 1480", "unknown option '--pricipal': did you mean '--principal'?"),
    ],
)
def test_what_is_mistyped_is_named(folder, command, said):
    assert said in failed(command, folder).stderr


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("naractl handover list --state expird", "expired, disputed"),
        ("naractl staff who --role nurs", "prescriber, nurse"),
        ("naractl assignment who sample-bp-meter-1 --purpose cure", "care, alarm"),
    ],
)
def test_a_word_that_is_not_there_is_answered_with_those_that_are(folder, command, known):
    done = failed(command, folder)
    assert done.returncode == 2 and known in done.stderr


def test_words_are_understood_in_whichever_case(folder):
    assert typed(folder, "naractl handover list --state EXPIRED") == typed(
        folder, "naractl handover list --state expired"
    )


def test_a_list_that_goes_on_says_so(folder):
    short = failed("naractl audit list --count 1", folder)
    assert short.returncode == 0 and "there are more than these 1; --count N shows more" in short.stderr
    whole = failed("naractl device list --principal 1480", folder)
    assert whole.returncode == 0 and not whole.stderr
