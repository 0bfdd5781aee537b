"""What leaves the computer tells nobody's name, home or password."""

import json
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vsrt_gui.model.redaction import HOME, MARK, Private, Redaction

ANNA = Private(
    names=frozenset({"anna", "annas-laptop"}),
    homes=frozenset({"/home/anna", "C:\\Users\\anna"}),
    secrets=frozenset({"tr0ub4dor&3"}),
)

TEXTS = [
    ("/home/anna/.local/share", "~/.local/share"),
    ("C:\\Users\\anna\\AppData", "~\\AppData"),
    ('{"p": "C:\\\\Users\\\\anna\\\\x"}', '{"p": "~\\\\x"}'),
    ("file:///C:/Users/Anna/x", "file:///~/x"),
    ("file:///home/anna/x", "file://~/x"),
    ("on ANNAS-LAPTOP as anna", f"on {MARK} as {MARK}"),
    ("https://bob:hunter2@proxy.example:8080/x", f"https://{MARK}@proxy.example:8080/x"),
    ("http://bob:p/w@host/", f"http://{MARK}@host/"),
    ("https://key@sentry.example/1", f"https://{MARK}@sentry.example/1"),
    ("https://registry.example:8443/@scope/x", "https://registry.example:8443/@scope/x"),
    ("https://host.example/a/b@2x.png", "https://host.example/a/b@2x.png"),
    ("http://127.0.0.1:4000/?tkn=abc123&x=1", f"http://127.0.0.1:4000/?{MARK}"),
    ("GET /?access_token=abc HTTP/1.1", f"GET /?access_token={MARK} HTTP/1.1"),
    ("Authorization: Bearer abc.def", f"Authorization: {MARK}"),
    ("proxy_authorization=Basic YW5uOnB3", f"proxy_authorization={MARK}"),
    ("[(b'Set-Cookie', b'sid=1; x=2'), (b'Age', b'3')]", f"[(b'Set-Cookie', b'{MARK}'), (b'Age', b'3')]"),
    ('GET https://h/a.zip?se=1&key=k%3D "HTTP/1.1 200"', f'GET https://h/a.zip?{MARK} "HTTP/1.1 200"'),
    ("X-Amz-Signature=abc&x=1", f"X-Amz-Signature={MARK}&x=1"),
    ("pwd: hunter2", f"pwd: {MARK}"),
    ("password=hunter2, next", f"password={MARK}, next"),
    ('VSRT_PROXY_PASSWORD="two words"', f"VSRT_PROXY_PASSWORD={MARK}"),
    (f"coded {quote('tr0ub4dor&3', safe='')}", f"coded {MARK}"),
    ("nothing to hide: node 22.1, 5 files", "nothing to hide: node 22.1, 5 files"),
]


@pytest.mark.parametrize(("text", "told"), TEXTS)
def test_texts(text: str, told: str) -> None:
    assert Redaction(ANNA).text(text) == told


def test_a_value_keeps_its_shape() -> None:
    value = {
        "prefix": "/home/anna/rt",
        "password": "x1",
        "secret": None,
        "n": [1, True, "anna"],
        "token": True,
    }
    told = {"prefix": "~/rt", "password": MARK, "secret": None, "n": [1, True, MARK], "token": True}
    assert Redaction(ANNA).value(value) == told
    assert json.loads(Redaction(ANNA).line(json.dumps(value))) == told


def test_a_line_that_is_no_object_is_a_text() -> None:
    assert Redaction(ANNA).line("10:00 anna started") == f"10:00 {MARK} started"
    assert Redaction(ANNA).line("17") == "17"


def test_a_short_name_goes_only_where_it_stands_alone() -> None:
    told = Redaction(Private(names=frozenset({"al"}))).text("al has a manual, /srv/al/x")
    assert told == f"{MARK} has a manual, /srv/{MARK}/x"


def test_no_home_is_no_home() -> None:
    assert Redaction(Private(homes=frozenset({"/"}))).text("/usr/lib") == "/usr/lib"
    assert Redaction(Private()).text("") == ""


WORDS = st.text(st.characters(min_codepoint=33, exclude_categories=("Cs", "Cc")), min_size=4, max_size=12)
"""What names and passwords are made of."""


@given(name=WORDS, home=WORDS, secret=WORDS, pieces=st.lists(st.text(max_size=8), min_size=4, max_size=4))
def test_nothing_private_survives(name: str, home: str, secret: str, pieces: list[str]) -> None:
    assume(not any(set(word) <= set(MARK + HOME) or word in MARK + HOME for word in (name, home, secret)))
    home = f"/home/{home}"
    redaction = Redaction(
        Private(names=frozenset({name}), homes=frozenset({home}), secrets=frozenset({secret}))
    )
    one, two, three, four = pieces
    text = f"{one}{name}{two}{home}/{name}{three}{secret}{four} https://{name}:{secret}@host/"
    for word in (name, home, secret):
        assert word not in redaction.text(text)
    line = redaction.line(json.dumps({"text": text, "deep": [{"url": text}]}))
    told = json.loads(line)
    assert not any(word in told["text"] + told["deep"][0]["url"] for word in (name, home, secret))
