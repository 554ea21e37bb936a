"""Read the operations of a document: paths, methods, answers, content, security."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from wirelint.core.contract import Contract, DocumentedContent, DocumentedOperation, Parameter
from wirelint.openapi.checking import Schemas
from wirelint.openapi.failing import is_failure
from wirelint.openapi.references import References
from wirelint.openapi.text import DocumentError

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_MOST_OPERATIONS: Final = 50_000
_MOST_BASES: Final = 64
_version: Final = re.compile(r"3\.[0-2](?:\.\d+)?(?:-\w+)?")
_status: Final = re.compile(r"[1-5](?:\d\d|[xX]{2})|default")
_variable: Final = re.compile(r"\{([^{}]*)\}")


class _Scheme(NamedTuple):
    """What a security scheme asks of a request: whether one can see it there, and under which name."""

    visible: bool
    name: str


def contract_of(document: Any, *, named: bool) -> Contract:
    """Return the contract of a parsed document.

    :param named: see ``Contract``.
    :raises DocumentError: it is no API description, or of a version that is not supported.
    """
    if not isinstance(document, dict):
        raise DocumentError("no API description: it is no object")
    swagger, openapi = document.get("swagger"), document.get("openapi")
    if str(swagger) in ("2", "2.0"):
        reader: _Reader = _Swagger2(document)
    elif isinstance(openapi, str) and _version.fullmatch(openapi):
        reader = _Reader(document)
    elif openapi is None and swagger is None:
        raise DocumentError("no API description: it has neither openapi nor swagger at its top")
    else:
        raise DocumentError(
            f"version {str(openapi or swagger)[:20]!r} is not supported: use OpenAPI 3.0 to 3.2, or Swagger 2.0"
        )
    if not isinstance(document.get("paths"), dict):
        raise DocumentError("it has no paths")
    return Contract(reader.operations(), reader.bases(), named=named)


class _Reader:
    """Reads OpenAPI 3."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._references = References(document)
        self._schemas = Schemas(document, self._references)
        self._security = self._requirements(document)
        self._schemes = {
            name: _scheme(self._references.followed(each)) for name, each in self._scheme_objects().items()
        }

    def bases(self) -> set[str]:
        """Return the base paths of all servers."""
        servers = list(_objects(self._document.get("servers")))
        for item in _objects(list(self._document["paths"].values())):
            servers += _objects(item.get("servers"))
            for method in _METHODS:
                if isinstance(item.get(method), dict):
                    servers += _objects(item[method].get("servers"))
        bases: set[str] = set()
        for server in servers:
            if len(bases) < _MOST_BASES:
                bases.add(_base(server))
        return bases or {""}

    def operations(self) -> Iterator[DocumentedOperation]:
        """Yield all operations.

        :raises DocumentError: there are too many.
        """
        count = 0
        for path, value in self._document["paths"].items():
            item = self._references.followed(value)
            if not path.startswith("/"):
                continue
            for method, operation in self._methods(item):
                count += 1
                if count > _MOST_OPERATIONS:
                    raise DocumentError(f"it has more than {_MOST_OPERATIONS:,} operations")
                yield self._operation(path.partition("?")[0].partition("#")[0], method, item, operation)

    def _methods(self, item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for method in _METHODS:
            if isinstance(item.get(method), dict):
                yield method.upper(), item[method]
        additional = item.get("additionalOperations")
        for method, operation in additional.items() if isinstance(additional, dict) else ():
            if isinstance(operation, dict):
                yield method, operation

    def _operation(
        self, path: str, method: str, item: dict[str, Any], operation: dict[str, Any]
    ) -> DocumentedOperation:
        parameters = self._parameters(item, operation)
        answers = self._answers(operation)
        own = self._requirements(operation)
        required = self._security if own is None else own
        secured, names = self._secured(required or [])
        return DocumentedOperation(
            method=method,
            template=path,
            answers=answers,
            request=self._request(operation, parameters),
            required=tuple(_required(parameters)),
            secured=secured,
            credentials=names,
            deprecated=operation.get("deprecated") is True,
            failures=frozenset(self._failures(operation)),
        )

    def _parameters(self, item: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
        found: dict[tuple[Any, Any], dict[str, Any]] = {}
        for source in (item, operation):
            given = source.get("parameters")
            for value in given if isinstance(given, list) else ():
                parameter = self._references.followed(value)
                found[str(parameter.get("in")), str(parameter.get("name"))] = parameter
        return list(found.values())

    def _answers(self, operation: dict[str, Any]) -> dict[str, DocumentedContent]:
        found = {}
        responses = operation.get("responses")
        for key, value in responses.items() if isinstance(responses, dict) else ():
            if _status.fullmatch(key):
                found[key.upper() if key != "default" else key] = self._answer(
                    self._references.followed(value), operation
                )
        return found

    def _failures(self, operation: dict[str, Any]) -> Iterator[str]:
        """Yield the successes whose content is documented to say that the request failed."""
        responses = operation.get("responses")
        for key, value in responses.items() if isinstance(responses, dict) else ():
            if (
                _status.fullmatch(key)
                and key[0] == "2"
                and is_failure(self._references.followed(value), self._references)
            ):
                yield key.upper()

    def _answer(self, response: dict[str, Any], operation: dict[str, Any]) -> DocumentedContent:  # noqa: ARG002 - Swagger needs it
        return self._content(response.get("content"), reading=True)

    def _request(self, operation: dict[str, Any], parameters: list[dict[str, Any]]) -> DocumentedContent:  # noqa: ARG002 - likewise
        body = self._references.followed(operation.get("requestBody"))
        return self._content(body.get("content"), reading=False, required=body.get("required") is True)

    def _content(self, content: Any, *, reading: bool, required: bool = False) -> DocumentedContent:
        media = {}
        for name, value in content.items() if isinstance(content, dict) else ():
            described = self._references.followed(value)
            schema = described.get("schema")
            media[_essence(name)] = None if schema is None else self._schemas.check(schema, reading=reading)
        return DocumentedContent(media, required)

    def _requirements(self, source: dict[str, Any]) -> list[dict[str, Any]] | None:
        given = source.get("security")
        return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else None

    def _scheme_objects(self) -> dict[str, Any]:
        components = self._document.get("components")
        schemes = components.get("securitySchemes") if isinstance(components, dict) else None
        return schemes if isinstance(schemes, dict) else {}

    def _secured(self, required: list[dict[str, Any]]) -> tuple[bool, frozenset[str]]:
        """Return whether a request must show a credential, and the names that it has if it is no known one."""
        if not required or any(not each for each in required):
            return False, frozenset()
        names: set[str] = set()
        for each in required:
            schemes = [self._schemes.get(name) for name in each]
            visible = [scheme for scheme in schemes if scheme is not None and scheme.visible]
            if not visible:
                return False, frozenset()
            names |= {scheme.name for scheme in visible if scheme.name}
        return True, frozenset(names)


class _Swagger2(_Reader):
    """Reads Swagger 2.0."""

    def bases(self) -> set[str]:
        base = self._document.get("basePath")
        return {base.rstrip("/") if isinstance(base, str) and base.startswith("/") else ""}

    def _scheme_objects(self) -> dict[str, Any]:
        schemes = self._document.get("securityDefinitions")
        return schemes if isinstance(schemes, dict) else {}

    def _answer(self, response: dict[str, Any], operation: dict[str, Any]) -> DocumentedContent:
        schema = response.get("schema")
        if schema is None or (isinstance(schema, dict) and schema.get("type") == "file"):
            return DocumentedContent()
        check = self._schemas.check(schema, reading=True)
        return DocumentedContent(dict.fromkeys(self._media(operation, "produces"), check))

    def _request(self, operation: dict[str, Any], parameters: list[dict[str, Any]]) -> DocumentedContent:
        body = next((each for each in parameters if each.get("in") == "body"), None)
        if body is None:
            return DocumentedContent()
        schema = body.get("schema")
        check = None if schema is None else self._schemas.check(schema, reading=False)
        return DocumentedContent(dict.fromkeys(self._media(operation, "consumes"), check), body.get("required") is True)

    def _media(self, operation: dict[str, Any], key: str) -> list[str]:
        """Return the media types of an operation; any, if none is named."""
        given = operation.get(key, self._document.get(key))
        names = [_essence(name) for name in given if isinstance(name, str)] if isinstance(given, list) else []
        return names or ["*/*"]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _essence(name: str) -> str:
    return name.partition(";")[0].strip().lower()


def _base(server: Mapping[str, Any]) -> str:
    """Return the base path of a server, its variables replaced by their defaults."""
    variables = server.get("variables")
    variables = variables if isinstance(variables, dict) else {}

    def default(match: re.Match[str]) -> str:
        variable = variables.get(match[1])
        return str(variable.get("default", "")) if isinstance(variable, dict) else ""

    url = _variable.sub(default, str(server.get("url", "")))
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return "/" + path.strip("/") if path.strip("/.") else ""


def _scheme(scheme: Mapping[str, Any]) -> _Scheme:
    match scheme.get("type"):
        case "apiKey":
            name = str(scheme.get("name", ""))
            return _Scheme(visible=True, name=name if scheme.get("in") == "query" else name.lower())
        case "http" | "basic" | "oauth2" | "openIdConnect":
            return _Scheme(visible=True, name="authorization")
        case _:  # mutualTLS, and what is unknown
            return _Scheme(visible=False, name="")


def _required(parameters: list[dict[str, Any]]) -> Iterator[Parameter]:
    for parameter in parameters:
        place, name = parameter.get("in"), parameter.get("name")
        if parameter.get("required") is True and isinstance(name, str) and place in ("query", "header"):
            yield Parameter(str(place), name if place == "query" else name.lower())
