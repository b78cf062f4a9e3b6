"""The settings: read once from the environment and `.env`; a bad value stops the start with its name."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import SplitResult, parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warehouse.paths import CHECKOUT

BIND_DEFAULT = "127.0.0.1:8000"
TIMEZONE_DEFAULT = "Asia/Shanghai"
SECRET_KEY_LENGTH_MIN = 32
LEDGER_KEY_BYTES = 32
SECRET_KEY_FILE, LEDGER_KEY_FILE = "secret.key", "ledger.key"
PORT_MAX = 65535

T = TypeVar("T")


class BadSetting(Exception):  # noqa: N818 - named by what is wrong
    """A setting that cannot be used; `got` never shows a secret."""

    def __init__(self, name: str, expected: str, got: str) -> None:
        super().__init__(f"{name}: expected {expected}, got {got}")
        self.name = name
        self.expected = expected
        self.got = got


class Bind(NamedTuple):
    """The address that the server listens on; as text it is `HOST:PORT`."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be set about one installation."""

    home: Path
    """The folder that holds the database, the keys and the lock of this installation."""

    database_url: str = field(repr=False)
    """`sqlite:///` and an absolute path, or `postgresql+psycopg://…`."""

    secret_key: str = field(repr=False)
    """Signs the session cookies."""

    ledger_key: bytes = field(repr=False)
    """Seals every posting; without it the ledger can no longer prove itself."""

    bind: Bind
    """Where the server listens."""

    timezone: str
    """The IANA zone of warehouses made from now on; each keeps its own."""

    smtp_url: str | None = field(repr=False)
    """Where mail is handed over, over TLS; None sends none. `?from=` is the sender, `?cafile=` who signs its certificate."""

    log: str
    """`text`: a line for each failure; `json`: a line for each request."""

    data: Path | None
    """Real data for the tests; None skips those tests."""

    @property
    def ledger_key_id(self) -> str:
        """Names the ledger key without telling it; the same key has the same id on every machine."""
        return key_id(self.ledger_key)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ, dotenv: Path | None = Path(".env")) -> Settings:
        """The settings of this start; makes the home and its two keys where they do not exist yet.

        Raises:
            BadSetting: a value cannot be used. Every value is judged before anything is made.
        """
        texts = {**read_dotenv(dotenv), **environ}
        database_url = _read(texts, "WAREHOUSE_DATABASE_URL", _database_url)
        secret_key = _read(texts, "WAREHOUSE_SECRET_KEY", _secret_key)
        ledger_key = _read(texts, "WAREHOUSE_LEDGER_KEY", _ledger_key)
        bind = _read(texts, "WAREHOUSE_BIND", _bind)
        timezone = _read(texts, "WAREHOUSE_TIMEZONE", _timezone)
        smtp_url = _read(texts, "WAREHOUSE_SMTP_URL", _smtp_url)
        log = _read(texts, "WAREHOUSE_LOG", _log)
        data = _read(texts, "WAREHOUSE_DATA", _folder)
        home = _made(home_of(texts))
        return cls(
            home=home,
            database_url=database_url or f"sqlite:///{home / 'warehouse.db'}",
            secret_key=secret_key or _kept("WAREHOUSE_SECRET_KEY", home / SECRET_KEY_FILE, _secret_key),
            ledger_key=ledger_key or _kept("WAREHOUSE_LEDGER_KEY", home / LEDGER_KEY_FILE, _ledger_key),
            bind=bind or _bind(BIND_DEFAULT),
            timezone=timezone or TIMEZONE_DEFAULT,
            smtp_url=smtp_url,
            log=log or "text",
            data=data,
        )


def key_id(ledger_key: bytes) -> str:
    """Names a ledger key without telling it."""
    return hashlib.sha256(b"pickface ledger key " + ledger_key).hexdigest()[:12]


def home_of(texts: Mapping[str, str]) -> Path:
    """The home that settings name; makes nothing.

    Raises:
        BadSetting: it is no path.
    """
    return _read(texts, "WAREHOUSE_HOME", _path) or home_default(texts)


def home_default(environ: Mapping[str, str]) -> Path:
    """`var` in a checkout, else a folder of ours in the user's data folder."""
    if CHECKOUT:
        return CHECKOUT / "var"
    data_home = environ.get("XDG_DATA_HOME", "")
    return (Path(data_home) if data_home.startswith("/") else _path("~/.local/share")) / "pickface"


# ---------------------------------------------------------------- the .env file


def read_dotenv(path: Path | None) -> dict[str, str]:
    """The `NAME=VALUE` lines of a file; nothing where there is no file.

    Blank lines, `#` comments, `export` and quotes are understood; nothing inside a value is replaced.

    Raises:
        BadSetting: a line is none of these. It is named by its number, for it may hold a secret.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines() if path else []
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(str(path), "a readable text file in UTF-8", type(error).__name__) from error
    values: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        name, value = _dotenv_pair(line)
        if name is None or value is None:
            raise BadSetting(f"{path} line {number}", "NAME=VALUE", "something else")
        values[name] = value
    return values


def _dotenv_pair(line: str) -> tuple[str | None, str | None]:
    match = re.fullmatch(r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)", line, re.ASCII)
    return (match[1], _dotenv_value(match[2])) if match else (None, None)


def _dotenv_value(text: str) -> str | None:
    if not text.startswith(("'", '"')):
        return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
    value, closing, rest = text[1:].partition(text[0])
    return value if closing and rest.strip()[:1] in {"", "#"} else None


# ---------------------------------------------------------------- one value: text in, meaning out


class _Bad(Exception):  # noqa: N818
    """What a value should have been and what it is; the reader of the value adds its name."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got


