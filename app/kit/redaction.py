"""What may never stand in a log or a message: the process's own secrets, and anybody's credentials.

The second line of defence. The first is that nothing secret is put into a message at all.
"""

import json
import re
from typing import Final
from urllib.parse import quote, quote_plus, unquote

_MASK: Final = "***"
_SHORTEST: Final = 6
"""What is shorter than this is found in ordinary words, too."""
_CREDENTIALS: Final = re.compile(
    r"(?P<key>djt_[A-Za-z0-9]{12}_|whsec_)[A-Za-z0-9+/=]+"
    r"|(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]+"
    r'|(?P<user>:/{1,2}[^/\s:@"]*:)[^@/\s"]+(?=@)'
    r"|(?P<scheme>\b(?i:bearer|basic) )[\w.~+/=-]{12,}"
)
_hidden: set[str] = set()


def hide(*secrets: str | None) -> None:
    """Have these never said by this process, as they are and as they are written elsewhere."""
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST:
            plain = unquote(secret)
            forms = {secret, plain, quote(plain), quote(plain, safe=""), quote_plus(plain)}
            _hidden.update(forms | {json.dumps(form)[1:-1] for form in forms})
            _hidden.update({repr(form)[1:-1] for form in forms})


def redact(text: str) -> str:
    """Return the text without any hidden secret, API key, token or password of an address."""
    for secret in _hidden:
        if secret in text:
            text = text.replace(secret, _MASK)
    return _CREDENTIALS.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    """Return the mask, behind what says which credential it was."""
    return (found["key"] or found["user"] or found["scheme"] or "") + _MASK
