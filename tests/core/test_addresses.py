"""What of a server's address may be shown and kept."""

import pytest

from stretto.core.addresses import address_for_command, hide_addresses, read_address, shown_address

SECRET = "canary5Gt8"

HOLDING = {
    f"http://u:{SECRET}@host:1/v1": "http://host:1/v1",
    f"https://{SECRET}@host/v1": "https://host/v1",
    f"http://:{SECRET}@host/v1": "http://host/v1",
    f"http://u:{SECRET}@%40@host/v1": "http://host/v1",
    f"http://u:{SECRET}%2Fx@[::1]:80/v1": "http://[::1]:80/v1",
    f"http://u:p/{SECRET}@host/v1": "http://host/v1",
    f"http://u:{SECRET}@host:99999/v1": "http://host:99999/v1",
    f"http://host/v1?key={SECRET}": "http://host/v1",
    f"http://host/v1?x=1&api_key={SECRET}": "http://host/v1",
    f"http://host/v1?{SECRET}": "http://host/v1",
    f"http://host/v1#{SECRET}": "http://host/v1",
    f"http://host/v1#token={SECRET}": "http://host/v1",
    f"socks5://u:{SECRET}@proxy:1080": "socks5://proxy:1080",
    f"u:{SECRET}@host": "host",
    f"postgresql://u:{SECRET}@host/db": "postgresql://host/db",
    f"postgresql://host/db?password={SECRET}": "postgresql://host/db",
}


@pytest.mark.parametrize(("url", "shown"), HOLDING.items())
def test_an_address_is_shown_without_its_secret(url: str, shown: str):
    """User, password, query and fragment are not shown, and what was left out is known as a secret."""
    address = read_address(url)
    assert address.shown == shown
    assert any(SECRET in secret for secret in address.secrets)
    assert SECRET not in repr(address)
    assert shown_address(shown) == shown


@pytest.mark.parametrize("url", [url for url in HOLDING if "://" in url and f"/{SECRET}@" not in url])
def test_an_address_to_be_typed_again_has_stars(url: str):
    """A command that is advised names the place of the secret, and not the secret."""
    shown = address_for_command(url)
    assert SECRET not in shown
    assert "***" in shown or "99999" in url


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/v1", "https://api.example.com", "runs.db", "postgresql://me@h/db"]
)
def test_an_address_without_a_secret_stays_as_it_is(url: str):
    """Nothing of an address without a secret is changed."""
    assert address_for_command(url) == url
    assert url.startswith("postgresql") or shown_address(url) == url


def test_a_secret_in_every_form():
    """What a message may repeat is known decoded, too, and as the header that carries it."""
    secrets = read_address("http://user:p%40ss%2Fword@host").secrets
    assert {"p%40ss%2Fword", "p@ss/word", "dXNlcjpwQHNzL3dvcmQ="} <= set(secrets)


def test_a_users_name_in_a_database_is_no_secret():
    """With a password beside it, or in a database's address, a name is an ordinary word that messages may have."""
    assert read_address("postgresql://stretto@host/stretto").secrets == ()
    assert "someone" not in read_address(f"http://someone:{SECRET}@host").secrets


def test_addresses_in_the_words_of_others():
    """A message that quotes an address is shown without its user and its keys; other links stay whole."""
    said = f"cannot reach http://u:{SECRET}@host/v1?api_key={SECRET} ; see https://example.com/help?page=2"
    assert hide_addresses(said) == "cannot reach http://host/v1?api_key=… ; see https://example.com/help?page=2"