def _read(texts: Mapping[str, str], name: str, understand: Callable[[str], T]) -> T | None:
    """The value of a name; None where it is unset or empty."""
    text = texts.get(name, "").strip()
    return _understood(name, text, understand) if text else None


def _understood(name: str, text: str, understand: Callable[[str], T]) -> T:
    try:
        return understand(text)
    except _Bad as bad:
        raise BadSetting(name, bad.expected, bad.got) from None


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise _Bad("a path", repr(text)) from None


def _folder(text: str) -> Path:
    path = _path(text)
    if not path.is_dir():
        raise _Bad("a folder that exists", repr(text))
    return path


def _database_url(text: str) -> str:
    if text.startswith("sqlite:"):
        return _sqlite_url(text)
    parts = _split(text)
    scheme, has_database = (parts.scheme, parts.path.strip("/")) if parts else ("", "")
    if scheme in {"postgresql+psycopg", "postgresql", "postgres"} and has_database:
        return f"postgresql+psycopg{text[len(scheme) :]}"
    raise _Bad("sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE", _without_secrets(text))


def _sqlite_url(text: str) -> str:
    """The URL with an absolute path: every process means the same file, wherever it was started."""
    file = text.removeprefix("sqlite:///")
    if file in {text, "", ":memory:"} or "?" in file or _path(file).is_dir():
        raise _Bad("sqlite:///FILE", repr(text))
    return f"sqlite:///{_path(file)}"


def _smtp_url(text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise _Bad("smtp://HOST:PORT or smtps://USER:PASSWORD@HOST:PORT", _without_secrets(text))
    asked = parse_qs(parts.query, keep_blank_values=True)
    if not set(asked) <= {"cafile", "from"}:
        raise _Bad("smtp://HOST:PORT with ?from=ADDRESS or cafile=FILE at most", _without_secrets(text))
    if not all(Path(file).is_file() for file in asked.get("cafile", ())):
        raise _Bad("smtp://…?cafile=FILE with a file that exists", _without_secrets(text))
    if not all(re.fullmatch(r"[!-~]+@[A-Za-z0-9.-]+", sender) for sender in asked.get("from", ())):
        raise _Bad("smtp://…?from=NAME@DOMAIN", _without_secrets(text))
    return text


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None where its host or port is malformed."""
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _without_secrets(url: str) -> str:
    return repr(re.sub(r"//.*@", "//***@", url.partition("?")[0]))


def _bind(text: str) -> Bind:
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})", text)
    if match is None or not 1 <= int(match[3]) <= PORT_MAX:
        raise _Bad(f"HOST:PORT with a port from 1 to {PORT_MAX}", repr(text))
    return Bind(match[1] or match[2], int(match[3]))


def _timezone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _Bad("an IANA time zone such as Asia/Shanghai", repr(text)) from None


def _log(text: str) -> str:
    if text not in {"text", "json"}:
        raise _Bad("text or json", repr(text))
    return text


def _secret_key(text: str) -> str:
    if len(text) < SECRET_KEY_LENGTH_MIN:
        raise _Bad(f"at least {SECRET_KEY_LENGTH_MIN} characters", _length(text))
    return text


def _ledger_key(text: str) -> bytes:
    if not re.fullmatch(rf"[0-9a-fA-F]{{{2 * LEDGER_KEY_BYTES}}}", text):
        raise _Bad(f"{2 * LEDGER_KEY_BYTES} hexadecimal digits", _length(text))
    return bytes.fromhex(text)


def _length(secret: str) -> str:
    return f"{len(secret)} characters" if re.fullmatch(r"[!-~]*", secret) else "other characters"


# ---------------------------------------------------------------- what is kept in the home


def _made(home: Path) -> Path:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        got = f"{home} ({error.strerror})"
        raise BadSetting("WAREHOUSE_HOME", "a folder that can be made", got) from error
    return home


def _kept(name: str, path: Path, understand: Callable[[str], T]) -> T:
    """The key in a file of the home, made there by whichever process comes first."""
    try:
        if not path.exists():
            _make_key(path)
        text = path.read_text("utf-8", errors="replace").strip()
    except OSError as error:
        raise BadSetting("WAREHOUSE_HOME", f"a folder that can keep {path.name}", str(error)) from error
    return _understood(f"{name} (kept in {path})", text, understand)


def _make_key(path: Path) -> None:
    """Writes a new key aside and links it into place: readers see a whole key or none, the first stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(LEDGER_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Makes a new name in a folder outlive a power cut: a lost ledger key would end all proof."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
