"""From the tables of a configuration file to what is in force; what is wrong in them is named."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
import pytest

from wirelint.core import wire
from wirelint.core.engine import Engine
from wirelint.core.exchange import Exchange, Request, Response
from wirelint.core.finding import Confidence, Severity
from wirelint.core.knowledge import NOTHING
from wirelint.rules import catalogue
from wirelint.settings import tables
from wirelint.settings.engine import engine_for
from wirelint.settings.file import Config, ConfigError
from wirelint.settings.policy import Policy, Settings
from wirelint.settings.profiles import PROFILES
from wirelint.settings.selection import UnknownRuleError
from wirelint.settings.tables import PolicyOptions, build

DEFAULTS = {rule.id for rule in catalogue() if rule.default}
IDS = {rule.id for rule in catalogue()}


def policy(text: str = "", *, now: float = 0.0, **wanted: Any) -> Policy:
    return build(catalogue(), PolicyOptions(**wanted), Config("wirelint.toml", tomllib.loads(text)), now=now)


def of(made: Policy, line: str = "GET /", service: str = "shop") -> Settings:
    method, target = line.split()
    return made.settings(
        Exchange(request=Request(method=method, target=target), response=Response(status=200), service=service)
    )


def ids(settings: Settings) -> set[str]:
    return {rule.id for rule in settings.rules}


def test_nothing_said_is_the_default() -> None:
    made = policy()
    assert ids(made.base) == DEFAULTS
    assert made.base.least is Confidence.STRONG
    assert made.base.knowledge is NOTHING
    assert not made.base.severities
    assert type(engine_for(made)) is Engine


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_a_profile_changes_what_it_says_and_no_more(profile: Any) -> None:
    settings = policy(profile=profile.name).base
    on = {change.rule for change in profile.changes if change.on}
    off = {change.rule for change in profile.changes if change.on is False}
    assert ids(settings) == (DEFAULTS | on) - off
    assert settings.severities == {each.rule: each.severity for each in profile.changes if each.severity is not None}
    assert settings.instead == profile.instead


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_a_profile_says_nothing_idle(profile: Any) -> None:
    rules = {rule.id: rule for rule in catalogue()}
    for change in profile.changes:
        assert change.rule in rules
        assert change.why
        assert (change.on, change.severity, change.options) != (None, None, {}), change.rule
        assert change.options.keys() <= rules[change.rule].options.keys()
        assert change.options.items().isdisjoint(rules[change.rule].options.items())
        # What validation-as-400 is by default may change; zalando's refusal shall not.
        if change.on is not None and change.rule != "validation-as-400":
            assert rules[change.rule].default is not change.on, change.rule
        if change.severity is not None:
            assert rules[change.rule].severity is not change.severity, change.rule
    named = [change.rule for change in profile.changes]
    assert len(named) == len(set(named))


def test_a_profile_sets_options() -> None:
    def option(profile: str) -> Any:
        return next(rule for rule in policy(profile=profile).base.rules if rule.id == "catch-all-400").options

    assert (option("default"), option("zalando")) == ({"validation_is_400": False}, {"validation_is_400": True})


def test_rfc_lets_only_the_certain_through() -> None:
    assert policy(profile="rfc").base.least is Confidence.CERTAIN
    assert policy(profile="rfc", least=Confidence.WEAK).base.least is Confidence.CERTAIN
    assert policy(profile="default", least=Confidence.WEAK).base.least is Confidence.WEAK


REFUSED_404 = """\
GET /zones/7 HTTP/1.1
Host: dns.example

HTTP/1.1 404 Not Found
Content-Type: application/json

{"message": "zone not found, or you do not have permission to see it"}
"""
LIES_ABOUT_VALUES = """\
POST /users HTTP/1.1
Host: shop.example
Content-Type: application/json

{"email": "nonsense"}

HTTP/1.1 200 OK
Content-Type: application/json

