"""Settings: what may be set, what is made once and kept, and how a bad value is refused."""

import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from warehouse import settings as settings_module
from warehouse.settings import BadSetting, Bind, Settings, home_default, read_dotenv

LEDGER_KEY = "0f" * 32


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def read(home: Path, dotenv: Path | None = None, **names: str) -> Settings:
    environ = {f"WAREHOUSE_{name.upper()}": value for name, value in names.items()}
    return Settings.from_environ({"WAREHOUSE_HOME": str(home), **environ}, dotenv)


def test_an_installation_with_nothing_set_runs_on_its_own_database_and_keys(home):
    settings = read(home)
    assert settings.database_url == f"sqlite:///{home}/warehouse.db"
    assert settings.bind == ("127.0.0.1", 8000)
    assert settings.timezone == "Asia/Shanghai"
    assert settings.smtp_url is None
    assert settings.data is None
    assert len(settings.ledger_key) == 32
    assert len(settings.secret_key) >= 32


def test_the_keys_are_made_once_and_only_their_owner_may_read_them(home):
    first, second = read(home), read(home)
    assert first == second
    assert first.ledger_key_id == second.ledger_key_id
    for name in ("secret.key", "ledger.key"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert {path.name for path in home.iterdir()} == {"secret.key", "ledger.key"}


def test_processes_that_start_at_once_agree_on_the_keys(home):
    with ProcessPoolExecutor(8, mp_context=get_context("spawn")) as starts:
        keys = set(starts.map(keys_of_a_start, [home] * 32))
    assert len(keys) == 1


def keys_of_a_start(home: Path) -> tuple[str, bytes]:
    settings = read(home)
    return settings.secret_key, settings.ledger_key


def test_the_second_to_make_a_key_takes_that_of_the_first(home):
    home.mkdir()
    settings_module._make_key(home / "ledger.key")
    first = (home / "ledger.key").read_text()
    settings_module._make_key(home / "ledger.key")
    assert (home / "ledger.key").read_text() == first
    assert len(list(home.iterdir())) == 1


def test_a_key_that_is_set_is_used_and_none_is_made(home):
    settings = read(home, ledger_key=LEDGER_KEY, secret_key="s" * 32)
    assert settings.ledger_key == bytes.fromhex(LEDGER_KEY)
    assert settings.secret_key == "s" * 32
    assert list(home.iterdir()) == []


def test_the_id_of_a_ledger_key_follows_from_the_key_alone(tmp_path):
    here = read(tmp_path / "here", ledger_key=LEDGER_KEY)
    there = read(tmp_path / "there", ledger_key=LEDGER_KEY.upper())
    other = read(tmp_path / "there", ledger_key="aa" * 32)
    assert here.ledger_key_id == there.ledger_key_id != other.ledger_key_id


def test_a_damaged_key_file_stops_the_start_and_is_kept_as_it_is(home):
    home.mkdir()
    (home / "ledger.key").write_text("0f0f")
    with pytest.raises(BadSetting, match=r"WAREHOUSE_LEDGER_KEY .*ledger\.key.*: expected 64 .*, got 4 char"):
        read(home)
    assert (home / "ledger.key").read_text() == "0f0f"


def test_secrets_do_not_show_when_the_settings_are_printed(home):
    shown = repr(read(home, ledger_key=LEDGER_KEY, secret_key="s" * 32, smtp_url="smtp://a:b@mail"))
    assert "sss" not in shown
    assert "a:b" not in shown
    assert "x0f" not in shown


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("postgres://a:b@db/floor", "postgresql+psycopg://a:b@db/floor"),
        ("postgresql://db:5433/floor?sslmode=require", "postgresql+psycopg://db:5433/floor?sslmode=require"),
        ("postgresql+psycopg:///floor?host=/run/pg", "postgresql+psycopg:///floor?host=/run/pg"),
        ("sqlite:////srv/floor.db", "sqlite:////srv/floor.db"),
    ],
)
def test_a_database_is_a_sqlite_file_or_postgresql(home, text, url):
    assert read(home, database_url=text).database_url == url


