import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.fusion_payment_common.lib import vault
from odoo.addons.fusion_payment_common.lib.vault import Vault

OLD = "Y3VycmVudC1rZXktb2YtdGhpcnR5LXR3by1ieXRlczE="
NEW = "bmV3ZXN0LWtleS1vZi10aGlydHktdHdvLWJ5dGVzMjI="


def test_what_was_encrypted_is_decrypted_and_cannot_be_read_otherwise():
    token = Vault([OLD]).encrypt("4242424242424242")
    assert "4242" not in token
    assert Vault([OLD]).decrypt(token) == "4242424242424242"


def test_the_same_value_is_encrypted_differently_every_time():
    safe = Vault([OLD])
    assert safe.encrypt("123") != safe.encrypt("123")


def test_an_older_key_still_opens_and_rotation_moves_to_the_current_one():
    token = Vault([OLD]).encrypt("secret")
    both = Vault([NEW, OLD])
    assert both.decrypt(token) == "secret"
    rotated = both.rotate(token)
    assert Vault([NEW]).decrypt(rotated) == "secret"
    with pytest.raises(vault.VaultDecryptionError):
        Vault([OLD]).decrypt(rotated)


def test_rotating_twice_is_harmless():
    both = Vault([NEW, OLD])
    assert Vault([NEW]).decrypt(both.rotate(both.rotate(Vault([OLD]).encrypt("x")))) == "x"


@pytest.mark.parametrize("keys", [[], [""], ["  "], [None]])
def test_without_a_key_the_vault_says_so_and_refuses(keys):
    with pytest.raises(vault.VaultKeyMissingError, match="no encryption key is configured"):
        Vault(keys)


@pytest.mark.parametrize("keys", [["short"], ["not base64 !!" * 4], [OLD, "short"], OLD])
def test_a_malformed_key_is_refused_without_being_shown(keys):
    with pytest.raises(vault.VaultKeyInvalidError) as caught:
        Vault(keys)
    assert "short" not in str(caught.value)
    assert OLD not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "change", [lambda token: token[:-4], lambda token: "x" + token, lambda _: ""]
)
def test_a_changed_value_is_noticed(change):
    safe = Vault([OLD])
    token = change(safe.encrypt("secret"))
    with pytest.raises(vault.VaultDecryptionError):
        safe.decrypt(token)
    with pytest.raises(vault.VaultDecryptionError):
        safe.rotate(token)


def test_another_key_does_not_open():
    with pytest.raises(vault.VaultDecryptionError):
        Vault([NEW]).decrypt(Vault([OLD]).encrypt("secret"))


def test_no_key_shows_in_a_repr():
    assert OLD not in repr(Vault([OLD]))


def test_a_generated_key_works_at_once():
    safe = Vault([vault.generate_key()])
    assert safe.decrypt(safe.encrypt("x")) == "x"


@given(st.text())
def test_any_text_comes_back_unchanged(text):
    safe = Vault([OLD])
    assert safe.decrypt(safe.encrypt(text)) == text
