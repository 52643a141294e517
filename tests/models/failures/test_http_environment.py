"""Variables of the environment that the HTTP client obeys: who cannot be reached because of one is told which."""

import asyncio
from pathlib import Path

import pytest

from stretto.core.errors import InputError, ModelError
from stretto.models import open_model
from stretto.models.failures import http_environment as environment
from stretto.models.failures.http_environment import check_environment, connection_hint
from tests.models.conftest import KEYS

pytestmark = pytest.mark.anyio

SPECS = ["anthropic:claude-haiku-4-5", "openai-chat:gpt-4.1", "google:gemini-3-flash-preview"]
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set."""
    for name in (*NAMES, *map(str.lower, NAMES), *environment._OF_OTHERS):  # pyright: ignore[reportPrivateUsage]
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("foo://host:1", "a proxy of a kind that cannot be used: foo"),
        ("http://", "is no address of a proxy"),
        (":::", "is no address of a proxy"),
        ("http://host:port", "is no address of a proxy"),
        ("http://user:hunter2@host:port", "is no address of a proxy"),
        ("not an address", "is no address of a proxy"),
    ],
)
def test_an_unusable_proxy_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str):
    """The variable is named as it is written, with the way out and without the password."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=message) as caught:
        check_environment(url="")
    assert str(caught.value).startswith(name)
    assert f"unset {name}" in caught.value.hint
    assert "hunter2" not in str(caught.value)


def test_a_socks_proxy_needs_its_package(monkeypatch: pytest.MonkeyPatch):
    """The package that is missing is the proxy's, not the provider's; where it is there nothing is said."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    for spec in SPECS:
        with pytest.raises(InputError, match="ALL_PROXY names a SOCKS proxy") as caught:
            open_model(spec, keys=KEYS)
        assert "pip install socksio" in caught.value.hint
    monkeypatch.setattr(environment, "find_spec", lambda name: object())
    check_environment(url="")


def test_without_proxies_none_is_looked_at(monkeypatch: pytest.MonkeyPatch):
    """NO_PROXY=* leaves all of them out."""
    monkeypatch.setenv("HTTP_PROXY", "foo://host")
    monkeypatch.setenv("NO_PROXY", "*")
    check_environment(url="")


@pytest.mark.parametrize("spec", SPECS)
def test_certificates_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spec: str):
    """A missing file, a folder and garbage in SSL_CERT_FILE are told with the variable and the path."""
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    for path, message in (
        (tmp_path / "missing.pem", "no such file"),
        (tmp_path, "directory"),
        (garbage, "holds no cert"),
    ):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        with pytest.raises(InputError, match=message) as caught:
            open_model(spec, keys=KEYS)
        assert str(caught.value).startswith(f"SSL_CERT_FILE names {path}")
        assert "unset SSL_CERT_FILE" in caught.value.hint


def test_a_folder_of_certificates_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """It is told where a connection would be encrypted, and is nothing where none is."""
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "missing"))
    check_environment(url="http://127.0.0.1:1")
    with pytest.raises(InputError, match=r"SSL_CERT_DIR names .*missing, which is no folder"):
        check_environment(url="")


async def test_what_an_sdk_alone_trips_over(monkeypatch: pytest.MonkeyPatch):
    """Google's SDK cannot take every NO_PROXY: its variables are named, and nothing else is heard."""
    monkeypatch.setenv("NO_PROXY", "[::bad")
    with pytest.raises(InputError, match="The HTTP client cannot be set up") as caught:
        open_model("google:gemini-3-flash-preview", keys=KEYS)
    assert "NO_PROXY" in caught.value.hint


@pytest.mark.parametrize("name", ["HTTP_PROXY", "all_proxy"])
async def test_a_proxy_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch, make_request, name: str):
    """Where calls go through a proxy that nobody answers at, the variable and the proxy are named."""
    listener = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    monkeypatch.setenv(name, f"http://user:hunter2@127.0.0.1:{port}")
    with pytest.raises(ModelError) as caught:
        await open_model("openai-chat:x", base_url="http://provider.example/v1", keys=KEYS).respond(make_request())
    assert caught.value.kind == "connection"
    assert f"the proxy of {name} (http://127.0.0.1:{port})" in caught.value.hint
    assert f"unset {name}" in caught.value.hint
    assert "NO_PROXY=provider.example" in caught.value.hint
    assert "hunter2" not in str(caught.value)


def test_a_host_that_goes_without_the_proxy(monkeypatch: pytest.MonkeyPatch):
    """Nothing is said of a proxy that the call did not go through."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "provider.example")
    assert connection_hint("http://provider.example/v1", "refused") == ""
    assert connection_hint("https://other.example/v1", "refused") == ""
    assert "HTTP_PROXY" in connection_hint("http://other.example/v1", "refused")


def test_certificates_that_are_not_trusted(monkeypatch: pytest.MonkeyPatch):
    """The variable that decides is named, or the one that other programs read in its place."""
    message = "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"
    assert "set SSL_CERT_FILE to its file" in connection_hint("https://a.example", message)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/a.pem")
    assert connection_hint("https://a.example", message).startswith("REQUESTS_CA_BUNDLE is not read here")
    monkeypatch.setenv("SSL_CERT_FILE", "/a.pem")
    assert connection_hint("https://a.example", message).startswith("SSL_CERT_FILE says which certificates are trusted")
