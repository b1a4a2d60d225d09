"""The second factor: six digits that change every thirty seconds (RFC 6238), each accepted once."""

import io
from datetime import datetime

import pyotp
import segno

STEP_SECONDS = 30
DRIFT_STEPS = 1
ISSUER = "Học Tập"


def new_secret() -> str:
    """A secret to share with the official's telephone, in base 32."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step of *now* (or the one before or after) whose code is *code*; None when there is none.

    Steps up to *last_step* were used already and match no more (OWASP ASVS 5.0, 6.5.1).
    """
    code = "".join(code.split())
    if not secret or len(code) != 6 or not (code.isascii() and code.isdecimal()):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code) and step > last_step:
            found = step
    return found


def code_at(secret: str, now: datetime) -> str:
    """The code the telephone shows at *now*."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).at(now)


def qr_code(secret: str, login: str) -> str:
    """An SVG, without styles, of what a telephone's authenticator reads."""
    uri = pyotp.TOTP(secret, name=login, issuer=ISSUER).provisioning_uri()
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(
        drawn,
        kind="svg",
        scale=5,
        border=2,
        xmldecl=False,
        svgns=True,
        omitsize=False,
        lineclass=None,
        svgclass=None,
    )
    return drawn.getvalue().decode()
