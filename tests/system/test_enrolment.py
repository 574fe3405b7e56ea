"""A device without a certificate comes in over HTTP: by its code, and later by the certificate that it has."""

import base64
import json
import pathlib
import subprocess

import pytest
from outside import reading, uplink

POST = ("-X", "POST", "-H", "Content-Type: application/json", "-d")


class Maker:
    """What a device does with openssl."""

    def __init__(self, outside, device, folder):
        self._outside = outside
        self._folder = pathlib.Path(folder)
        self.id = device["id"]
        self._device = device
        self.csr = self._request("first")
        self.certificate = ""

    def _openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout

    def _file(self, name):
        return str(self._folder / f"{self.id}-{name}")

    def _request(self, name, subject=""):
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self._file(f"{name}.key")]
        return self._openssl("req", "-new", *curve, "-subj", f"/CN={subject or self.id}").decode()

    def request_of(self, other):
        return self._request("other", other)

    def code(self):
        return self._outside.ask("device", "code", self.id)["code"]

    def post(self, path, **body):
        text = pathlib.Path(self._file("body.json"))
        text.write_text(json.dumps(body), encoding="utf-8")
        return self._outside.curl(f"/api/v1/{path}/{self.id}", "", *POST, f"@{text}")

    def enrol(self, code, csr=""):
        return self.post("enrolments", code=code, csr_pem=csr or self.csr)

    def renew(self, certificate, signed_by="first"):
        csr = self._request("second")
        text = pathlib.Path(self._file("text"))
        text.write_text(f"nara-renew-1\n{self.id}\n{csr}", encoding="utf-8", newline="")
        signature = self._openssl("dgst", "-sha256", "-sign", self._file(f"{signed_by}.key"), str(text))
        body = {"certificate_pem": certificate, "csr_pem": csr, "signature": base64.b64encode(signature).decode()}
        return self.post("certificates", **body)

    def comes_in(self, certificate, key):
        """The receipt of a measurement that is sent with this certificate."""
        cert = pathlib.Path(self._file("shown.crt"))
        cert.write_text(certificate, encoding="utf-8")
        device = {**self._device, "cert": str(cert), "key": self._file(f"{key}.key")}
        return self._outside.send(device, uplink(reading(), ref="r1"))


@pytest.fixture(name="maker")
def _maker(outside, pool, tmp_path):
    return lambda: Maker(outside, pool(), tmp_path)


def reason(answer):
    status, body = answer
    return status, body.get("reason", "")


def test_a_device_enrols_comes_in_and_renews(maker):
    device = maker()
    status, first = device.enrol(device.code())
    assert status == 200, first
    assert first["device"] == device.id
    assert device.comes_in(first["certificate_pem"], "first")["ref"] == "r1"
    status, second = device.renew(first["certificate_pem"])
    assert status == 200, second
    assert second["certificate_pem"] != first["certificate_pem"]
    assert device.comes_in(second["certificate_pem"], "second")["ref"] == "r1"


def test_the_answer_that_was_lost_is_given_again_and_nothing_else(maker):
    device = maker()
    code = device.code()
    assert device.enrol(code) == device.enrol(code.replace("-", "").upper())
    assert reason(device.enrol(code, device.request_of(device.id))) == (403, "ENROLMENT_REFUSED")


def test_a_code_is_one_devices_and_so_is_a_request(maker):
    device, other = maker(), maker()
    code = device.code()
    other.code()
    assert reason(other.enrol(code)) == (403, "ENROLMENT_REFUSED")
    assert reason(device.enrol("0000-0000-0000-0000")) == (403, "ENROLMENT_REFUSED")
    assert reason(device.enrol(code, device.request_of(other.id))) == (400, "REQUEST_OF_OTHER_DEVICE")
    assert (
        device.enrol(code, "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")[0] == 400
    )
    assert reason(device.enrol(code, "A" * 20_000)) == (400, "INVALID_FIELD")
    assert device.enrol(code, "A" * 200_000)[0] == 413
    assert device.enrol(code)[0] == 200


def test_what_proves_nothing_renews_nothing(maker):
    device = maker()
    _, first = device.enrol(device.code())
    device.request_of(device.id)  # makes another key
    assert reason(device.renew(first["certificate_pem"], signed_by="other")) == (403, "PROOF_REFUSED")


def test_a_revoked_device_neither_enrols_nor_renews(maker, outside):
    device = maker()
    _, first = device.enrol(device.code())
    code = device.code()
    outside.ask("device", "revoke", device.id, "--why", "lost")
    assert reason(device.enrol(code)) == (403, "ENROLMENT_REFUSED")
    assert reason(device.renew(first["certificate_pem"])) == (403, "PROOF_REFUSED")


def test_who_guesses_is_held_up_before_the_code_is_used_up(maker, outside):
    device = maker()
    device.code()
    answers = [reason(device.enrol("0000-0000-0000-0000")) for _ in range(12)]
    assert answers[:6] == [(403, "ENROLMENT_REFUSED")] * 6
    assert answers[6:] == [(429, "TOO_MANY_ATTEMPTS")] * 6
    wrong = "select max(wrong_codes) from registry.enrolments where ended_at is null and device = "
    assert outside.stack.query(f"{wrong} '{device.id}'") == ["6"]
