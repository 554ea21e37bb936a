"""Find errors of protocols on top of HTTP, and who is at fault."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from wirelint.core.exchange import Exchange, Response
from wirelint.core.media import Kind
from wirelint.core.once import once
from wirelint.core.verdict import Verdict, of_status
from wirelint.evidence import texts
from wirelint.evidence.protocols import Protocol, protocol
from wirelint.evidence.streams import last_event
from wirelint.evidence.texts import best_status
from wirelint.evidence.xml import document

_GRPC: Final = {
    1: ("CANCELLED", 499), 2: ("UNKNOWN", 500), 3: ("INVALID_ARGUMENT", 400), 4: ("DEADLINE_EXCEEDED", 504),
    5: ("NOT_FOUND", 404), 6: ("ALREADY_EXISTS", 409), 7: ("PERMISSION_DENIED", 403), 8: ("RESOURCE_EXHAUSTED", 429),
    9: ("FAILED_PRECONDITION", 400), 10: ("ABORTED", 409), 11: ("OUT_OF_RANGE", 400), 12: ("UNIMPLEMENTED", 501),
    13: ("INTERNAL", 500), 14: ("UNAVAILABLE", 503), 15: ("DATA_LOSS", 500), 16: ("UNAUTHENTICATED", 401),
}  # fmt: skip
"""gRPC's codes with the HTTP status that its gateways map them to."""
_CLIENT_CODES: Final = frozenset(
    {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_REQUEST", "PERSISTED_QUERY_NOT_FOUND"}
)
_fault_code: Final = re.compile(r"<(?:\w+:)?(?:faultcode|Value)[^<>]{0,256}>\s{0,16}([^<]{1,128})", re.IGNORECASE)
_fault_text: Final = re.compile(r"<(?:\w+:)?(?:faultstring|Text)[^<>]{0,256}>\s{0,16}([^<]{1,256})", re.IGNORECASE)
_soap_fault: Final = re.compile(r"<(?:\w{1,40}:)?Body[^<>]{0,256}>\s{0,64}<(?:\w{1,40}:)?Fault\b", re.IGNORECASE)


_SCANNED: Final = 64 * 1024
_MOST_PARTS: Final = 256
_part_status: Final = re.compile(r"^HTTP/1\.[01] ([1-5]\d\d)\b", re.MULTILINE)
_status: Final = re.compile(r"[45]\d\d")
_FAULTS: Final = {
    "-32700": Verdict.CLIENT_ERROR, "-32701": Verdict.CLIENT_ERROR, "-32702": Verdict.CLIENT_ERROR,
    "-32600": Verdict.CLIENT_ERROR, "-32601": Verdict.CLIENT_ERROR, "-32602": Verdict.CLIENT_ERROR,
    "-32603": Verdict.SERVER_ERROR, "-32500": Verdict.SERVER_ERROR, "-32400": Verdict.SERVER_ERROR,
}  # fmt: skip
"""The responsible side for XML-RPC's common fault codes (Specification for Fault Code Interoperability)."""


class ProtocolError(NamedTuple):
    """An error of a protocol; ``code`` may be empty."""

    protocol: Protocol
    code: str
    verdict: Verdict
    evidence: str


@once
def protocol_error(exchange: Exchange) -> ProtocolError | None:  # noqa: PLR0911 - a table of protocols
    """Return the error of a protocol in a response; None if there is none, or if it cannot be seen."""
    response = exchange.response
    if response is None:
        return None
    match protocol(exchange):
        case Protocol.GRPC:
            return _grpc(response)
        case Protocol.GRAPHQL:
            return _graphql(response)
        case Protocol.JSON_RPC:
            return _json_rpc(response)
        case Protocol.XML_RPC | Protocol.SOAP as spoken:
            return _xml(response, spoken)
        case Protocol.S3:
            return _s3(response)
        case Protocol.BATCH:
            return _batch(response)
        case _:
            return None


def _verdict(code: str, prose: str) -> Verdict:
    status = best_status(texts.of_code(code)) or best_status(texts.of_prose(prose))
    return Verdict.UNKNOWN if status is None else of_status(status)


def _graphql(response: Response) -> ProtocolError | None:
    members = response.body.members or {}
    errors = members.get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    if response.headers.media_type.essence == "application/graphql-response+json" and members.get("data") is not None:
        return None
    first = errors[0] if isinstance(errors[0], dict) else {"message": str(errors[0])}
    extensions = first.get("extensions")
    inner = extensions if isinstance(extensions, dict) else {}
    code = next(
        (
            c
            for c in (inner.get("code"), first.get("type"), first.get("code"), inner.get("classification"))
            if isinstance(c, str)
        ),
        "",
    )
    message = first.get("message") if isinstance(first.get("message"), str) else ""
    verdict = Verdict.CLIENT_ERROR if code in _CLIENT_CODES else _verdict(code, message or "")
    return ProtocolError(
        Protocol.GRAPHQL,
        code[:64],
        verdict,
        json.dumps({"errors": [{"type": code, "message": message}]}, ensure_ascii=False),
    )


def _json_rpc(response: Response) -> ProtocolError | None:
    body = response.body
    if body.media.kind is Kind.EVENTS:
        value: Any = last_event(body)
    else:
        value = body.members if body.members is not None else body.json
    entries = value if isinstance(value, list) else [value]
    error: Any = next((e["error"] for e in entries if isinstance(e, dict) and e.get("error") is not None), None)
    if error is None:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    message = error.get("message") if isinstance(error, dict) else str(error)
    message = message if isinstance(message, str) else ""
    if code in (-32700, -32600, -32601, -32602):
        verdict = Verdict.CLIENT_ERROR
    elif code == -32603:
        verdict = Verdict.SERVER_ERROR
    else:
        verdict = _verdict("", message)
    shown = json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False)
    return ProtocolError(Protocol.JSON_RPC, "" if code is None else str(code)[:64], verdict, shown)


