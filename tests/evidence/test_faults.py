"""What libraries say under 500 of a request that is at fault."""

from __future__ import annotations

import pytest

from lab.rule import answer
from wirelint.core.exchange import Exchange
from wirelint.core.wire import exchanges
from wirelint.evidence import vocabulary
from wirelint.evidence.faults import fault

SENT = "Content-Type: application/json\nAuthorization: Bearer of-a-user-1234567"


def asking(request: str, sent: str = "") -> Exchange:
    (exchange,) = exchanges(answer("500 Internal Server Error", request=f"{request} HTTP/1.1", sent=sent))
    return exchange


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("sql: no rows in result set", 404),
        ("Couldn't find User with 'id'=9", 404),
        ("User matching query does not exist.", 404),
        ("No query results for model [App\\User] 9", 404),
        ("JWT expired at 2020-09-13T12:26:40Z.", 401),
        ("IDX10223: Lifetime validation failed.", 401),
        ("Unexpected end of JSON input", 400),
        ("invalid character 'b' looking for beginning of value", 400),
        ("json: cannot unmarshal number into Go struct field", 400),
        ('Cast to ObjectId failed for value "x" (type string) at path "_id"', 400),
        ("Expecting value: line 1 column 1 (char 0)", 400),
        ('strconv.Atoi: parsing "abc": invalid syntax', 400),
        ("E11000 duplicate key error collection: app.users", 409),
        ("request entity too large", 413),
        ("HttpMediaTypeNotSupportedException", 415),
        ('Unique index or primary key violation: "PUBLIC.UK_EMAIL ON PUBLIC.USERS(EMAIL) VALUES 1"', 409),
        ("Cannot insert duplicate key row in object 'dbo.Users' with unique index 'IX_Email'.", 409),
        ("Cannot delete or update a parent row: a foreign key constraint fails (`shop`.`orders`)", 409),
        ('update or delete on table "users" violates foreign key constraint "fk" on table "orders"', 409),
        ('The INSERT statement conflicted with the FOREIGN KEY constraint "FK_Orders_Users".', 400),
        ("ORA-02291: integrity constraint (SHOP.FK_USER) violated - parent key not found", 400),
        ("Column 'name' cannot be null", 400),
        ('NULL not allowed for column "NAME"; SQL statement: insert', 400),
        ('invalid input value for enum order_status: "foo"', 400),
        ("Check constraint 'orders_chk_1' is violated.", 400),
        ("User validation failed: email: Path `email` is required.", 400),
        ("Key: 'Order.Name' Error:Field validation for 'Name' failed on the 'required' tag", 400),
        ("body must have required property 'name'", 400),
        ('Unrecognized field "colour" (class com.acme.Order), not marked as ignorable', 400),
        ("Validation failed for argument [0] in public Order create(Order)", 400),
        ("The input string 'abc' was not in a correct format.", 400),
        ("ValueError: time data 'x' does not match format '%Y-%m-%d'", 400),
        ("Code: 57. DB::Exception: Table default.t already exists.", 409),
        ("mongo: no documents in result", 404),
        ("The token was expected to have 3 parts, but got 1.", 401),
        ("Field 'pages' expected a number but got 'x'.", 400),
        ("Cannot resolve keyword 'nope' into field. Choices are: id, pages, title", 400),
        ("ValueError: month must be in 1..12", 400),
        ("day is out of range for month", 400),
        ("Unexpected end of form", 400),
        ("multipart: NextPart: EOF", 400),
        ("no multipart boundary param in Content-Type", 400),
        ("MulterError: File too large", 413),
        ("Maximum upload size exceeded", 413),
        ("Cannot convert x to a BigInt", 400),
        ("Invalid regular expression: /(/: Unterminated group", 400),
        ("missing ), unterminated subpattern at position 0", 400),
        ("error parsing regexp: missing closing ): `(`", 400),
        ("URI malformed", 400),
        ('strconv.ParseUint: parsing "300": value out of range', 400),
        ("Only base64 data is allowed", 400),
        ("'zz' does not appear to be an IPv4 or IPv6 address", 400),
        ("crypto/bcrypt: hashedPassword is not the hash of the given password", 401),
    ],
)
def test_what_is_at_fault(text: str, status: int) -> None:
    found = fault(asking("POST /users/9", SENT), text)
    assert found is not None
    assert found.status == status


@pytest.mark.parametrize(
    ("request_line", "text"),
    [
        ("GET /users", "sql: no rows in result set"),  # nothing was asked for by an id
        ("GET /users/9", "jwt expired"),  # the service's own: none was sent
        ("GET /users/9", "Unexpected end of JSON input"),  # of what the service read itself
        ("GET /users/9", "Response validation failed: ValidationError"),
        ("GET /users/9", "ValidationError in the backend"),
        ("GET /users/9", "Internal Server Error"),
        ("GET /users/9", "Column 'name' cannot be null"),  # nothing was sent that could be written
        ("GET /users/9", "data/qty must have required property 'name'"),
        ("GET /users/9", "The token was expected to have 3 parts, but got 1."),
        ("GET /users", 'null value in column "user_id" of relation "audit" violates not-null constraint'),
        ("GET /users", "input must be a 24 character hex string, 12 byte Uint8Array, or an integer"),
        ("GET /users", "UNIQUE constraint failed: audit.id"),
        ("GET /users?page=2", "Expecting value: line 1 column 1 (char 0)"),  # of what the service read itself
        ("POST /users", "Backend response failed validation: 'name' is a required property"),
    ],
)
def test_what_is_none_of_the_requests_faults(request_line: str, text: str) -> None:
    assert fault(asking(request_line), text) is None


@pytest.mark.parametrize(
    "text", ["Not allowed by CORS", "Error: CORS: origin not allowed", "Origin http://a is not allowed"]
)
def test_an_origin_that_is_not_allowed_must_have_been_sent(text: str) -> None:
    found = fault(asking("GET /users", "Origin: http://a"), text)
    assert found is not None
    assert found.status == 403
    assert fault(asking("GET /users"), text) is None


def test_what_others_refer_to_cannot_be_deleted() -> None:
    found = fault(asking("DELETE /users/9"), "FOREIGN KEY constraint failed")
    assert found is not None
    assert found.status == 409


def test_rows_are_in_order_and_each_stands_once() -> None:
    rows = [tuple(row) for row in vocabulary.table("faults")]
    assert rows == sorted(set(rows))
    assert {row[1] for row in rows} == {"-", "content", "credential", "id", "input", "json", "origin", "value"}