def test_a_relative_database_means_the_same_file_for_every_process(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read(home, database_url="sqlite:///floor.db").database_url == f"sqlite:///{tmp_path}/floor.db"


@pytest.mark.parametrize(
    ("text", "bind", "shown"),
    [
        ("0.0.0.0:80", ("0.0.0.0", 80), "0.0.0.0:80"),
        ("[::1]:8000", ("::1", 8000), "[::1]:8000"),
        ("floor.example:65535", ("floor.example", 65535), "floor.example:65535"),
    ],
)
def test_the_server_listens_on_a_host_and_a_port(home, text, bind, shown):
    assert read(home, bind=text).bind == Bind(*bind)
    assert str(Bind(*bind)) == shown


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("DATABASE_URL", "mysql://db/floor", "sqlite:///FILE or postgresql"),
        ("DATABASE_URL", "sqlite://", "sqlite:///FILE"),
        ("DATABASE_URL", "sqlite:///:memory:", "sqlite:///FILE"),
        ("DATABASE_URL", "sqlite:////", "sqlite:///FILE"),
        ("DATABASE_URL", "postgresql://db", "sqlite:///FILE or postgresql"),
        ("DATABASE_URL", "postgresql://db:port/floor", "sqlite:///FILE or postgresql"),
        ("DATABASE_URL", "floor.db", "sqlite:///FILE or postgresql"),
        ("BIND", "8000", "HOST:PORT"),
        ("BIND", "localhost:", "HOST:PORT"),
        ("BIND", "localhost:0", "HOST:PORT"),
        ("BIND", "localhost:65536", "HOST:PORT"),
        ("BIND", "localhost:٨٠٠٠", "HOST:PORT"),
        ("BIND", "::1:8000", "HOST:PORT"),
        ("TIMEZONE", "Mars/Olympus", "an IANA time zone"),
        ("TIMEZONE", "../../etc/passwd", "an IANA time zone"),
        ("TIMEZONE", "Asia", "an IANA time zone"),
        ("SMTP_URL", "mail.example:25", "smtp://HOST:PORT"),
        ("SMTP_URL", "smtp://", "smtp://HOST:PORT"),
        ("SMTP_URL", "smtp://mail:port", "smtp://HOST:PORT"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("LEDGER_KEY", "x" * 64, "64 hexadecimal digits"),
        ("DATA", "/no/such/folder", "a folder that exists"),
        ("HOME", "/dev/null/home", "a folder that can be made"),
        ("HOME", "~no-such-person-here/home", "a path"),
    ],
)
def test_a_bad_value_is_refused_with_its_name_and_what_was_expected(home, name, text, expected):
    with pytest.raises(BadSetting) as refused:
        Settings.from_environ({"WAREHOUSE_HOME": str(home), f"WAREHOUSE_{name}": text}, None)
    bad = refused.value
    assert bad.name == f"WAREHOUSE_{name}"
    assert bad.expected.startswith(expected)
    assert str(bad) == f"WAREHOUSE_{name}: expected {bad.expected}, got {bad.got}"
    assert not home.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("database_url", "mysql://ada:hush@db/floor"),
        ("database_url", "mysql://db/floor?password=hush"),
        ("smtp_url", "http://ada:hush@mail"),
        ("secret_key", "hush"),
        ("ledger_key", "hush"),
    ],
)
def test_a_refusal_never_shows_a_secret(home, name, text):
    with pytest.raises(BadSetting) as refused:
        read(home, **{name: text})
    assert "hush" not in str(refused.value)


def test_an_empty_value_is_as_good_as_none(home):
    assert read(home, bind="", timezone=" ", data="").timezone == "Asia/Shanghai"


def test_the_data_folder_is_taken_where_it_exists(home, tmp_path):
    assert read(home, data=str(tmp_path)).data == tmp_path


# ---------------------------------------------------------------- .env


@pytest.fixture
def dotenv(tmp_path):
    return tmp_path / ".env"


def test_a_dotenv_file_holds_names_and_values(dotenv):
    dotenv.write_text(
        "\ufeff# the floor\n\nWAREHOUSE_BIND=0.0.0.0:80   # everywhere\n"
        "export A = 'one # two'\nB=\"x=y\" # why\nC=a#b\nD=\nE=# nothing\n",
        "utf-8",
    )
    assert read_dotenv(dotenv) == {
        "WAREHOUSE_BIND": "0.0.0.0:80",
        "A": "one # two",
        "B": "x=y",
        "C": "a#b",
        "D": "",
        "E": "",
    }


def test_the_environment_wins_over_the_dotenv_file(home, dotenv):
    dotenv.write_text("WAREHOUSE_BIND=0.0.0.0:80\nWAREHOUSE_TIMEZONE=Europe/Paris\n")
    settings = read(home, dotenv, bind="127.0.0.1:9000")
    assert settings.bind.port == 9000
    assert settings.timezone == "Europe/Paris"


def test_a_missing_dotenv_file_sets_nothing(dotenv):
    assert read_dotenv(dotenv) == {}
    assert read_dotenv(None) == {}


@pytest.mark.parametrize("line", ["hush", "hush me=1", "A='hush", 'A="hush" me', "=hush", "1A=hush"])
def test_a_dotenv_line_that_cannot_be_read_is_named_by_its_number(dotenv, line):
    dotenv.write_text(f"A=1\n{line}\n")
    with pytest.raises(BadSetting, match=r"\.env line 2: expected NAME=VALUE") as refused:
        read_dotenv(dotenv)
    assert "hush" not in str(refused.value)


def test_a_dotenv_file_that_is_not_text_is_refused(dotenv):
    dotenv.write_bytes(b"A=\xff\xfe")
    with pytest.raises(BadSetting, match="a readable text file in UTF-8"):
        read_dotenv(dotenv)


# ---------------------------------------------------------------- the home


def test_a_checkout_keeps_its_data_in_var(monkeypatch, tmp_path):
    monkeypatch.setattr(settings_module, "CHECKOUT", tmp_path)
    assert home_default({"XDG_DATA_HOME": "/data"}) == tmp_path / "var"


def test_an_installed_product_keeps_its_data_in_the_users_data_folder(monkeypatch):
    monkeypatch.setattr(settings_module, "CHECKOUT", None)
    monkeypatch.setenv("HOME", "/home/ada")
    assert home_default({"XDG_DATA_HOME": "/data"}) == Path("/data/pickface")
    assert home_default({"XDG_DATA_HOME": "not/absolute"}) == Path("/home/ada/.local/share/pickface")
    assert home_default({}) == Path("/home/ada/.local/share/pickface")
