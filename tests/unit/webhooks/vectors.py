"""Signed messages whose signatures others have computed: the Standard Webhooks' own, GitHub's and Slack's documents'."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Vector:
    secret: str
    id: str
    timestamp: int
    body: bytes
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        return {
            "webhook-id": self.id,
            "webhook-timestamp": str(self.timestamp),
            "webhook-signature": self.signature,
        }


V1 = Vector(
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1614265330,
    b'{"test": 2432232314}',
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
)
V2 = Vector(
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
    1649367553,
    b'{"email":"test@example.com","username":"test_user"}',
    "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
)
V3 = replace(V1, signature="v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=")
FOREIGN = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
V4 = replace(V1, signature=f"{FOREIGN} {FOREIGN.replace('v1', 'v2')} {V1.signature} {FOREIGN}")
V5 = replace(V1, body=b"", signature="v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=")
V6 = replace(V1, body=b"\xff\xfe\x00", signature="v1,3jg4eW7u8bRdDDGq2uq+cH74GMn0QRxtzvZDV5Akycg=")
V7 = replace(V1, body=b'{"test":2432232314}', signature="v1,Vif40peJBP7Iyl0XGmu61n4MwdrcHov5CFREBpE0svs=")
V8 = replace(V1, body='{"n":"Zoë"}'.encode(), signature="v1,vg7lzrZ2KWe/hDEG4i8Jt35HwEjciKwUEKAxmBmuU2M=")
V9 = replace(V1, secret=V2.secret, signature="v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44=")

GOOD = {"V1": V1, "V2": V2, "V4": V4, "V5": V5, "V6": V6, "V7": V7, "V8": V8, "V9": V9}

GITHUB_SECRET = "It's a Secret to Everybody"
GITHUB_BODY = b"Hello, World!"
GITHUB_SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_TIMESTAMP = 1531420618
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
