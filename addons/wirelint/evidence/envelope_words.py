"""The words that mark errors in content, and those that mark resources."""

from __future__ import annotations

import enum
import re
from typing import Any, Final, NamedTuple


class Grade(enum.IntEnum):
    """How explicitly the content says that the request failed."""

    WEAK = 0
    MEDIUM = 1
    STRONG = 2


class Envelope(NamedTuple):
    """An error in content: its grade, its marker, and the text that shows it."""

    grade: Grade
    marker: str
    evidence: str


FLAGS: Final = frozenset({"success", "ok", "succeeded", "issuccess", "is_success", "successful", "response"})
FAULTS: Final = frozenset(
    {
        "haserror",
        "has_error",
        "haserrors",
        "has_errors",
        "iserror",
        "is_error",
        "iserr",
        "failed",
        "hasfailed",
        "error_flag",
        "errorflag",
    }
)
"""Flags that are true if the request failed."""
STATES: Final = frozenset({"status", "result", "state", "outcome", "stat", "ack", "resultcode"})
FAILED: Final = frozenset({"error", "fail", "failed", "failure", "err", "nok", "ko", "failed."})
FINE: Final = frozenset({"true", "ok", "success", "succeeded", "successful", "completed", "done", "1"})
ERRORS: Final = frozenset(
    {
        "error",
        "errors",
        "err",
        "errordetail",
        "error_message",
        "errormessage",
        "error_msg",
        "errmsg",
        "exception",
        "fault",
        "error message",
    }
)
NUMBERS: Final = frozenset({"errcode", "errno", "error_code", "errorcode", "err_code", "errorno"})
MARKS: Final = FLAGS | FAULTS | STATES | ERRORS | NUMBERS
EXPLANATIONS: Final = ERRORS | frozenset(
    "errormsg resulttext result_text responsetext response_text statustext status_text resultmsg resultmessage result_msg result_message resultdesc retmsg ret_msg errortext error_text usermessage developermessage message msg messages code description statusdescription status_description error_description detail details reason"
    " statusmessage status_message text title responsemessage shortmessage longmessage".split()
)
ENVELOPE: Final = (
    FLAGS
    | FAULTS
    | STATES
    | EXPLANATIONS
    | NUMBERS
    | frozenset(
        "ret rc returncode return_code rtncode respcode resp_code rescode result_code statuscode status_code httpstatus http_status responsecode response_code warnings data meta metadata request_id requestid trace_id"
        " traceid trid command action shortmessage longmessage help hint timestamp path errors_values error_uri error_type errortype error_details"
        " errordetails correlation_id correlationid cause causes stack stacktrace trace debug documentation_url docs type time version api_version"
        " apiversion error_subcode subcode instance userid_hint support_id incident_id server duration took elapsed field fields param params needed provided response_metadata documentation terms-of-use error-type"
        " retcode ret_code retmsg ret_msg resultmsg resultmessage result_msg result_message resultdesc errortext error_text serverversion server_version opensubsonic kind cod info infocode sub_code sub_msg ttl responsedata".split()
    )
)
"""Names that do not contradict an error."""

WRAPPERS: Final = frozenset(
    "json response result d data body output root reply payload content apiresponse rsp resp ocs subsonic-response cpanelresult chart finance quotesummary".split()
)
"""Names of an error if it is the only member."""

_identity: Final = re.compile(
    r"id|uuid|object|self|href|url|uri|token|name|slug|etag|.{0,40}_href|.{0,40}_url|.{1,40}_id|.{1,40}id"
    r"|(?:created|updated|started|finished|validated|modified|completed|expires|last_?).{0,24}|progress|attempts|job.{0,24}|task.{0,24}"
    r"|callback|queue|date|result_url|percent.{0,12}|address"
)
CALLERS: Final = frozenset(
    "user_id userid account_id accountid org_id orgid organization_id organizationid tenant_id tenantid client_id clientid"
    " session_id sessionid project_id customer_id workspace_id team_id".split()
)
"""Names of the caller, not of requested data, if only an error is beside it."""
CALL_IDS: Final = ("requestid", "request_id", "request-id", "traceid", "trace_id", "logid", "log_id")
"""Endings of names that identify the call, not a resource."""
_LIKE_IDS: Final = frozenset({"valid", "invalid", "paid", "void", "grid", "bid", "avoid", "solid", "android"})


def is_identity(name: str, value: Any) -> bool:
    """Return whether a member identifies the resource, or has its creation time."""
    if (
        name in ENVELOPE
        or name in _LIKE_IDS
        or name.endswith(CALL_IDS)
        or not is_truthy(value)
        or isinstance(value, bool)
    ):
        return False
    return _identity.fullmatch(name) is not None


def is_truthy(value: Any) -> bool:
    """Return whether a value is not empty; the texts «null» and «none» are."""
    return bool(value) and not (isinstance(value, str) and value.strip().lower() in ("null", "none"))