{"success": false, "error": "email: invalid value"}
"""


def findings(text: str, **wanted: Any) -> Any:
    engine = engine_for(policy(**wanted))
    (exchange,) = wire.exchanges(text)
    return engine.audit(exchange).findings


def test_profiles_judge_hiding_by_their_own_lights() -> None:
    def severity(profile: str) -> Severity | None:
        found = [f.severity for f in findings(REFUSED_404, profile=profile) if f.rule == "not-found-declares-authz"]
        return found[0] if found else None

    assert severity("default") is Severity.INFO
    assert severity("internal") is Severity.MEDIUM
    assert severity("public-api") is None


def test_zalando_suggests_no_422() -> None:
    assert [f.suggested_status for f in findings(LIES_ABOUT_VALUES)] == [422]
    assert [f.suggested_status for f in findings(LIES_ABOUT_VALUES, profile="zalando")] == [400]


def test_tables_narrow_and_widen() -> None:
    made = policy(
        """
        extend-select = ["validation-as-400"]
        [service.shop]
        ignore = ["throttling"]
        [[service.shop.route]]
        match = "GET /users/{id}"
        select = ["truth"]
        ignore = ["ok-with-error-body"]
        """,
        ignore=("upstream",),
    )
    families = {rule.id: rule.family for rule in catalogue()}
    assert "validation-as-400" in ids(made.base)
    assert {"throttling", "upstream"} & {families[each] for each in ids(made.base)} == {"throttling"}
    assert {"throttling", "upstream"} & {families[each] for each in ids(of(made))} == set()
    route = ids(of(made, "GET /users/7"))
    assert {families[each] for each in route} == {"truth"}
    assert "ok-with-error-body" not in route
    assert "validation-as-400" in route


def test_what_was_selected_at_the_command_line_is_all_that_runs() -> None:
    text = """
        extend-select = ["validation-as-400"]
        [service.shop]
        select = ["truth"]
        ignore = ["retry-after-malformed"]
    """
    made = policy(text, select=("throttling",), alone=True)
    assert {rule.family for rule in made.rules} == {"throttling"}
    assert "retry-after-malformed" in ids(made.base) - ids(of(made))
    assert "validation-as-400" in ids(policy(text, select=("throttling",)).base)


def test_a_service_has_a_profile_and_a_threshold_of_its_own() -> None:
    made = policy(
        """
        severity.created-without-location = "low"
        [service.shop]
        profile = "public-api"
        min-confidence = "weak"
        severity.stack-trace-exposed = "info"
        [[service.shop.route]]
        match = "/internal/**"
        profile = "internal"
        """,
        profile="zalando",
    )
    assert made.base.instead == {422: 400}
    shop, inside = of(made), of(made, "GET /internal/a/b")
    assert (shop.least, shop.instead) == (Confidence.WEAK, {})
    assert "not-found-declares-authz" not in ids(shop)
    assert "not-found-declares-authz" in ids(inside)
    assert inside.least is Confidence.WEAK
    for each in (shop, inside):
        assert each.severities["stack-trace-exposed"] is Severity.INFO  # said in so many words: beats any profile
        assert each.severities["created-without-location"] is Severity.LOW
    assert made.base.severities["stack-trace-exposed"] is Severity.HIGH


def test_knowledge_adds_up_from_top_to_route() -> None:
    made = policy(
        """
        error-when = ["errno != 0"]
        credentials.headers = ["X-House-Pass"]
        [service.shop]
        protocol = "GraphQL"
        credentials = {cookies = ["Shopper"], query = ["ticket"]}
        [[service.shop.route]]
        match = "/legacy/**"
        protocol = "json-rpc"
        error_when = ["ret.code not in ['OK']"]
        """
    )
    legacy = of(made, "GET /legacy/x").knowledge
    assert [condition.text for condition in legacy.error_when] == ["errno != 0", "ret.code not in ['OK']"]
    assert legacy.fields == frozenset({"x-house-pass"})
    assert legacy.cookies == frozenset({"shopper"})
    assert legacy.parameters == frozenset({"ticket"})
    assert legacy.protocol == "json-rpc"
    assert of(made).knowledge.protocol == "graphql"
    assert made.base.knowledge.protocol is None


def test_suppressions() -> None:
    made = policy(
        """
        [[suppress]]
        rule = "Created_Without_Location"
        service = "shop"
        route = "POST /users"
        until = 2027-01-31
        reason = "  legacy  clients "
        """,
        now=5.0,
    )
    (suppression,) = made.suppressions
    assert suppression.text == "created-without-location of shop on POST /users, until 2027-01-31: legacy clients"
    assert made.now == 5.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[service.shop]\nprofle = 'rfc'", "service.shop.profle: unknown setting; did you mean profile?"),
        ("[service.shop]\nprofile = 'zalndo'", "service.shop.profile: 'zalndo' is not one of default, rfc, "),
        ("[service.shop]\nprofile = 'zalndo'", "; did you mean zalando?"),
        ("[service.shop]\nselect = 'truth'", "service.shop.select: must be a list"),
        ("[service.shop]\nselect = [1]", "service.shop.select[0]: must be a text"),
        ("[service.shop]\nselect = ['']", "service.shop.select[0]: must not be empty"),
        (
            "[service.shop]\nignore = ['trth']",
            "service.shop.ignore: unknown rule, family or severity 'trth'; did you",
        ),
        (
            "[service.shop]\nmin-confidence = 'sure'",
            "service.shop.min-confidence: must be one of weak, strong, certain",
        ),
        ("[service.shop]\nseverity = 'low'", "service.shop.severity: must be a table"),
        (
            "severity.retired-statu = 'low'",
            "severity.retired-statu: unknown rule 'retired-statu'; did you mean ret",
        ),
        (
            "severity.retired-status = 'lw'",
            "severity.retired-status: must be one of info, low, medium, high; did you mean l",
        ),
        ("severity.retired-status = 3", "severity.retired-status: must be one of info, low"),
        ("error-when = ['errno = 0']", "error-when[0]: no comparison at '= 0'"),
        ("credentials.header = ['X']", "credentials.header: unknown setting; did you mean headers?"),
        ("protocol = 'jsonrpc'", "; did you mean json-rpc?"),
        ("service = 3", "service: must be a table"),
        ("service.shop = 3", "service.shop: must be a table"),
        ("[service.'*a*b*']", "service.*a*b*: a service's name can hold two * at most"),
        ("[[service.shop.route]]\nselect = []", "service.shop.route[0]: match is missing"),
        ("[[service.shop.route]]\nmatch = 'users'", "service.shop.route[0].match: must be a path"),
        ("[service.shop]\nroute = 'x'", "service.shop.route: must be a list"),
        ("[[suppress]]\nrule = 'retired-status'", "suppress[0]: reason is missing"),
        ("[[suppress]]\nreason = 'x'", "suppress[0]: rule is missing"),
        ("[[suppress]]\nrule = 'retired-status'\nreason = ' '", "suppress[0].reason: must not be empty"),
        ("[[suppress]]\nrule = 'retired-status'\nreason = ''", "suppress[0].reason: must not be empty"),
        ("[[suppress]]\nrule = 'truth'\nreason = 'x'", "suppress[0].rule: unknown rule 'truth'"),
        ("[[suppress]]\nrule = 'retired-status'\nreason = 'x'\nroute = '*'", "suppress[0].route: must be a path"),
        (
            "[[suppress]]\nrule='retired-status'\nreason='x'\nuntil='soon'",
            "suppress[0].until: must be a date: 2027-01-31",
        ),
        ("[[suppress]]\nrule='retired-status'\nreason='x'\nuntil=1", "suppress[0].until: must be a date: 2027-01-31"),
        ("[suppress]\nrule = 'x'", "suppress: must be a list"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        policy(text)
    assert str(caught.value).startswith("wirelint.toml: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_word_of_an_option_is_not_blamed_on_the_file() -> None:
    with pytest.raises(UnknownRuleError):
        policy(select=("trth",))
    with pytest.raises(ConfigError, match=r"^'x' is not one of"):
        policy(profile="x")


def test_the_tables_have_a_schema() -> None:
    schema = msgspec.json.schema(tables.PolicyFile)
    assert set(schema["$defs"]["PolicyFile"]["properties"]) == tables.KEYS
    assert set(schema["$defs"]["SuppressTable"]["required"]) == {"rule", "reason"}


def test_configured_routes_stand_as_they_are() -> None:
    made = engine_for(
        policy(
            """
            [[service.shop.route]]
            match = "GET /tags/{tag}/posts"
            [[service.shop.route]]
            match = "/files/*"
            [[service.shop.route]]
            match = "/internal/**"
            """
        )
    )

    def audited(target: str) -> str:
        request = Request(method="GET", target=target)
        return made.audit(Exchange(request=request, response=Response(status=401), service="shop")).route

    assert audited("/tags/blue/posts?page=2") == "/tags/{tag}/posts"
    assert audited("/files/alice") == "/files/*"
    assert audited("/internal/orders/7") == "/internal/orders/{id}"
    assert audited("/tags/blue") == "/tags/{name}"
