"""Mail: who says what in a message, what is attached to it, and messages made to choke a parser."""

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import EmptyFile, EncryptedFile, ReadError
from index.readers import read_bytes
from index.readers.mail.headers import addresses, date_of, decoded, in_charset
from index.schema import Document, Reading
from tests.index.readers.reading import assert_read_or_refused, assert_survives_damage, check, kinds, zipped

BODY = "The toll is 4.50 crowns. It is paid at the gate."


def message(text: str = BODY, **headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {"From": '"Lee, Ann" <ann@a.example>', "Subject": "Toll", **headers}.items():
        made[name] = value
    made.set_content(text)
    return made


def read(data: bytes | EmailMessage, source: str = "mail.eml") -> Reading:
    reading = read_bytes(data if isinstance(data, bytes) else data.as_bytes(), source=source)
    if reading.documents:
        check(reading.documents)
    return reading


def raw(body: str, headers: str = "") -> bytes:
    return f"From: ann@a.example\nSubject: Toll\n{headers}\n{body}".encode()


def only(reading: Reading) -> Document:
    assert not reading.failures
    (document,) = reading.documents
    return document


def test_facts_come_from_the_headers() -> None:
    sent = message(Subject="Brücken & Zölle", To="Bo Roe <bo@b.example>, c@d.example", Cc="Dee <d@e.example>")
    sent["Date"] = "Tue, 1 Apr 2025 23:50:00 -0700"
    document = only(read(sent))
    assert (document.title, document.author, document.date) == ("Brücken & Zölle", "Lee, Ann", "2025-04-01")
    assert document.publisher is None
    assert document.metadata == {"from": "ann@a.example", "to": "Bo Roe, c@d.example", "cc": "Dee"}
    assert kinds(document) == [("heading", "Brücken & Zölle"), ("paragraph", BODY)]


def test_quotes_attributions_and_signatures_are_not_the_senders_words() -> None:
    text = (
        "It is 4.50.\n\nOn Mon, 31 Mar 2025 at 10:00, Bo Roe\n<bo@b.example> wrote:\n> Is it nine?\n>> I think so.\n\n"
        "I doubt this:\n> It is nine.\n\n- gate\n- bridge\n\n-- \nAnn Lee\nToll House\n"
    )
    assert kinds(only(read(message(text))))[1:] == [
        ("paragraph", "It is 4.50."),
        ("furniture", "On Mon, 31 Mar 2025 at 10:00, Bo Roe"),
        ("furniture", "<bo@b.example> wrote:"),
        ("furniture", "> Is it nine?"),
        ("furniture", ">> I think so."),
        ("paragraph", "I doubt this:"),
        ("furniture", "> It is nine."),
        ("item", "gate"),
        ("item", "bridge"),
        ("furniture", "--"),
        ("furniture", "Ann Lee"),
        ("furniture", "Toll House"),
    ]


def test_a_forwarded_message_is_its_writers() -> None:
    headers = "From: Cy Doe <cy@d.example>\nDate: Wed, 2 Apr 2025 at 09:00\nSubject: Budget\nTo: ann@a.example\n"
    text = f"For you.\n\n---------- Forwarded message ---------\n{headers}\n{BODY}\n"
    passed, written = read(message(text, Subject="Fwd: Budget")).documents
    assert (passed.author, passed.title) == ("Lee, Ann", "Fwd: Budget")
    assert kinds(passed)[1:] == [("paragraph", "For you."), ("furniture", "---------- Forwarded message ---------")]
    assert (written.author, written.title, written.date) == ("Cy Doe", "Budget", "2025-04-02")
    assert written.metadata == {"forwarded_by": "Lee, Ann"}
    assert kinds(written)[-1] == ("paragraph", BODY)
    answered = only(read(message(f"No.\n\n{headers}\n{BODY}\n", Subject="Re: Budget")))
    assert kinds(answered)[1:] == [("paragraph", "No."), ("furniture", headers.strip()), ("furniture", BODY)]


def test_html_is_read_where_there_is_no_plain_text() -> None:
    page = (
        "<html><body><p>It is <b>4.50</b>.</p><script>x</script><div class='gmail_quote'>On 3 May Bo wrote:"
        "<blockquote>Nine?</blockquote></div></body></html>"
    )
    sent = message()
    sent.set_content(page, subtype="html")
    assert kinds(only(read(sent)))[1:] == [
        ("paragraph", "It is 4.50."),
        ("furniture", "On 3 May Bo wrote:"),
        ("furniture", "Nine?"),
    ]
    both = message("Plain.")
    both.add_alternative(page, subtype="html")
    assert kinds(only(read(both)))[1:] == [("paragraph", "Plain.")]
    empty = message(" ")
    empty.add_alternative(page, subtype="html")
    assert kinds(only(read(empty)))[1] == ("paragraph", "It is 4.50.")


def test_attachments_are_read_as_the_files_they_are() -> None:
    sent = message()
    sent.add_attachment(b"# Costs\n\nNine.", maintype="application", subtype="octet-stream", filename="../größe.md")
    sent.add_attachment(zipped({"a.txt": "Ten."}), maintype="application", subtype="zip", filename="a.zip")
    sent.add_attachment(b"Eleven.", maintype="application", subtype="octet-stream", filename="a.zip")
    sent.add_attachment(b"a,b\n1,2\n3,4\n5,6\n", maintype="text", subtype="csv")
    sent.add_attachment(message("Inside.", Subject="Inner/1"))
    reading = read(sent)
    found = {document.source: document.text for document in reading.documents}
    assert found.pop("mail.eml/größe.md") == "Costs\n\nNine."
    assert found.pop("mail.eml/a.zip/a.txt") == "Ten."
    assert found.pop("mail.eml/a (2).zip") == "Eleven."
    assert found.pop("mail.eml/Inner-1.eml") == "Inner/1\n\nInside."
    assert found.pop("mail.eml") == f"Toll\n\n{BODY}"
    ((name, table),) = found.items()
    assert name.startswith("mail.eml/part-")
    assert name.endswith(".csv")
    assert "a: 1 | b: 2" in table
    assert not reading.failures


def test_one_bad_attachment_does_not_fail_the_rest() -> None:
    sent = message()
    sent.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="map.png")
    sent.add_attachment(b"%PDF-1.4 cut", maintype="application", subtype="pdf", filename="toll.pdf")
    sent.add_attachment(b"Nine.", maintype="text", subtype="x-note", filename="note")
    reading = read(sent)
    assert [document.source for document in reading.documents] == ["mail.eml", "mail.eml/note"]
    assert [failure.source for failure in reading.failures] == ["mail.eml/map.png", "mail.eml/toll.pdf"]
    assert "PNG image" in reading.failures[0].reason


