"""Secrets are taken out of texts, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_engine.security.scrub import REMOVED, scrub

# Put together here, so that no file of ours holds what looks like a key.
SECRETS = {
    "AWS": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub": "ghp_" + "a1B2" * 9,
    "GitHub, fine-grained": "github_pat_" + "11ABCDEFG0" * 4,
    "GitLab": "glpat-" + "x9Yz" * 5,
    "OpenAI": "sk-proj-" + "Ab1_" * 10,
    "Anthropic": "sk-ant-" + "api03-" + "Zz9-" * 10,
    "Stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "Slack": "xoxb-" + "123456789012-abcdefghij",
    "Google": "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
    "npm": "npm_" + "aB3d" * 9,
    "Hugging Face": "hf_" + "QwErTyUiOpAsDfGhJkLzXcVbNm1234",
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
}
LINES = {
    "postgres://app:hunter2@db.example:5432/app": "postgres://app:[secret removed]@db.example:5432/app",
    "Authorization: Bearer abc123def456ghi789jkl": "Authorization: Bearer [secret removed]",
    "DATABASE_PASSWORD=correct-horse": "DATABASE_PASSWORD=[secret removed]",
    'export API_KEY="q w e r t y"': "export API_KEY=[secret removed]",
    "password: Tr0ub4dor&3": "password: [secret removed]",
    "the password is hunter22": "the password is [secret removed]",
    '{"client_secret": "abcdefgh"}': '{"client_secret": [secret removed]}',
    "dbPassword = 'opensesame'": "dbPassword = [secret removed]",
    "Server=db;Password=p4ssw0rd!;Timeout=3": "Server=db;Password=[secret removed];Timeout=3",
}
HARMLESS = (
    "The password is wrong again.",
    "We keep tokens: short ones expire sooner.",
    "Secret: nobody reads the manual.",
    "PASSWORD=$DB_PASSWORD",
    "api_key = os.environ['KEY']",
    "token: string",
    "max_tokens=4096 and the key is on the table",
    "https://example.org:8080/a@b and user@example.org",
    "sk-learn is spelled scikit-learn",
    "The API key is required.",
    "commit 3f9a21c0c01d77e4a1b2c3d4e5f60718293a4b5c",
    "Basic authentication over TLS",
)


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_what_has_the_form_of_a_key_is_taken_out(secret):
    """Wherever it stands in a sentence."""
    assert (f"use {REMOVED}, please.", 1) == scrub(f"use {secret}, please.")


@pytest.mark.parametrize(("line", "scrubbed"), LINES.items())
def test_what_is_called_a_secret_is_taken_out(line, scrubbed):
    """The name stays, so that one sees what was there."""
    assert (scrubbed, 1) == scrub(line)


@pytest.mark.parametrize("kind", ["RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])
def test_a_private_key_is_taken_out_even_without_its_end(kind):
    """As a whole: between its marks, or to the end of the text."""
    begin, body, end = f"-----BEGIN {kind}-----\n", "MIIEow\nabc=\n", f"-----END {kind}-----"

    assert (f"a\n{REMOVED}\nb", 1) == scrub(f"a\n{begin}{body}{end}\nb")
    assert (f"a\n{REMOVED}", 1) == scrub(f"a\n{begin}{body}")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_speaks_of_secrets_stays(text):
    """Words about keys, names of variables, addresses and hashes are no secrets."""
    assert (text, 0) == scrub(text)


PIECES = st.sampled_from(
    [*SECRETS.values(), *LINES, *HARMLESS, "\n", " ", '"', "=", ":", "-----BEGIN PRIVATE KEY-----"]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=8).map("".join))
def test_a_scrubbed_text_stays_as_it_is(text):
    """Scrubbing twice is scrubbing once."""
    once = scrub(text).text

    assert (once, 0) == scrub(once)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece", ["a1", "a-", "token ", "eyJhbGci.", "-----BEGIN PRIVATE KEY-----!", "x://", "KEY", "sk-"]
)
def test_a_long_text_takes_time_by_its_length(piece):
    """What almost looks like secrets, again and again, comes to an end as well, and stays as it is then."""
    once = scrub(piece * (300_000 // len(piece))).text

    assert (once, 0) == scrub(once)