def _xml(response: Response, spoken: Protocol) -> ProtocolError | None:
    text = (response.body.text or "")[:16384]
    if spoken is Protocol.XML_RPC:
        xml = document(response.body)
        if (
            xml is None
            or xml.root.name != "methodresponse"
            or not any(e.name == "fault" and e.depth == 1 for e in xml.elements)
        ):
            return None
        prose = "\n".join(xml.texts)
        code = next((e.text for e in xml.elements if e.name in ("int", "i4")), "")
        verdict = _FAULTS.get(code) or (of_status(int(code)) if _status.fullmatch(code) else _verdict("", prose))
        return ProtocolError(spoken, code[:64], verdict, f"<fault> {code} {prose}")
    if _soap_fault.search(text) is None:
        return None
    found, said = _fault_code.search(text), _fault_text.search(text)
    code = found[1].strip().rpartition(":")[2] if found else ""
    family = code.partition(".")[0].lower()
    if family in ("client", "sender", "mustunderstand", "versionmismatch"):
        verdict = Verdict.CLIENT_ERROR
    elif family in ("server", "receiver"):
        verdict = Verdict.SERVER_ERROR
    else:
        verdict = _verdict(code, said[1] if said else "")
    return ProtocolError(spoken, code[:64], verdict, f"<Fault> {code}: {said[1].strip() if said else ''}")


def _s3(response: Response) -> ProtocolError | None:
    """Find S3's error under 200: its uploads and copies send the status before they know the outcome."""
    xml = document(response.body) if 200 <= response.status < 300 else None
    if xml is None or xml.root.name != "error":
        return None
    code = next((e.text for e in xml.elements if e.name == "code" and e.depth == 1), "")
    message = next((e.text for e in xml.elements if e.name == "message" and e.depth == 1), "")
    return ProtocolError(Protocol.S3, code[:64], _verdict(code, message), f"<Error> {code}: {message}")


def _batch(response: Response) -> ProtocolError | None:
    """Find a batch in which every part failed, in ``multipart/mixed`` or in OData's and Graph's JSON."""
    statuses = _part_statuses(response)
    if not statuses or min(statuses) < 400:
        return None
    first = statuses[0]
    shown = ", ".join(map(str, statuses[:5]))
    return ProtocolError(Protocol.BATCH, str(first), of_status(max(statuses)), f"every part failed: {shown}")


def _part_statuses(response: Response) -> list[int]:
    """Return the statuses of a batch's parts; none if not all are known."""
    body = response.body
    if not body.complete:
        return []
    if response.headers.media_type.essence == "multipart/mixed":
        return [int(code) for code in _part_status.findall((body.text or "")[:_SCANNED])]
    parts = (body.members or {}).get("responses")
    if not isinstance(parts, list):
        return []
    found = [part.get("status") if isinstance(part, dict) else None for part in parts[:_MOST_PARTS]]
    known = [status for status in found if isinstance(status, int) and not isinstance(status, bool)]
    return known if len(known) == len(parts) else []


def _grpc(response: Response) -> ProtocolError | None:
    fields = (
        response.trailers if response.trailers is not None and "grpc-status" in response.trailers else response.headers
    )
    status, message = fields.get("grpc-status"), fields.get("grpc-message") or ""
    if status is None and response.headers.media_type.essence.startswith("application/grpc-web"):
        status, message = _web_trailers(response)
    if status is None or not status.strip().isdigit() or int(status) not in _GRPC:
        return None
    name, similar = _GRPC[int(status)]
    return ProtocolError(Protocol.GRPC, name, of_status(similar), f"grpc-status: {status} {unquote(message)}")


def _web_trailers(response: Response) -> tuple[str | None, str]:
    """Return the trailers of gRPC-Web, in a last frame whose first octet has the highest bit set."""
    content = response.body.content
    if not content or not response.body.complete or response.headers.media_type.kind is not Kind.GRPC:
        return None, ""
    at = 0
    while at + 5 <= len(content):
        length = int.from_bytes(content[at + 1 : at + 5], "big")
        if content[at] & 0x80:
            lines = content[at + 5 : at + 5 + length].decode("latin-1").split("\r\n")
            fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            return fields.get("grpc-status"), fields.get("grpc-message", "")
        at += 5 + length
    return None, ""