def test_what_is_for_programs_is_silent() -> None:
    sent = message()
    sent.add_related(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", cid="<logo>")
    sent.make_mixed()
    sent.add_attachment(b"sig", maintype="application", subtype="pgp-signature", filename="signature.asc")
    assert only(read(sent)).text == f"Toll\n\n{BODY}"


def test_a_subject_alone_is_text() -> None:
    assert kinds(only(read(raw("")))) == [("paragraph", "Toll")]
    with pytest.raises(EmptyFile, match="without text or attachments"):
        read(b"From: a@b.example\nDate: Thu, 3 Apr 2025 10:00:00 +0000\n\n\n")


def test_encrypted_messages_say_so() -> None:
    sealed = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n"
    with pytest.raises(EncryptedFile, match=r"mail\.eml is encrypted; .* save it decrypted"):
        read(raw("MIIB\n", sealed))


def test_mailboxes_hold_messages() -> None:
    box = (
        b"From a@b Tue Apr  1 10:00:00 2025\nFrom: a@b.example\nSubject: One\n\nIt rains.\n>From me.\n"
        b"From here on 2025\n\n"
        b"From c@d Tue Apr  1 11:00:00 2025\nSubject: Two\nX-Note: y\n\nIt pours.\n"
    )
    for data in (box, box.replace(b"\n", b"\r\n")):
        one, two = read(data, "box").documents
        assert (one.source, two.source) == ("box/message 1", "box/message 2")
        assert kinds(one)[1] == ("paragraph", "It rains.\nFrom me.\nFrom here on 2025")
        assert kinds(two) == [("heading", "Two"), ("paragraph", "It pours.")]
    reading = read(box + b"\nFrom e@f Tue Apr  1 12:00:00 2025\nFrom: x\n\n\n", "box")
    assert (len(reading.documents), [failure.source for failure in reading.failures]) == (2, ["box/message 3"])


def test_only_headers_at_the_start_make_a_mail() -> None:
    for text in ("From: here on\n\nTo: the gate", "Note: a\nSubject: b\n\nc", "From: Ann\nit was said\nTo: Bo\n\nc"):
        assert read(text.encode(), "a.txt").documents[0].text == text


def test_headers_are_decoded_in_pieces_and_with_wrong_names() -> None:
    assert decoded("=?utf-8?q?So=C3=9Fe?= =?x-none?b?YQ==?= =?utf-8?b?!!?=").startswith("Soßea")
    assert decoded(b"Br\xc3\xbccke".decode("ascii", "surrogateescape")) == "Brücke"
    assert in_charset(b"\x93toll\x94", "us-ascii; x") == "\ufffdtoll\ufffd"
    assert in_charset(b"\x93toll\x94", "ISO-8859-1") == "“toll”"
    assert in_charset(b"xn--toll", "idna") == "xn--toll"
    assert addresses("undisclosed-recipients:;") == []
    assert date_of("Tue, 99 Apr 2025 99:99:99") is None


BOMBS = {
    "words": "From: a@b\nSubject: " + " ".join(f"=?utf-8?q?w=C3=A9rd{n}?=" for n in range(20_000)) + "\n\nSoup.",
    "people": "From: a@b\nTo: " + ", ".join(f"=?utf-8?q?A{n}?= <a@b>" for n in range(20_000)) + "\n\nSoup.",
    "quotes": "From: a@b\nSubject: c\nTo: " + '"' * 100_000 + "(" * 100_000 + "\n\nSoup.",
    "lines": "From: a@b\nSubject: c\n\n" + "> On 3 May Bo wrote:\n" * 20_000,
    "headers": "From: a@b\nSubject: c\n\n" + "From: a\nTo: b\nDate: c\n\n" * 2_000,
    "base64": "From: a@b\nSubject: c\nContent-Transfer-Encoding: base64\n\n" + "=A!B" * 50_000,
    "marks": "From: a@b\nSubject: c\n\n" + "!?" * 20_000,
}
REFUSED = {
    "parts": "From: a@b\nSubject: c\n"
    + "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(1_500)),
    "messages": "From: a@b\nSubject: c\n" + "Content-Type: message/rfc822\n\n" * 3_000,
    "parameters": "From: a@b\nSubject: c\nContent-Type: multipart/mixed" + ";" * 300_000 + "\n\nSoup.",
    "endless": "From: a\nTo: b\n" * 100_000,
    "elements": "From: a@b\nSubject: c\nContent-Type: text/html\n\n" + "<div>" * 50_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_read_in_seconds(name: str) -> None:
    start = time.perf_counter()
    assert read(BOMBS[name].encode()).documents
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("name", REFUSED)
def test_bombs_that_cannot_be_read_are_refused_in_seconds(name: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ReadError, match=r"^mail\.eml .*; "):
        read(REFUSED[name].encode())
    assert time.perf_counter() - start < 10


def test_damaged_messages_are_read_or_refused() -> None:
    sent = message()
    sent.add_alternative("<p>Toll</p>", subtype="html")
    sent.add_attachment(zipped({"a.txt": "Ten."}), maintype="application", subtype="zip", filename="ä.zip")
    assert_survives_damage(sent.as_bytes(), "mail.eml")


LINES = [
    "Content-Type: multipart/mixed; boundary=b",
    "--b",
    "--b--",
    "Content-Type: text/html; charset=x",
    "> a",
    "-- ",
]
LINES += [
    "Content-Transfer-Encoding: base64",
    "Content-Type: message/rfc822",
    "",
    "",
    "From: a@b",
    "To: c",
    "Subject: d",
]
LINES += ["Content-Disposition: attachment; filename*=utf-8''%ff", "-----Original Message-----", "Soup is hot.", "<p>x"]


@settings(max_examples=150)
@given(lines=st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=20)), max_size=25))
def test_hostile_messages_are_read_or_refused(lines: list[str]) -> None:
    assert_read_or_refused("\n".join(["From: a@b", "Subject: c", *lines]).encode(errors="ignore"), "mail.eml")
