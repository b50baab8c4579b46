"""Redaction of secrets pasted into conversations: found by their format, or by the name before them, and replaced before
any other processing.

Formats as their issuers document them, and as gitleaks' rules list them (MIT): prefixes of keys and tokens, webhooks,
JSON Web Tokens (RFC 7519), PEM (RFC 7468), user information in URLs (RFC 3986 §3.2.1), HTTP's Authorization and Cookie.
Every quantifier is bounded or runs over a class that its end is not in, so that the time is linear in the text.
"""

import re
import unicodedata
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
      sk-(?:proj-|ant-|live-|test-|or-|svcacct-|admin-)?(?!(?:[a-z]{1,20}-){1,12}[a-z]{1,20}(?![A-Za-z0-9_-]))[A-Za-z0-9_-]{16,}
    | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,} | whsec_[A-Za-z0-9+/=]{16,}
    | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{22,} | gl(?:pat|dt|rt|ptt|cbt|imt|agent|soat)-[A-Za-z0-9_-]{16,}
    | (?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}
    | xox[abeoprs]-[A-Za-z0-9-]{10,} | xapp-[0-9]-[A-Za-z0-9-]{10,}
    | hf_[A-Za-z0-9]{20,} | r8_[A-Za-z0-9]{30,} | gsk_[A-Za-z0-9]{20,} | pplx-[A-Za-z0-9]{20,} | xai-[A-Za-z0-9]{20,}
    | tvly-[A-Za-z0-9-]{16,} | nvapi-[A-Za-z0-9_-]{20,}
    | AIza[A-Za-z0-9_-]{30,} | ya29\.[A-Za-z0-9_-]{16,} | GOCSPX-[A-Za-z0-9_-]{20,}
    | npm_[A-Za-z0-9]{30,} | pypi-[A-Za-z0-9_-]{30,} | do[opr]_v1_[a-f0-9]{40,} | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}
    | key-[a-f0-9]{32} | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32} | sq0(?:atp|csp)-[A-Za-z0-9_-]{20,} | EAAC[A-Za-z0-9]{20,}
    | dckr_pat_[A-Za-z0-9_-]{20,} | hv[bs]\.[A-Za-z0-9_-]{20,} | lin_api_[A-Za-z0-9]{30,} | secret_[A-Za-z0-9]{40,}
    | ntn_[A-Za-z0-9]{40,} | [0-9]{8,10}:AA[A-Za-z0-9_-]{33} | dapi[a-f0-9]{32} | gl(?:sa|c)_[A-Za-z0-9+/_=]{30,}
    | dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9]{30,} | sbp_[a-f0-9]{40} | pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,}
    | AGE-SECRET-KEY-1[A-Z0-9]{50,} | SK[a-f0-9]{32} | [a-f0-9]{32}-us[0-9]{1,2} | PMAK-[a-f0-9]{20,}-[a-f0-9]{30,}
    | (?<!-)eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}(?:\.[A-Za-z0-9_-]{0,4096})?
    )"""
    + _END,
    re.VERBOSE,
)
# Who knows the address may post.
_WEBHOOK = re.compile(
    r"(?P<head>https?://(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/|(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/"
    r"|[a-z0-9-]{1,63}\.webhook\.office\.com/webhookb2/))[^\s\"'`<>)\]]{8,400}",
    re.IGNORECASE,
)
# A value of letters alone is a word ("Token JavaScriptDeveloper") unless it is longer than words are.
_SCHEME = re.compile(
    r"\b(?P<scheme>(?i:Bearer|Basic|Token))\s+(?=[A-Za-z._~+/-]{0,4096}?[0-9=]|[A-Za-z]{0,4096}?[+/_~]|[A-Za-z]{24})"
    r"[A-Za-z0-9._~+/-]{8,4096}=*"
)
# The rest of the header's line, or of the quotes it stands in.
_HEADER = re.compile(
    r"(?P<head>(?i:\b(?:Proxy-)?Authorization|\bSet-Cookie|\bCookie)\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?"
    r"(?:(?i:Bearer|Basic|Token|Digest|ApiKey|Key|Negotiate|AWS4-HMAC-SHA256)\s+)?)(?P<value>[^\s\"'`\\][^\n\"'`\\]{3,4096})"
)
_COOKIE_OR_OPAQUE = re.compile(r"[^\s=;]{1,200}=|\S*[0-9_+/=-]\S*$|[A-Za-z]{24,}$")
_BASIC_OPTION = re.compile(
    r"(?P<head>\s(?:-u|--user|--proxy-user)(?:\s{1,3}|=)?[\"']?[^\s:\"']{1,100}:)(?P<secret>(?!//)[^\s\"']{1,200})"
)
_SSHPASS = re.compile(r"(?P<head>\bsshpass\s{1,3}-p\s{0,3}[\"']?)(?P<secret>[^\s\"']{1,200})")
# The password goes to the last @ before a slash, since some passwords hold one.
_URL_PASSWORD = re.compile(
    r"(?P<head>[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@?#]{0,200}:)(?P<secret>[^\s/\"'`<>]{1,200})(?=@)"
)
_SIGNATURE = re.compile(
    r"(?P<head>[?&](?:sig|signature|X-Amz-Signature|X-Goog-Signature)=)(?P<secret>[A-Za-z0-9%+/=_-]{16,2000})"
)

_PASSWORDS = (
    r"pass[_-]?(?:word|wort|phrase|code|wd)s?|pwd|kenn[_-]?wort|senha|contrase[ñn]a|wachtwoord|has[łl]o|l[öo]senord|salasana"
    r"|adgangskode|[şs]ifre|parola[ _-]d['’]ordine|mot[ _-]de[ _-]passe|mdp|palavra[ _-]passe|kata[ _-]sandi|mật[ _-]khẩu"
    r"|密码|密碼|口令|パスワード|暗証番号|비밀번호|암호|пароль|كلمة\s(?:المرور|السر)|पासवर्ड"
)
_STRONG_NAMES = (
    rf"{_PASSWORDS}|api[_-]?(?:key|secret)|(?:secret|access|account|shared[_-]?access|private|encryption|signing|master)[_-]?key"
    r"|client[_-]?secret|(?:access|refresh|id|session|auth|api|bearer|security|bot)[_-]?token|密钥|秘钥"
)
# Words that prose uses as well; they count as a part of a name only: DB_PASS, dbPass, pass, but not passport.
_WEAK_NAMES = r"pass|secret|token|credentials?|creds?|auth"
_QUOTE = r"(?:\\{0,3}[\"'`])"
_PART = r"(?:[A-Za-z0-9]{1,30}[_.-]){0,4}"
_NAMED = re.compile(
    rf"""(?P<head>(?<![A-Za-z0-9_.-]){_QUOTE}?
      (?:(?P<strong>[A-Za-z0-9_.-]{{0,40}}(?i:{_STRONG_NAMES}))(?:[_-]?(?i:value|hash|plain|text|b64|base64)|[0-9]{{1,2}})?
       |(?P<weak>{_PART}(?:(?i:{_WEAK_NAMES})|[a-z0-9]{{1,30}}(?:Pass|Secret|Token|Credentials?|Creds?|Auth)))[0-9]{{0,2}}
      ){_QUOTE}?\s{{0,3}}(?P<sign>:=|=>|->|[:=](?![=>]))\s{{0,3}})
    (?P<value>(?P<open>\\{{0,3}}["'`])(?:(?!(?P=open))[^\n]){{1,400}}(?P=open)
      | [|>][+-]?[ ]{{0,3}}\n[ \t]{{1,20}}[^\n]{{1,400}}
      | (?:(?![;,&]\s{{0,3}}[\w.-]{{1,40}}\s{{0,3}}=)[^\s"'`，。；、<>]){{1,400}})""",
    re.VERBOSE,
)
_XML = re.compile(
    rf"(?P<head><(?P<tag>[A-Za-z0-9_.:-]{{0,40}}(?i:{_STRONG_NAMES}|{_WEAK_NAMES}))>\s{{0,20}})(?P<value>[^<\n]{{1,400}}?)(?=\s{{0,20}}</)"
)
_OPTION = re.compile(
    rf"(?P<head>(?<!\S)--?(?:[A-Za-z0-9]{{1,30}}-){{0,3}}(?i:{_STRONG_NAMES}|{_WEAK_NAMES})\s{{1,3}})(?P<value>\"[^\"\n]{{1,400}}\"|'[^'\n]{{1,400}}'|[^\s\"'-][^\s\"']{{3,400}})"
)
_IS = r"is|was|are|now|ist|lautet|war|es|era|é|est|était|è|jest|to|är|är|is\snu|это|теперь|là|adalah|هي|है"
_NOW = r"now|currently|still|jetzt|ahora|maintenant|agora|adesso|теперь"
_SAID = re.compile(
    rf"""(?P<head>(?<![A-Za-z0-9_])(?i:{_PASSWORDS})(?:\s(?!(?:{_IS})\s)[^\s.:;!?]{{1,20}}){{0,5}}?
      (?:\s{{1,3}}(?i:{_IS})(?:\s(?i:{_NOW})(?=\s))?\s{{0,3}}[:=]?|\s{{0,3}}[:=]|是|为|為|は|が|은|는|이)\s{{0,3}})
    (?P<value>(?P<open>["'`“«„「『])[^\s"'`”»“」』]{{3,200}}(?=["'`”»“」』])
      | (?=[!-~]{{0,200}}?(?:[0-9!#$%&*+/=@^_~]|[a-z][A-Z]))[!-~]{{4,200}}(?<![.,;:!?)])[!?]{{0,2}})""",
    re.VERBOSE,
)
_PIN = re.compile(
    r"(?P<head>(?i:\b(?:my|your|his|her|our|card|bank|sim|atm|phone|door|alarm|meine?|ma|mon|mi|meu|minha|il\smio)\s(?:pin|code\spin)"
    r"(?:[\s-]?(?:code|number|nummer))?|\bPIN[\s-]?code)(?i:\s{1,3}(?:is|ist|es|é|est|è)|\s{0,3}[:=])\s{0,3})(?P<value>[0-9]{4,8})(?![0-9])"
)
_HARMLESS = re.compile(
    r"^(?:\[REDACTED_\w+\]?|none|null|nil|true|false|undefined|required|optional|string|str|int|yes|no|bool(?:ean)?"
    r"|\*{3,}|x{3,}|•{3,}|\.{3}|<[^>]*>?|(?-i:\$[A-Z_]+)|\$[{(].*|%\w+%|\{\{?.*|your[\w-]*|example|changeme|process\.env.*|os\.environ.*"
    r"|[A-Za-z_][\w.]*\(.*|self\.\w+|this\.\w+|n/?a|tba|tbd"
    # Words with which prose continues: "The token: a small coin", "Password: see the wiki".
    r"|the|an?|is|was|are|my|your|his|her|their|our|its|that|this|these|those|same|of|for|in|on|at|by|and|or|to|not|i|we|it|they|he"
    r"|she|you|if|when|what|which|who|how|one|some|any|each|with|from|as|can|must|should|will|may|has|have|reset|change[ds]?"
    r"|see|ask|use|set|enter|type|forgot(?:ten)?|check|call|please|click|choose|unchanged|unknown|here|below|above|missing|empty"
    r"|blank|hidden|invalid|incorrect|wrong|expired|weak|strong|ok|correct|only|at\sleast|minimum|between|never|always|also"
    r"|obligatori[ao]|obrigat[oó]ri[ao]|obligatoire|obbligatori[ao]|zorunlu|verplicht|wymagane|wajib|vergessen|erforderlich|olvidada|esquecida|dimenticata)$",
    re.IGNORECASE,
)
# A variable, not a value: `self.password = password`, `token = user.token`.
_REFERENCE = re.compile(rf"(?:[A-Za-z_]{{1,40}}\.){{0,4}}[A-Za-z_]{{0,40}}(?i:{_STRONG_NAMES}|{_WEAK_NAMES})")
_PATH = re.compile(r"~?(?:/[A-Za-z_.][\w.-]{0,60}){1,20}/?")
_SHORTEST_WEAK = 4
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_FEW_DIGITS = re.compile(r"[0-9]{1,3}|[0-9.,]{1,9}%?")
_END_OF_PROSE = ".,;:!?)]}）】"
# Invisible characters, and full-width forms of ASCII.
_TRICK = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\uff01-\uff5e]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")


def redact(text: str) -> str:
    """Replace secrets in the text by placeholders. Idempotent; text without secrets is returned unchanged."""
    if not text:
        return text
    if _TRICK.search(text):
        text = "\n".join(_without_tricks(line) for line in text.split("\n"))
    return _redact(text)


def redacted(value: Any) -> Any:
    """Redact every string in a JSON value; keys are not changed."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redacted(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [redacted(item) for item in cast("list[Any]", value)]
    return value


def _without_tricks(line: str) -> str:
    """Return the line in plain characters if that uncovers a secret, else as it is."""
    if not _TRICK.search(line):
        return line
    plain = "".join(unicodedata.normalize("NFKC", c) if c >= "\uff01" else c for c in _INVISIBLE.sub("", line))
    return plain if _redact(plain) != plain else line


def _redact(text: str) -> str:
    found = _PEM.sub(PRIVATE_KEY, text) if "-----BEGIN" in text else text
    if "://" in found:
        found = _WEBHOOK.sub(lambda m: f"{m['head']}{CREDENTIAL}", found)
        found = _URL_PASSWORD.sub(_in_url, found)
    found = _SIGNATURE.sub(lambda m: f"{m['head']}{CREDENTIAL}", found) if "=" in found else found
    found = _KEYS.sub(KEY, found)
    found = _HEADER.sub(_header, found)
    found = _SCHEME.sub(lambda m: f"{m['scheme']} {TOKEN}", found)
    found = _BASIC_OPTION.sub(_in_url, found)
    found = _SSHPASS.sub(_in_url, found)
    found = _XML.sub(_in_element, found) if "</" in found else found
    found = _NAMED.sub(_named, found)
    found = _OPTION.sub(_option, found) if "-" in found else found
    found = _PIN.sub(lambda m: f"{m['head']}{CREDENTIAL}", found)
    return _SAID.sub(_said, found)


def _in_url(match: re.Match[str]) -> str:
    return match[0] if _HARMLESS.match(match["secret"]) else f"{match['head']}{PASSWORD}"


def _header(match: re.Match[str]) -> str:
    value = match["value"].strip()
    if _HARMLESS.match(value) or value.startswith("[REDACTED") or not _COOKIE_OR_OPAQUE.match(value):
        return match[0]
    return f"{match['head']}{TOKEN}"


def _in_element(match: re.Match[str]) -> str:
    return match[0] if _HARMLESS.match(match["value"]) else f"{match['head']}{CREDENTIAL}"


def _named(match: re.Match[str]) -> str:
    """Redact a value after a name. After a word that prose uses as well, a plain word is prose, unless it is assigned."""
    value, quote, tail = match["value"], match["open"] or "", ""
    if quote:
        bare = value[len(quote) : -len(quote)]
    elif value[0] in "|>" and "\n" in value:
        block = re.match(r"[|>][+-]?[ ]*\n[ \t]+", value)
        assert block is not None
        return f"{match['head']}{block[0]}{CREDENTIAL}"
    else:
        bare = value.rstrip(_END_OF_PROSE)
        tail = value[len(bare) :]
    assigned = match["sign"] in {"=", ":="} or bool(quote)
    # Passwords are hardly ever words in another script: "Пароль: обязателен".
    foreign = not bare.isascii() and not any(c.isdigit() or (c.isascii() and not c.isalpha()) for c in bare)
    prose = not assigned and (foreign or (match["weak"] and _WORD.fullmatch(bare) is not None))
    short = bool(match["weak"]) and len(bare) < _SHORTEST_WEAK
    path = _PATH.fullmatch(bare) is not None
    harmless = not bare or _HARMLESS.match(bare) or _REFERENCE.fullmatch(bare)
    if harmless or prose or short or path or _is_figure(bare, strong=bool(match["strong"])):
        return match[0]
    return f"{match['head']}{quote}{CREDENTIAL}{quote}{tail}"


def _is_figure(value: str, *, strong: bool) -> bool:
    """True for a number that counts something: "pass: 12", "token: 5120"."""
    return bool(_FEW_DIGITS.fullmatch(value)) and (not strong or len(value) < _SHORTEST_WEAK)


def _option(match: re.Match[str]) -> str:
    bare = match["value"].strip("\"'")
    return match[0] if _HARMLESS.match(bare) or _WORD.fullmatch(bare) else f"{match['head']}{CREDENTIAL}"


def _said(match: re.Match[str]) -> str:
    value, opening = match["value"], match["open"] or ""
    if _HARMLESS.match(value.strip("\"'`")) or _PATH.fullmatch(value) or value.startswith("[REDACTED"):
        return match[0]
    return f"{match['head']}{opening}{CREDENTIAL}"
