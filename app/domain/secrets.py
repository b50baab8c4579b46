"""Redaction of secrets pasted into conversations: found by their format and replaced before any other processing.

Formats documented by their issuers: GitHub's token prefixes, AWS access key ids, Slack's xox tokens, Google's AIza and
ya29, Stripe's sk_live, JSON Web Tokens (RFC 7519), PEM (RFC 7468), user information in URLs (RFC 3986 §3.2.1).
"""

import re
from typing import Any, cast

KEY = "[REDACTED_API_KEY]"
TOKEN = "[REDACTED_TOKEN]"  # noqa: S105 - a placeholder
PASSWORD = "[REDACTED_PASSWORD]"  # noqa: S105
PRIVATE_KEY = "[REDACTED_PRIVATE_KEY]"
CREDENTIAL = "[REDACTED_CREDENTIAL]"

# ASCII word boundaries: \b counts CJK letters as word characters and would miss a key right after one.
_START, _END = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
_PEM = re.compile(
    r"-----BEGIN (?P<label>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----(?:[^-]|-(?!----))*(?:-----END [A-Z0-9 ]{0,60}-----)?"
)
_KEYS = re.compile(
    _START
    + r"""(?:
      sk-(?:proj-|ant-|live-|test-|or-|svcacct-|admin-)?[A-Za-z0-9_-]{16,}
    | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,} | whsec_[A-Za-z0-9+/=]{16,}
    | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{22,} | gl(?:pat|dt|rt|ptt|cbt|imt|agent|soat)-[A-Za-z0-9_-]{16,}
    | (?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}
    | xox[abeoprs]-[A-Za-z0-9-]{10,} | xapp-[0-9]-[A-Za-z0-9-]{10,}
    | hf_[A-Za-z0-9]{20,} | r8_[A-Za-z0-9]{30,} | gsk_[A-Za-z0-9]{20,} | pplx-[A-Za-z0-9]{20,} | xai-[A-Za-z0-9]{20,}
    | tvly-[A-Za-z0-9-]{16,} | nvapi-[A-Za-z0-9_-]{20,}
    | AIza[A-Za-z0-9_-]{30,} | ya29\.[A-Za-z0-9_-]{16,} | GOCSPX-[A-Za-z0-9_-]{20,}
    | npm_[A-Za-z0-9]{30,} | pypi-[A-Za-z0-9_-]{30,} | dop_v1_[a-f0-9]{40,} | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}
    | key-[a-f0-9]{32} | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32} | sq0(?:atp|csp)-[A-Za-z0-9_-]{20,} | EAAC[A-Za-z0-9]{20,}
    | dckr_pat_[A-Za-z0-9_-]{20,} | hvs\.[A-Za-z0-9_-]{20,} | lin_api_[A-Za-z0-9]{30,} | secret_[A-Za-z0-9]{40,}
    | ntn_[A-Za-z0-9]{40,} | [0-9]{8,10}:AA[A-Za-z0-9_-]{33}
    | (?<!-)eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}(?:\.[A-Za-z0-9_-]{0,4096})?
    )"""
    + _END,
    re.VERBOSE,
)
# The lookahead requires a digit, symbol or inner capital, so that a word of prose does not match.
_HEADER = re.compile(
    r"\b(?P<scheme>(?i:Bearer|Basic|Token))\s+(?=[A-Za-z0-9._~+/=-]{0,4096}?(?:[0-9+/=_]|[a-z][A-Z]))[A-Za-z0-9._~+/-]{16,4096}=*"
)
_URL_PASSWORD = re.compile(
    r"(?P<head>[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@?#]{0,200}:)(?P<secret>[^\s/@]{1,200})(?=@)"
)
_NAMES = (
    r"(?:[A-Za-z0-9]{1,30}[_-]){0,4}"
    r"(?:api[_-]?key|apikey|secret(?:[_-]?(?:access)?[_-]?key)?|client[_-]?secret|private[_-]?key|access[_-]?key"
    r"|passw(?:or)?d|passwd|passphrase|pwd|pin|(?:access|refresh|id|session|auth|api|bearer|security)[_-]?token|token|credentials?)"
)
_NAMED = re.compile(
    rf"""(?P<head>(?<![A-Za-z0-9])(?P<q>["'`]?){_NAMES}(?P=q)\s{{0,3}}(?:[:=]|:=|=>|：|＝)\s{{0,3}})
    (?P<value>"[^"\n]{{1,400}}" | '[^'\n]{{1,400}}' | `[^`\n]{{1,400}}` | [^\s"'`,;，。；、)\]}}<>]{{3,400}})""",
    re.IGNORECASE | re.VERBOSE,
)
_SPOKEN = re.compile(
    r"""(?P<head>(?:密码|密碼|口令|パスワード|暗証番号|비밀번호|пароль)\s{0,3}(?:[:=：＝是は]|은|는)?\s{0,3})
    (?P<value>[!-~]{4,200})""",
    re.IGNORECASE | re.VERBOSE,
)
_HARMLESS = re.compile(
    r"^(?:\[REDACTED_\w+\]?|none|null|nil|true|false|undefined|required|optional|string|str|int|yes|no|bool(?:ean)?"
    r"|\*{3,}|x{3,}|\.{3}|<[^>]*>?|(?-i:\$[A-Z_]+)|\$\{\w+\}?|%\w+%|\{\{?.*|your[_-]?\w*|example|changeme"
    # Function words, with which prose continues: "The token: a small coin".
    r"|the|an?|is|was|are|my|your|his|her|their|our|its|that|this|these|those|same|of|for|in|on|at|by|and|or|to|not|i|we|it|they|he"
    r"|she|you|if|when|what|which|who|how|one|some|any|each|with|from|as|can|must|should|will|may|has|have|reset|change[ds]?)$",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Replace secrets in the text by placeholders. Idempotent; text without secrets is returned unchanged."""
    if not text:
        return text
    found = _PEM.sub(PRIVATE_KEY, text) if "-----BEGIN" in text else text
    found = _URL_PASSWORD.sub(_in_url, found) if "://" in found else found
    found = _KEYS.sub(KEY, found)
    found = _HEADER.sub(lambda m: f"{m['scheme']} {TOKEN}", found)
    found = _NAMED.sub(_named, found)
    return _SPOKEN.sub(_named, found)


def redacted(value: Any) -> Any:
    """Redact every string in a JSON value; keys are not changed."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redacted(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [redacted(item) for item in cast("list[Any]", value)]
    return value


def _in_url(match: re.Match[str]) -> str:
    return match[0] if _HARMLESS.match(match["secret"]) else f"{match['head']}{PASSWORD}"


# Names that also occur in prose before a colon: a plain word after them is not redacted.
_PLAIN_NAMES = re.compile(r"(?:secret|pin|token|credentials?)\W*$", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def _named(match: re.Match[str]) -> str:
    value = match["value"]
    quote = value[0] if value[0] in "\"'`" else ""
    bare = value.strip("\"'`")
    prose = not quote and _PLAIN_NAMES.search(match["head"]) and _PLAIN_WORD.fullmatch(bare)
    if _HARMLESS.match(bare) or (prose and "=" not in match["head"]):
        return match[0]
    return f"{match['head']}{quote}{CREDENTIAL}{quote}"
