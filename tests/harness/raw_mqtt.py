"""MQTT by hand: packets that no client library sends, and the server's answers to the byte."""

import socket
import ssl

CONNACK, PUBLISH, PUBACK, PUBREC, SUBACK = 0x20, 0x30, 0x40, 0x50, 0x90
DISCONNECT = 0xE0
SECONDS = 10


def text(value):
    """A string, or bytes that are none, with its length."""
    data = value.encode() if isinstance(value, str) else value
    return len(data).to_bytes(2, "big") + data


def varint(number):
    out = b""
    while True:
        number, digit = divmod(number, 128)
        out += bytes([digit | (128 if number else 0)])
        if not number:
            return out


def packet(first, body=b""):
    return bytes([first]) + varint(len(body)) + body


def will(topic, payload=b"gone", qos=0, retain=False, delay=None):
    """The part of a CONNECT: its flags, and its fields with properties where there is a delay (MQTT 5)."""
    properties = b"" if delay is None else b"\x05\x18" + delay.to_bytes(4, "big")
    return 0x04 | qos << 3 | (0x20 if retain else 0), properties + text(topic) + text(payload)


def connect(
    client_id, version=4, clean=True, user=None, password=None, last_will=(0, b""), properties=b"", protocol="MQTT"
):
    flags = (0x02 if clean else 0) | last_will[0]
    flags |= (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    body = text(protocol) + bytes([version, flags]) + (60).to_bytes(2, "big")
    body += varint(len(properties)) + properties if version == 5 else b""
    body += text(client_id) + last_will[1]
    body += b"".join(text(given) for given in (user, password) if given is not None)
    return packet(0x10, body)


def publish(topic, payload=b"x", qos=1, retain=False, mid=1, properties=None):
    """`properties` makes it MQTT 5."""
    body = text(topic) + (mid.to_bytes(2, "big") if qos else b"")
    body += varint(len(properties)) + properties if properties is not None else b""
    return packet(PUBLISH | qos << 1 | (1 if retain else 0), body + payload)


def subscribe(pattern, qos=1, mid=1, properties=None):
    body = mid.to_bytes(2, "big")
    body += varint(len(properties)) + properties if properties is not None else b""
    return packet(0x82, body + text(pattern) + bytes([qos]))


class RawMqtt:
    """A connection; what the server says is read packet by packet."""

    def __init__(self, port, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """As if the client had died: no goodbye."""
        self.socket.close()

    def send(self, data):
        """The server may have closed already: then the answer says so."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass
        return self

    def read(self):
        """First byte and body of the next packet; None when the server has closed."""
        head = self._exactly(1)
        size, shift = 0, 0
        while head:
            digit = self._exactly(1)
            if not digit:
                return None
            size |= (digit[0] & 127) << shift
            shift += 7
            if digit[0] < 128:
                return head[0], self._exactly(size)
        return None

    def ask(self, data):
        """Sends one packet, or several, and reads one answer."""
        return self.send(data).read()

    def closed(self):
        """Reads until the server closes; fails when it does not in time."""
        while self.read() is not None:
            pass
        return True

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except TimeoutError as error:
                raise AssertionError("the server neither answered nor closed") from error
            except OSError:
                return b""
            if not more:
                return b""
            data += more
        return data


def tls_as(pki, name):
    """A TLS context with somebody's certificate."""
    context = ssl.create_default_context(cafile=pki.cert("ca"))
    context.load_cert_chain(pki.cert(name), pki.key(name))
    return context
