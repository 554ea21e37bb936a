"""What is an error, and what only has the word in it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from wirelint.core.body import Body
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.headers import Headers
from wirelint.core.media import media_type
from wirelint.evidence.envelope import Grade, envelope
from wirelint.evidence.own_status import own_status
from wirelint.evidence.pages import error_page
from wirelint.evidence.said import Said, meanings, said
from wirelint.evidence.texts import Meaning, of_code, of_prose


def answer(
    content: Any, media: Any = "application/json", path: Any = "/things", status: Any = 200, *, complete: Any = True
) -> Any:
    if not isinstance(content, str):
        content = json.dumps(content)
    body = Body(content.encode(), media=media_type(media), complete=complete)
    return Exchange(
        request=Request(method="POST", target=path),
        response=Response(status=status, headers=Headers.of(("content-type", media)), body=body),
    )


def grade(*args: Any, **kwargs: Any) -> Any:
    found = envelope(answer(*args, **kwargs))
    return None if found is None else found.grade


@pytest.mark.parametrize(
    "content",
    [
        {"success": False, "message": "no such user"},
        {"ok": False, "error": "channel_not_found"},
        {"status": "error", "errors": [{"code": 7}]},
        {"Response": "False", "Error": "Movie not found!"},
        {"error": {"type": "DataException", "message": "no data", "code": 800}},
        {"errors": ["IMAGE_ERROR"], "img_src": "", "errors_values": ["bad image"]},
        {"json": {"errors": [["ALREADY", "already a member", "name"]]}},
        {"errcode": 40013, "errmsg": "invalid appid"},
        {"stat": "FAIL", "message": "Access forbidden", "code": 40301},
        {"success": 0, "error": "bad zip"},
        {"status": {"code": "13", "message": "Domain is not exists", "created_at": "2016-05-11"}},
        {"result": "failure", "reason": "quota"},
        {"error": True, "message": "wrong password"},
        [{"Error": "No names were found"}],
    ],
)
def test_envelopes(content: Any) -> None:
    assert grade(content) is Grade.STRONG


@pytest.mark.parametrize(
    "content",
    [
        {"success": True, "error": "Record successfully deleted"},
        {"error": {"message": "Success"}},
        {"errors": None, "data": {"ok": [1]}},
        {"errors": [], "data": [1]},
        {"error": {"message": None}, "status": "built"},
        {"errcode": 0, "errmsg": "ok"},
        {"status": "ok", "message": "created"},
        {"status": {"code": "1", "message": "Action completed successfully"}},
        {"valid": False, "results": [1]},
        {"available": False},
        {"data": []},
        [],
        "just text",
        None,
        7,
    ],
)
def test_no_envelopes(content: Any) -> None:
    assert grade(json.dumps(content)) is None


@pytest.mark.parametrize(
    "content",
    [
        {"id": 7, "status": "failed", "error": {"code": "card_declined"}},
        {"address": "a@b.example", "code": "550", "error": "mailbox full", "created_at": "2026-01-01"},
        {
            "request": "{}",
            "status": "ERROR",
            "error": {"message": "Bad"},
            "jobId": "1",
            "callbackUrl": "http://x.example",
        },
        {"state": "failed", "progress": 40, "message": "disk full"},
        {"data": {"thresholds": {"7d": 1}}, "errors": [{"error_message": "partial"}]},
        {"status": "error", "name": "worker-1", "url": "http://x.example", "message": "down"},
    ],
)
def test_resources_that_carry_errors_are_hints_at_most(content: Any) -> None:
    assert grade(content) is Grade.WEAK


@pytest.mark.parametrize("state", ["shipped", "Failed", "error", "ok", "", "no such\\u0020thing"])
def test_a_state_is_judged_the_same_without_parsing_the_rest(state: str) -> None:
    content = f'{{"state": "{state}", "message": "out of stock"}}'
    found = envelope(answer(content))
    assert (found is not None) == (state.lower() in ("failed", "error"))


def test_a_flag_alone_is_graded_lower() -> None:
    assert grade({"success": False}) is Grade.MEDIUM
    assert grade({"success": False}, complete=False) is Grade.WEAK


def test_reports_that_were_asked_for_are_hints_at_most() -> None:
    assert grade({"errors": [{"line": 1, "message": "Unknown owner"}]}, path="/repos/a/codeowners/errors") is Grade.WEAK


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("ERR:14:invalid number", "text/plain"),
        ("Fails.", "text/plain"),
        ("error=bad_verification_code&error_description=expired", "application/x-www-form-urlencoded"),
        ('<ApiResponse Status="ERROR"><Errors><Error Number="1">bad</Error></Errors></ApiResponse>', "text/xml"),
        ("<error><code>7</code><message>no</message></error>", "application/xml"),
        ('<rsp stat="fail"><err code="1" msg="Photo not found"/></rsp>', "text/xml"),
    ],
)
def test_errors_in_other_forms(text: Any, media: Any) -> None:
    assert grade(text, media) is Grade.STRONG


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("Ok.", "text/plain"),
        ("OK 127.0.0.1 UPDATED", "text/plain"),
        ("error,warning,info", "text/plain"),
        ("id,name,export_error\n1,a,", "text/csv"),
        ('<ApiResponse Status="OK"><Errors/><Result/></ApiResponse>', "text/xml"),
        (
            "<eSearchResult><Count>0</Count><ErrorList><PhraseNotFound>x</PhraseNotFound></ErrorList></eSearchResult>",
            "text/xml",
        ),
        ("Errors and how to mend them\n\nChapter one", "text/plain"),
    ],
)
def test_texts_that_are_no_errors(text: Any, media: Any) -> None:
    assert grade(text, media) is None


def test_evidence_shows_no_data() -> None:
    found = envelope(answer({"success": False, "error": "no", "data": {"ssn": "123-45-6789"}}))
    assert found is not None
    assert "123-45" not in found.evidence


def test_a_cut_envelope_is_known_by_its_beginning() -> None:
    assert grade('{"success": false, "error": "boom", "debug": "xxxx', complete=False) is Grade.STRONG


def test_hostile_depth_and_width_cost_little() -> None:
    began = time.process_time()
    for content in (
        '{"error":' * 3000 + "1" + "}" * 3000,
        json.dumps({f"error{n}": {"error": n} for n in range(20_000)}),
    ):
        grade(content)
        meanings(answer(content))
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"status": 404, "message": "x"}, 404),
        ({"statusCode": "500"}, 500),
        ({"error": {"code": 404, "status": "NOT_FOUND"}}, 404),
        ({"error": {"code": 404, "message": "user not found"}}, 404),
        ({"errors": [{"status": "403"}]}, 403),
        ({"code": 550}, None),
        ({"error": {"code": 500, "message": "Wrong parameter"}}, None),
        ({"status": 200}, None),
        ({"status": True}, None),
        ({"errors": [{"status": "403"}, {"status": "404"}]}, None),
    ],
)
def test_statuses_of_their_own(content: Any, code: Any) -> None:
    found = own_status(answer(content))
    assert (found and found.code) == code


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("<html><head><title>502 Bad Gateway</title></head></html>", 502),
        ("<h1>404 Not Found</h1>", 404),
        ("<title>Error 503: Service Unavailable</title>", 503),
        ("upstream request timeout", 504),
        ("504 Gateway Time-out", 504),
        ("<title>404 ways to cook rice</title>", None),
        ("<title>500 px wallpapers</title>", None),
        ("<nav></nav><title>502 Bad Gateway</title>", None),
        ("<title>Shop</title><p>502</p>", None),
    ],
)
def test_error_pages(text: Any, status: Any) -> None:
    page = error_page(answer(text, "text/html"))
    assert (page and page.status) == status


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Invalid page token", Meaning.INVALID),
        ("prompt is too long: 210000 tokens > 200000 maximum", Meaning.INVALID),
        ("Invalid API key provided", Meaning.AUTHN),
        ("You must have admin rights", Meaning.AUTHZ),
        ("Too many requests, slow down", Meaning.RATE),
        ("You exceeded your current quota, please check your plan and billing details", Meaning.QUOTA),
        ("connect ECONNREFUSED 10.0.0.1:80", Meaning.UPSTREAM),
        ("context deadline exceeded", Meaning.TIMEOUT),
        ("email has already been taken", Meaning.CONFLICT),
    ],
)
def test_prose_is_understood(text: Any, meaning: Any) -> None:
    assert meaning in of_prose(text)


def test_what_is_no_credential_is_not_taken_for_one() -> None:
    for text in (
        "Invalid page token",
        "nextPageToken is invalid",
        "unexpected token < in JSON",
        "CSRF token missing",
        "Invalid authenticity token",
        "The reset token has expired",
        "too many tokens",
    ):
        assert Meaning.AUTHN not in of_prose(text), text


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("NOT_FOUND", Meaning.NOT_FOUND),
        ("ResourceNotFoundException", Meaning.NOT_FOUND),
        ("PERMISSION_DENIED", Meaning.AUTHZ),
        ("invalid_api_key", Meaning.AUTHN),
        ("AlreadyExists", Meaning.CONFLICT),
        ("ThrottlingException", Meaning.RATE),
    ],
)
def test_codes_are_understood(code: Any, meaning: Any) -> None:
    assert meaning in of_code(code)


def test_a_code_outranks_prose() -> None:
    subject = answer({"code": "NOT_FOUND", "message": "you do not have permission"}, status=400)
    assert meanings(subject) == {Meaning.NOT_FOUND}


@pytest.mark.parametrize(
    ("status", "echo"),
    [
        (403, {"error": "Forbidden"}),
        (403, {"title": "Forbidden", "type": "about:blank"}),
        (403, {"code": "ERR_FORBIDDEN", "statusCode": 403}),
        (403, {"errcode": "M_FORBIDDEN"}),
        (500, {"error": "Internal Server Error"}),
        (500, {"code": "InternalServerError", "status": "500"}),
        (500, {"name": "InternalServerErrorException"}),
        (422, {"error": "Unprocessable Entity"}),
        (400, {"error": "Bad Request", "code": "BAD_REQUEST"}),
        (404, {"status": "404 Not Found"}),
    ],
)
def test_what_repeats_the_status_is_no_message(status: int, echo: dict[str, Any]) -> None:
    assert meanings(answer(echo | {"message": "jwt expired"}, status=status)) == {Meaning.AUTHN}
    assert said(answer({"message": "jwt expired"} | echo, status=status)).prose == "jwt expired"


def test_the_echo_counts_where_nothing_else_is_said() -> None:
    assert meanings(answer({"error": "Forbidden"}, status=403)) == {Meaning.AUTHZ}
    assert meanings(answer({"error": "Not Found"}, status=500)) == {Meaning.NOT_FOUND}


@pytest.mark.parametrize(
    "content",
    [
        {"timestamp": "2026-11-01", "status": 500, "error": "Internal Server Error", "message": "User not found"},
        {"errors": [{"extensions": {"code": "NOT_FOUND"}, "message": "gone"}]},
        {"responseStatus": {"errorCode": "NotFound", "message": "x"}},
        {"developerMessage": "no such user"},
        {"Response": {"Error": {"Code": "ResourceNotFound.Host", "Message": "x"}}},
        {"messageTranslations": {"en": "The title does not exist"}},
        {"error": {"code": "", "message": {"lang": "en", "value": "User not found"}}},
        {"reason": "404 NOT_FOUND - no exchange 'orders' in vhost '/'"},
        {"ExceptionMessage": "User not found", "Message": "An error has occurred."},
        {"error": {"root_cause": [{"type": "index_not_found_exception", "reason": "no such index [x]"}]}},
    ],
)
def test_the_message_is_found_wherever_it_stands(content: Any) -> None:
    assert Meaning.NOT_FOUND in meanings(answer(content, status=500))


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("Error: user not found\n    at f (/app/x.js:1:2)", "text/html"),
        ('{"message": "user not found"}', "text/plain"),
        ("<html><body><div class=x>Sorry, user&nbsp;not <b>found</b></div></body></html>", "text/html"),
        ("<!-- Error --><h2>Oops</h2><p>The record does not exist", "text/html"),
        ("error=x&error_description=User+not+found", "application/x-www-form-urlencoded"),
    ],
)
def test_the_message_is_found_in_every_form(text: str, media: str) -> None:
    assert meanings(answer(text, media, status=500)) == {Meaning.NOT_FOUND}


def test_menus_forms_and_scripts_of_a_page_are_no_message() -> None:
    page = (
        "<title>Oops</title><nav><a>Login required</a></nav><script>if (a < b) alert('access denied')</script>"
        "<form><label>Wrong password?</label><button>Forgot your password</button></form><footer>No such page</footer>"
    )
    assert said(answer(page, "text/html", status=500)).prose == "Oops"


def test_fields_name_the_error_where_there_is_no_content() -> None:
    exchange = Exchange(
        request=Request(method="HEAD", target="/bucket/key"),
        response=Response(
            status=400,
            headers=Headers.of(("x-ms-error-code", "BlobNotFound"), ("x-error-message", "no%20blob")),
            body=Body(b""),
        ),
    )
    assert said(exchange) == Said(("BlobNotFound",), "no blob")


def test_a_form_of_any_length_is_read() -> None:
    text = "error=invalid_grant&" + "a=1&" * 200
    assert said(answer(text, "application/x-www-form-urlencoded", status=400)).codes == ("invalid_grant",)


def test_the_number_of_an_error_is_a_status_where_its_text_says_nothing_else() -> None:
    vague = {"error": {"code": 429, "message": "Provider returned error"}}
    assert meanings(answer(vague)) == {Meaning.RATE}
    own = {"error": {"code": 404, "message": "jwt expired"}}
    assert meanings(answer(own)) == {Meaning.AUTHN}
    assert meanings(answer({"code": 404, "message": "Provider returned error"})) != {Meaning.NOT_FOUND}
