"""From documents to contracts: versions, servers, parameters, answers, content and security."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wirelint.core.contract import Contract, DocumentedOperation, Parameter
from wirelint.openapi.read import read, read_octets
from wirelint.openapi.text import DocumentError

HEAD = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"


def contract(text: str) -> Contract:
    return read_octets(text.encode())


def operation(text: str, method: str = "GET", path: str = "/things") -> DocumentedOperation:
    found = contract(text).locate(method, path)
    assert found is not None
    assert found.operation is not None
    return found.operation


@pytest.mark.parametrize(
    "version", ["openapi: 3.0.0", "openapi: 3.1.1", "openapi: 3.2.0", "swagger: '2.0'", "swagger: 2.0"]
)
def test_each_version_is_read(version: str) -> None:
    text = f"{version}\npaths:\n  /things:\n    get:\n      responses: {{200: {{description: ok}}}}\n"
    assert operation(text).answers.keys() == {"200"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1", "no API description: it is no object"),
        ("a: 1", "neither openapi nor swagger"),
        ("openapi: 4.0.0\npaths: {}", "version '4.0.0' is not supported"),
        ("openapi: 3.0\npaths: {}", "version '3.0' is not supported"),
        ("swagger: '1.2'\npaths: {}", "version '1.2' is not supported"),
        ("openapi: 3.1.0\nwebhooks: {}", "it has no paths"),
        ("openapi: 3.0.0\npaths: []", "it has no paths"),
    ],
)
def test_what_is_no_api_description_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        contract(text)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="No such file or directory"):
        read(tmp_path / "absent.yaml")
    with pytest.raises(DocumentError, match="Is a directory"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("servers", "template"),
    [
        ("", "/things"),
        ("servers: [{url: https://api.example/v3/}]\n", "/v3/things"),
        (
            "servers: [{url: 'https://{host}/{base}', variables: {host: {default: h}, base: {default: api}}}]\n",
            "/api/things",
        ),
        ("servers: [{url: /v1}, {url: /v3}]\n", "/v3/things"),
        ("servers: [{url: ./}]\n", "/things"),
    ],
)
def test_base_paths_of_servers_stand_before_templates(servers: str, template: str) -> None:
    made = contract(f"{HEAD}{servers}paths: {{/things: {{get: {{}}}}}}")
    assert made.template("GET", template) == template


def test_servers_of_paths_and_operations_count() -> None:
    text = f"{HEAD}paths: {{/things: {{servers: [{{url: /a}}], get: {{servers: [{{url: /b}}]}}}}}}"
    made = contract(text)
    assert [made.template("GET", path) for path in ("/a/things", "/b/things")] == ["/a/things", "/b/things"]


def test_the_base_path_of_swagger_counts() -> None:
    made = contract("swagger: '2.0'\nbasePath: /v2/\npaths: {/things: {get: {}}}")
    assert made.template("GET", "/v2/things") == "/v2/things"


def test_all_that_an_operation_says_is_read() -> None:
    text = (
        HEAD
        + """
paths:
  /things:
    parameters:
    - {name: trace, in: header, required: true, schema: {type: string}}
    - {name: page, in: query, required: true, schema: {type: integer}}
    post:
      deprecated: true
      parameters:
      - {$ref: '#/components/parameters/Page'}
      requestBody: {$ref: '#/components/requestBodies/Thing'}
      responses:
        201: {$ref: '#/components/responses/Thing'}
        4xx: {description: bad}
        default: {description: else}
        x-note: {description: no answer}
components:
  parameters:
    Page: {name: page, in: query, schema: {type: integer}}
  requestBodies:
    Thing: {required: true, content: {application/json: {schema: {type: object}}}}
  responses:
    Thing: {description: it, content: {'application/json; charset=utf-8': {schema: {type: object}}, text/csv: {}}}
"""
    )
    found = operation(text, "POST")
    assert found.deprecated
    assert found.required == (Parameter("header", "trace"),)
    assert found.request.required
    assert found.request.check("application/json") is not None
    assert found.answers.keys() == {"201", "4XX", "default"}
    assert found.answers["201"].check("application/json") is not None
    assert found.answers["201"].media["text/csv"] is None


def test_content_of_swagger_is_read() -> None:
    text = """
swagger: '2.0'
consumes: [application/json]
produces: [application/json]
paths:
  /things:
    put:
      produces: [application/vnd.x+json]
      parameters:
      - {name: body, in: body, required: true, schema: {type: object, required: [a]}}
      - {name: q, in: query, required: true, type: string}
      responses:
        200: {description: ok, schema: {type: object}}
        201: {description: a file, schema: {type: file}}
"""
    found = operation(text, "PUT")
    assert found.request.required
    assert found.request.check("application/json") is not None
    assert found.answers["200"].media.keys() == {"application/vnd.x+json"}
    assert found.answers["201"].media == {}
    assert found.required == (Parameter("query", "q"),)


def test_methods_of_openapi_3_2_are_read() -> None:
    text = "openapi: 3.2.0\npaths: {/things: {query: {}, additionalOperations: {PURGE: {}}}}"
    found = contract(text).locate("PURGE", "/things")
    assert found is not None
    assert found.methods == {"QUERY", "PURGE"}


SCHEMES = """
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: Key}
    bearer: {type: http, scheme: bearer}
    tls: {type: mutualTLS}
"""


@pytest.mark.parametrize(
    ("security", "secured", "names"),
    [
        ("[{bearer: []}]", True, {"authorization"}),
        ("[{key: []}, {query: []}]", True, {"x-key", "Key"}),
        ("[{tls: [], key: []}]", True, {"x-key"}),
        ("[{bearer: []}, {}]", False, set()),
        ("[]", False, set()),
        ("[{tls: []}]", False, set()),
        ("[{bearer: []}, {tls: []}]", False, set()),
        ("[{unknown: []}]", False, set()),
    ],
)
def test_an_operation_is_secured_if_each_alternative_asks_for_a_credential(
    security: str, secured: bool, names: set[str]
) -> None:
    for text in (
        f"{HEAD}security: {security}\npaths: {{/things: {{get: {{}}}}}}{SCHEMES}",
        f"{HEAD}security: [{{bearer: []}}]\npaths: {{/things: {{get: {{security: {security}}}}}}}{SCHEMES}",
    ):
        found = operation(text)
        assert found.secured is secured
        assert set(found.credentials) == names


@pytest.mark.parametrize(
    "broken",
    [
        "paths: {/things: 1}",
        "paths: {/things: {get: 1}}",
        "paths: {/things: {$ref: other.yaml}}",
        "paths: {/things: {$ref: '#/paths/~1things'}}",
        "paths: {/things: {get: {responses: 1, parameters: 1, security: 1, servers: 1, requestBody: 1}}}",
        "paths: {/things: {get: {responses: {200: 1}, parameters: [1], security: [1], servers: [1]}}}",
        "paths: {/things: {get: {responses: {200: {content: {a/b: 1}}}}}}\ncomponents: 1",
        "paths: {/things: {get: {responses: {200: {content: 1}}}}}\nservers: [{url: 'http://[', variables: 1}]",
        "paths: {things: {get: {}}}",
    ],
)
def test_parts_of_the_wrong_form_are_passed_over(broken: str) -> None:
    for head in (HEAD, "swagger: '2.0'\n"):
        made: Any = contract(head + broken)
        assert len(made.operations) <= 1
