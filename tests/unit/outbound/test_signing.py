"""What we sign is what the specification's own vectors say."""

from __future__ import annotations

import base64

import pytest

from webhooks.outbound.bodies import chat_body
from webhooks.outbound.signing import new_key, shown, signed_headers

FIRST = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
SECOND = base64.b64decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
VECTORS = [
    (FIRST, b'{"test": 2432232314}', "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    (FIRST, b"", "v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A="),
    (FIRST, b"\xff\xfe\x00", "3jg4eW7u8bRdDDGq2uq+cH74GMn0QRxtzvZDV5Akycg="),
    (FIRST, b'{"test":2432232314}', "Vif40peJBP7Iyl0XGmu61n4MwdrcHov5CFREBpE0svs="),
    (FIRST, '{"n":"Zoë"}'.encode(), "vg7lzrZ2KWe/hDEG4i8Jt35HwEjciKwUEKAxmBmuU2M="),
    (SECOND, b'{"test": 2432232314}', "78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44="),
]


def headers(*keys: bytes, body: bytes) -> dict[str, str]:
    return signed_headers(keys, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)


@pytest.mark.parametrize(("key", "body", "signature"), VECTORS)
def test_the_vectors_come_out(key: bytes, body: bytes, signature: str) -> None:
    assert headers(key, body=body)["webhook-signature"] == f"v1,{signature}"


def test_while_two_keys_are_live_both_sign() -> None:
    both = headers(FIRST, SECOND, body=VECTORS[0][1])["webhook-signature"]
    assert both == f"v1,{VECTORS[0][2]} v1,{VECTORS[5][2]}"


def test_a_key_is_32_random_bytes() -> None:
    key = new_key()
    assert len(key) == 32
    assert base64.b64decode(shown(key).removeprefix("whsec_")) == key
    assert new_key() != key


def test_what_is_filled_in_calls_nobody_and_hides_no_address() -> None:
    assert "<" not in chat_body("slack", "<!channel> <https://evil.example|our bank> & more")
    assert r"\\[our bank\\](https://evil.example)" in chat_body("teams", "[our bank](https://evil.example)")
