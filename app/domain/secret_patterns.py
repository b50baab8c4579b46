r"""The forms in which secrets are written. Each pattern has a group `head`, which stays, and `secret`, which is replaced.

Formats as their issuers document them, and as gitleaks' rules list them (MIT): prefixes of keys and tokens, webhooks,
JSON Web Tokens (RFC 7519), PEM (RFC 7468), user information in URLs (RFC 3986 §3.2.1), HTTP's Authorization and Cookie.
Every quantifier is bounded, or runs over a class that its end is not in, so that the time is linear in the text.
ASCII word boundaries: \b counts CJK letters as word characters and would miss a key right after one.
"""

import re

_START, _END = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.VERBOSE)


PRIVATE_KEYS = _pattern(
    r"""-----BEGIN[ ][A-Z0-9 ]{0,40}PRIVATE[ ]KEY(?:[ ]BLOCK)?-----
    (?:[^-] | -(?!----))*
    (?:-----END[ ][A-Z0-9 ]{0,60}-----)?"""
)
# Words joined by hyphens are no key: sk-learn-is-a-library.
KEYS = _pattern(
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
    | ntn_[A-Za-z0-9]{40,} | (?:bot)?[0-9]{8,10}:AA[A-Za-z0-9_-]{33} | dapi[a-f0-9]{32} | gl(?:sa|c)_[A-Za-z0-9+/_=]{30,}
    | dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9]{30,} | sbp_[a-f0-9]{40} | pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,}
    | tskey-[a-z]{2,12}-[A-Za-z0-9]{8,}-[A-Za-z0-9]{16,} | AGE-SECRET-KEY-1[A-Z0-9]{50,} | SK[a-f0-9]{32}
    | [a-f0-9]{32}-us[0-9]{1,2} | PMAK-[a-f0-9]{20,}-[a-f0-9]{30,}
    | (?<!-)eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}(?:\.[A-Za-z0-9_-]{0,4096})?
    )"""
    + _END
)
# In documentation a key is filled with x.
FILLER = re.compile(r"x{12,}|X{12,}")

# --- URLs and HTTP -------------------------------------------------------------------------------------------------

# Who knows a webhook's address may post.
WEBHOOK = _pattern(
    r"""(?P<head>https?://(?i:
        hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/
      | (?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/
      | [a-z0-9-]{1,63}\.webhook\.office\.com/webhookb2/))
    (?P<secret>[^\s"'`<>)\]]{8,400})"""
)
# The password goes to the last @ before a slash, since some passwords hold one.
URL_PASSWORD = _pattern(
    r"""(?P<head>[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@?\#]{0,200}:)(?P<secret>[^\s/"'`<>]{1,200})(?=@)"""
)
SIGNED_URL = _pattern(
    r"""(?P<head>[?&](?i:sig|signature|X-Amz-Signature|X-Goog-Signature)=)(?P<secret>[A-Za-z0-9%+/=_-]{16,2000})"""
)
# The rest of the header's line, or of the quotes it stands in.
HEADER = _pattern(
    r"""(?P<head>(?i:\b(?:Proxy-)?Authorization|\bSet-Cookie|\bCookie)\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?
      (?:[A-Za-z][A-Za-z0-9-]{1,20}[ ]{1,3}(?=\S))?)
    (?P<secret>[^\s"'`\\][^\n"'`\\]{3,4096})"""
)
# A cookie's value or a token, but no words: "Authorization: required", "Cookie: theme=dark".
OPAQUE = _pattern(
    r"""(?:[^\s=;]{1,100}=[^\s=;]{1,11};[ ]?){0,8}[^\s=;]{1,100}=[^\s;]{12,}
    | (?=[^\s=;]{0,4096}?[0-9_+/])[^\s=;]{8,4096}={0,2}(?=$|[\s,;])
    | [A-Za-z]{24,4096}$"""
)
# A value of letters alone is a word ("Token JavaScriptDeveloper"), unless it is longer than words are.
SCHEME = _pattern(
    r"""\b(?P<head>(?i:Bearer|Basic|Token)\s+)
    (?=[A-Za-z._~+/-]{0,4096}?[0-9=] | [A-Za-z]{0,4096}?[+/_~] | [A-Za-z]{24})
    (?P<secret>[A-Za-z0-9._~+/-]{8,4096}=*)"""
)

# --- Names and values ----------------------------------------------------------------------------------------------

_PASSWORDS = r"""(?:pass[_-]?(?:word|wort|phrase|code|wd)s? | (?<![a-zA-Z])pwd? | (?-i:(?<=[a-z])Pwd)
    | kenn[_-]?wort | wlan-?schlüssel | (?<![a-zA-Z])senha | palavra[ _-]passe | contrase[ñn]a | clave(?=[ _]del?\s|:)
    | mot[ _-]de[ _-]passe | (?<![a-zA-Z])mdp | parola[ _-]d['’]ordine | wachtwoord | (?<![a-zA-Z])has[łl]o
    | l[öo]senord | salasana | adgangskode | [şs]ifre | kata[ _-]sandi | mật[ _-]khẩu
    | 密码 | 密碼 | 口令 | パスワード | 暗証番号 | 비밀번호 | 비번 | 암호 | пароль | كلمة\s(?:المرور|السر) | पासवर्ड)"""
_STRONG = rf"""(?:{_PASSWORDS} | api[_-]?(?:key|secret) | client[_-]?secret | 密钥 | 秘钥
    | (?:secret|access|account|shared[_-]?access|subscription|auth|private|encryption|signing|master)[_-]?key
    | (?:access|refresh|id|session|auth|api|bearer|security|bot)[_-]?token)"""
# Words that prose uses as well; they count as a part of a name only: DB_PASS, dbPass, pass, but not passport.
_WEAK = r"(?:pass|secret|token|credentials?|creds?|auth)"
_ANY = rf"(?i:{_STRONG}|{_WEAK})"
_IDENTIFIER = r"[A-Za-z0-9_.-]{0,40}"
_QUOTE = r"""(?:\\{0,3}["'`])"""
NAMED = _pattern(
    rf"""(?P<head>
      (?: (?P<strong>(?i:{_STRONG}))(?:[_-]?(?i:value|hash|plain|text|b64|base64)|[0-9]{{1,2}})?
        | (?:(?<![A-Za-z0-9])(?i:{_WEAK})|(?<=[a-z0-9])(?:Pass|Secret|Token|Credentials?|Creds?|Auth))[0-9]{{0,2}}
      ){_QUOTE}?\]?[ \t]{{0,3}}(?P<sign>:=|=>|->|[:=](?![=>]))[ \t]{{0,3}})
    (?P<secret>(?P<open>"{{3}}|'{{3}}|\\{{0,3}}["'`])(?:(?!(?P=open))[^\n]){{1,400}}(?P=open)
      | \{{[^}}\n]{{1,200}}\}}                                          # ODBC: PWD={{a;b}}
      | [|>][+-]?[ ]{{0,3}}\n[ \t]{{1,20}}[^\n]{{1,400}}                # YAML's block
      | (?:(?![;,&]\s{{0,3}}[\w.-]{{1,40}}\s{{0,3}}=)[^\s"'`，。；、<>]){{1,400}})"""
)
YAML_BLOCK = re.compile(r"[|>][+-]?[ ]*\n[ \t]+")
XML = _pattern(
    rf"""(?P<head><[A-Za-z0-9_.:-]{{0,40}}{_ANY}>\s{{0,20}}(?:<!\[CDATA\[)?)
    (?P<secret>(?:(?!\]\]>|\s{{0,20}}</)[^\n]){{1,400}})(?=\]\]>|\s{{0,20}}</)"""
)
OPTION = _pattern(
    rf"""(?P<head>(?<!\S)--?(?:[A-Za-z0-9]{{1,30}}-){{0,3}}{_ANY}\s{{1,3}})
    (?P<secret>"[^"\n]{{1,400}}" | '[^'\n]{{1,400}}' | [^\s"'-][^\s"']{{3,400}})"""
)
# A Dockerfile's ENV, Windows' setx; name and value as two attributes or fields.
SEPARATE = _pattern(
    rf"""(?P<head>(?: \b(?:ENV|ARG|setx|gh\ssecret\sset)\s{_IDENTIFIER}{_ANY}\s(?:--body\s)?
      | (?i:\b(?:key|name))[ \t]{{0,3}}[:=][ \t]{{0,3}}["']?{_IDENTIFIER}{_ANY}["']?[\s,]{{1,40}}
        (?i:value)[ \t]{{0,3}}[:=][ \t]{{0,3}})["']?)
    (?P<secret>[^\s"'<>]{{4,400}})"""
)

# --- Commands ------------------------------------------------------------------------------------------------------

_SAME_COMMAND = r"[^\n|;]{0,200}?"
COMMANDS = (
    # curl -u ana:…
    _pattern(
        r"""(?P<head>\s(?:-u|--user|--proxy-user)(?:\s{1,3}|=)?["']?[^\s:"']{1,100}:)(?P<secret>(?!//)[^\s"']{1,200})"""
    ),
    _pattern(r"""(?P<head>\bsshpass\s{1,3}-p\s{0,3}["']?)(?P<secret>[^\s"']{1,200})"""),
    _pattern(
        rf"""(?P<head>\b(?:(?:mysql|mariadb)[a-z]{{0,8}}\b{_SAME_COMMAND}\s-p
          | (?:docker|podman|helm|az|oc)\s[^\n|;]{{0,60}}?login\b{_SAME_COMMAND}\s-p[ =]
          | redis-cli\b{_SAME_COMMAND}\s-a\s
          | ldap[a-z]{{3,8}}\b{_SAME_COMMAND}\s-w\s
          | htpasswd\s-[a-zA-Z]{{0,5}}b[^\n|;]{{0,100}}?\s(?!-)\S{{1,80}}\s(?!-)\S{{1,80}}\s
          | login\s\S{{1,80}}\spassword\s)["']?)
        (?P<secret>[^\s"'-][^\s"']{{2,200}})"""
    ),
    # echo … | sudo -S
    _pattern(
        r"""(?P<head>\becho\s(?:-n\s)?["']?(?:[^\s:"']{1,60}:)?)(?P<secret>[^\s"':]{4,200})
        (?=["']?\s?\|\s?(?:sudo\s-S|sudo\schpasswd|chpasswd|docker\slogin))"""
    ),
    # A line of .pgpass
    _pattern(
        r"""(?P<head>(?<!\S)[\w.*-]{1,100}:(?:[0-9]{2,5}|\*):[\w*-]{1,63}:[\w*-]{1,63}:)(?P<secret>[^\s:]{4,200})"""
    ),
)

# --- Prose ---------------------------------------------------------------------------------------------------------

# Names in other scripts may follow Latin letters: WiFi密码.
_WORD_START = r"(?:(?<![A-Za-z0-9_])|(?=[^\x00-\x7f]))"
_IS = r"(?:is|was|are|now|ist|lautet|war|es|era|é|est|était|è|jest|to|är|är|это|теперь|là|adalah|هي|है)"
_NOW = r"(?:now|currently|still|jetzt|ahora|maintenant|agora|adesso|теперь)"
# "My password for the router is now …"
SAID = _pattern(
    rf"""(?P<head>{_WORD_START}(?i:{_PASSWORDS})(?:\s(?!{_IS}\s)[^\s.:;!?]{{1,20}}){{0,5}}?
      (?:\s{{1,3}}(?i:{_IS})(?:\s(?i:{_NOW})(?=\s))?\s{{0,3}}[:=]? | \s{{0,3}}[:=] | [是为為はが은는이])\s{{0,3}})
    (?P<secret>(?P<open>["'`“«„「『])[^\s"'`”»“」』]{{3,200}}(?=["'`”»“」』])
      | (?=[!-~]{{0,200}}?(?:[0-9!\#$%&*+/=@^_~]|[a-z][A-Z]))[!-~]{{4,200}}(?<![.,;:!?)])[!?]{{0,2}})"""
)
# A word of a password's shape, or quoted words, soon after the word for it in the same sentence.
_SHAPE = r"""(?!@)(?=[!-~]{0,60}?[A-Za-z])
    (?:(?=[A-Za-z0-9_-]{0,60}?[!\#$%&+@^~?][!-~])[!-;=?-~]{6,60}
      | (?=[A-Za-z-]{0,60}?[0-9])(?=[!-~]{0,60}?[a-z])[A-Za-z0-9-]{8,60})"""
NEAR = _pattern(
    rf"""(?P<head>{_WORD_START}(?<!/)(?i:{_PASSWORDS}|пин-код)(?![A-Za-z0-9_-])[^\n.?!=]{{0,40}}?(?<![A-Za-z0-9_@/.-]))
    (?:(?P<open>(?<=[\s:：])"|[“«„「『])(?P<quoted>\s?[^\n"”»“」』]{{6,100}})(?=["”»“」』])
      | (?P<secret>{_SHAPE})(?<![.,;:?])(?![A-Za-z0-9_@/]))"""
)
SAID_TOKEN = _pattern(
    r"""(?P<head>(?i:\b(?:access|api|auth|bearer|secret|licen[cs]e)[ -](?:token|key)\s(?:is|ist|es|est|è|:)\s))
    (?P<secret>[A-Za-z0-9_.-]{16,400})"""
)
# Google's app passwords: four times four letters.
APP_PASSWORD = _pattern(
    r"""(?P<head>(?i:\bapp[a-z]{0,9}[ -]password)[^\n:]{0,30}:\s)(?P<secret>[a-z]{4}(?:\s[a-z]{4}){3})(?![a-z])"""
)
PINS = (
    _pattern(
        r"""(?P<head>(?i:\b(?:my|your|his|her|our|card|bank|sim|atm|phone|door|alarm|meine?|ma|mon|mi|meu|minha|il\smio)
          \s(?:code\s)?pin(?:[\s-]?(?:code|number|nummer))?|\bPIN[\s-]?code)
          (?i:\s{1,3}(?:is|ist|es|é|est|è)|\s{0,3}[:=])\s{0,3})(?P<secret>[0-9]{4,8})(?![0-9])"""
    ),
    _pattern(
        r"""(?P<head>(?<!GPIO[ ])(?<!gpio[ ])(?:\bPIN\b|(?i:пин-код|\bel\spin\sde|alarm\spanel\scode))
          (?!\s(?:must|has|needs|should)\b)[^\n.;0-9]{0,40}?(?:\s(?:is|ist|es|est|è|от\sкарты)\s|\s?[:=]\s?|：))
        (?P<secret>[0-9]{4,8})(?![0-9])"""
    ),
)

# --- What is no secret ---------------------------------------------------------------------------------------------

HARMLESS = re.compile(
    r"^(?:\[REDACTED_\w+\]?|none|null|nil|true|false|undefined|required|optional|string|str|int|yes|no|bool(?:ean)?|n/?a|tba|tbd"
    # Placeholders, and code that reads the value from elsewhere.
    r"|\*{3,}|x{3,}|•{3,}|\.{3}|<[^>]*>?|(?-i:\$[A-Z_]+)|\$[{(].*|%\w+%|\{\{.*|\{[A-Za-z_ .]*\}?|your[\w-]*|example|changeme"
    r"|replace[_-]?me|![A-Za-z_]+|sk-\.*|[\[(].*|process\.env.*|os\.environ.*|[A-Za-z_][\w.]*[(\[].*|self\.\w+|this\.\w+"
    # Words with which prose continues: "The token: a small coin", "Password: see the wiki".
    r"|the|an?|is|was|are|my|your|his|her|their|our|its|that|this|these|those|same|of|for|in|on|at|by|and|or|to|not|i|we|it"
    r"|they|he|she|you|if|when|what|which|who|how|one|some|any|each|with|from|as|can|must|should|will|may|has|have|reset"
    r"|change[ds]?|hashed|encrypted|see|ask|use|set|enter|type|forgot(?:ten)?|check|call|please|click|choose|unchanged|unknown|here|below"
    r"|above|missing|empty|blank|hidden|invalid|incorrect|wrong|expired|weak|strong|ok|correct|only|at\sleast|minimum"
    r"|between|never|always|also|obligatori[ao]|obrigat[oó]ri[ao]|obligatoire|obbligatori[ao]|zorunlu|verplicht|wymagane"
    r"|wajib|vergessen|erforderlich|olvidada|esquecida|dimenticata)$",
    re.IGNORECASE,
)
# A variable, not a value: `self.password = password`, `token = user.token`.
REFERENCE = _pattern(rf"(?:[A-Za-z_]{{1,40}}\.){{0,4}}[A-Za-z_]{{0,40}}{_ANY}(?:_?(?i:hash|hashed|field|input|value))?")
PATH = re.compile(r"~?(?:/[A-Za-z_.-]{1,60}){1,20}/?")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# A number that counts something: "pass: 12", "token: 5120".
FIGURE = re.compile(r"[0-9]{1,3}|[0-9.,]{1,9}%?")

# --- Where to look -------------------------------------------------------------------------------------------------

# In lower case; a text without any of a rule's hints can't match it.
NAME_HINTS = (
    "pass", "pwd", "pw", "kennwort", "kenn-", "kenn_", "wlan", "senha", "contrase", "clave", "mot de", "mot-de", "mot_de",
    "mdp", "parola", "palavra", "wachtwoord", "hasło", "haslo", "lösenord", "losenord", "salasana", "adgangskode", "şifre",
    "sifre", "sandi", "mật", "key", "secret", "token", "cred", "auth", "密", "口令", "パスワード", "暗証番号", "비밀번호",
    "비번", "암호", "парол", "пин-код", "كلمة", "पासवर्ड",
)  # fmt: skip
HEADER_HINTS = ("authorization", "cookie")
SCHEME_HINTS = ("bearer", "basic", "token")
PIN_HINTS = ("pin", "пин", "code")
COMMAND_HINTS = ("curl", "-u", "user", "sshpass", "sql", "maria", "login", "redis", "ldap", "htpasswd", "echo", ":")

# --- Disguise ------------------------------------------------------------------------------------------------------

INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
# Invisible characters, and full-width forms of ASCII.
DISGUISE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\uff01-\uff5e]")
