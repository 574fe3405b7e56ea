"""What a resident lets others see, and keeps from them, with every process between."""

import json
import secrets

import pytest
from outside import CARE_UNIT, eventually, reading, uplink

PROVIDER = "hemsjukvard-1480"
OTHERS = "care-1490-1"


@pytest.fixture(scope="module", name="stranger")
def _stranger(outside, grpc_client):
    """A care system of another principal's unit."""
    client = outside.new_client(grpc_client, "privacy-1490", "care_unit", "1490", [OTHERS])
    eventually(lambda: outside.curl("/api/v1/session", client.token)[0] == 200, "the gateway knows the client")
    return client


def test_a_consent_opens_and_a_block_closes_from_its_answer_on(outside, stranger, tmp_path):
    device = outside.provision("bp-meter", unit=CARE_UNIT)[0]
    resident = outside.ask("device", "get", device["id"])["assignment"]["resident"]
    outside.send(device, uplink(reading(seq=1), epoch="a1"))
    eventually(lambda: outside.observations(device), "who answers sees it")

    def page():
        return outside.curl(f"/api/v1/observations?device={device['id']}", stranger.token)[1]

    assert page()["observations"] == []
    consent = tmp_path / "consent.json"
    consent.write_text(
        json.dumps(
            {
                "id": f"c-{secrets.token_hex(4)}",
                "resident": resident,
                "giver": "CONSENT_GIVER_RESIDENT",
                "use": "DATA_USE_CARE",
                "form": "CONSENT_FORM_WRITTEN",
                "recipients": [{"unit": OTHERS}],
            }
        )
    )
    outside.ask("consent", "put", str(consent))
    eventually(lambda: len(page()["observations"]) == 1, "the consent has opened it")
    outside.ask("block", "set", f"b-{secrets.token_hex(4)}", "--resident", resident, "--provider", PROVIDER)
    closed = page()
    assert closed["observations"] == [] and closed["blocked"] is True
    assert len(outside.observations(device)) == 1, "who answers goes on"
