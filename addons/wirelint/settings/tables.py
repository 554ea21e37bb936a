"""Make the policy from options and tables of the file: settings of all services, of some and of their routes.

Options and the keys at the top level apply to all services, ``[service.NAME]`` to one or some, and
``[[service.NAME.route]]`` to some of their requests. The file's JSON schema is made from these classes. A new key is a
field of one of them, a new option is added to ``policy_options``; ``_Builder`` gives both their meaning.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import click
import msgspec

from wirelint.core.condition import Condition, ConditionError, condition
from wirelint.core.contract import Contract
from wirelint.core.finding import Confidence, Severity
from wirelint.core.knowledge import NOTHING, PLAIN, Knowledge
from wirelint.core.pattern import Pattern, PatternError, name_pattern, pattern
from wirelint.core.rule import Rule
from wirelint.core.suppression import Suppression
from wirelint.evidence.protocols import NAMES
from wirelint.openapi.location import is_url, shown
from wirelint.settings import selection
from wirelint.settings.file import Config, ConfigError, nearest
from wirelint.settings.options import CONFIDENCE, Choice, asked_for, option, split
from wirelint.settings.plugin_rules import plugin_rules
from wirelint.settings.policy import Policy, ServiceSettings, Settings
from wirelint.settings.profiles import PROFILES, Profile, profile_named
from wirelint.settings.typed import Share, Text, Words, table_of

SeverityName = Literal["info", "low", "medium", "high"]
ConfidenceName = Literal["weak", "strong", "certain"]


class _Table(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """A table with keys in kebab case."""


class Credentials(_Table, frozen=True, kw_only=True):
    """Names under which requests carry credentials, in addition to the usual ones."""

    headers: Words = []
    cookies: Words = []
    query: Words = []


class _Anywhere(_Table, frozen=True, kw_only=True):
    """Keys of the top level, of a service, and of a route."""

    severity: dict[str, SeverityName] = {}
    error_when: Words = []
    credentials: Credentials = Credentials()
    protocol: Text | None = None


class _Below(_Anywhere, frozen=True, kw_only=True):
    """Further keys of a service and of a route: which rules run, and their minimum confidence."""

    profile: Text | None = None
    select: Words | None = None
    ignore: Words = []
    extend_select: Words = []
    min_confidence: ConfidenceName | None = None


class RouteTable(_Below, frozen=True, kw_only=True):
    """``[[service.NAME.route]]``."""

    match: Text


class ServiceTable(_Below, frozen=True, kw_only=True):
    """``[service.NAME]``.

    ``sample`` is the audited share of its clients, ``openapi`` the file or URL of its API description.
    """

    sample: Share | None = None
    openapi: Text | None = None
    route: list[RouteTable] = []


class SuppressTable(_Table, frozen=True, kw_only=True):
    """``[[suppress]]``."""

    rule: Text
    reason: Text
    service: Text | None = None
    route: Text | None = None
    until: datetime.date | None = None


class PolicyFile(_Anywhere, frozen=True, kw_only=True):
    """The tables at the top level."""

    extend_select: Words = []
    service: dict[str, ServiceTable] = {}
    suppress: list[SuppressTable] = []


KEYS: Final = frozenset(field.encode_name for field in msgspec.structs.fields(PolicyFile))
"""The keys at the top level that are not options of the command line."""

_log: Final = logging.getLogger("wirelint")

DEFAULT: Final = "default"
"""The profile of services of any style."""


class PolicyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options that apply to all services.

    ``alone``: ``select`` comes from the command line or the environment, so no table may widen it.
    ``openapi``: files or URLs of API descriptions, as ``NAME=FILE`` or ``FILE``.
    """

    profile: str = DEFAULT
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    least: Confidence = Confidence.STRONG
    alone: bool = False
    openapi: Sequence[str] = ()

    @classmethod
    def of(cls, context: click.Context) -> PolicyOptions:
        """Return the options of a parsed command that has ``policy_options``."""
        given = context.params
        return cls(
            profile=given["profile"],
            select=given["select"],
            ignore=given["ignore"],
            least=given["min_confidence"],
            alone=asked_for(context, "select"),
            openapi=given["openapi"],
        )


def rule_choice(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--select``, ``--ignore`` and ``--rules``."""
    words = "(ids, families or severities; comma-separated, repeatable)"
    for decorate in (
        plugin_rules,
        option("--ignore", multiple=True, callback=_words, metavar="RULES", help=f"Do not run these rules {words}."),
        option("--select", multiple=True, callback=_words, metavar="RULES", help=f"Run only these rules {words}."),
    ):
        function = decorate(function)
    return function


def _words(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return split(values)


confidence: Final = option(
    "--min-confidence",
    type=CONFIDENCE,
    default="strong",
    show_default=True,
    callback=lambda _context, _parameter, value: Confidence[value.upper()],
    help="Drop findings with less confidence than this.",
)
"""Adds ``--min-confidence``."""

profile: Final = option(
    "--profile",
    type=Choice(list(PROFILES)),
    default=DEFAULT,
    show_default=True,
    help="Profile of expectations for services.",
)
"""Adds ``--profile``."""


openapi: Final = option(
    "--openapi",
    multiple=True,
    metavar="[NAME=]FILE|URL",
    help="Compare the service with this OpenAPI document; without NAME, all services. Repeatable.",
)
"""Adds ``--openapi``."""


def policy_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of ``PolicyOptions``."""
    return profile(rule_choice(openapi(confidence(function))))


def read(config: Config) -> PolicyFile:
    """Return the tables of a configuration file.

    :raises ConfigError: a key is unknown or missing, or a value is not of its type; the message names the key.
    """
    values = {key: value for key, value in config.values.items() if key.replace("_", "-") in KEYS}
    try:
        return table_of(values, PolicyFile)
    except ConfigError as error:
        raise ConfigError(f"{config.path}: {error}") from error


def build(rules: Iterable[Rule], options: PolicyOptions, config: Config, *, now: float) -> Policy:
    """Return the policy of options and a configuration file.

    :param rules: all rules that exist.
    :param options: the options that apply to all services.
    :param config: the configuration file.
    :param now: Unix seconds; suppressions that end before have expired.
    :raises ConfigError: the file's tables are invalid; the message names the key.
    :raises selection.UnknownRuleError: a word of an option selects no rule.
    """
    file = read(config)
    folder = Path() if config.path is None else Path(config.path).parent
    try:
        return _Builder(tuple(rules), options, folder).policy(file, now)
    except _BadValueError as error:
        raise ConfigError(f"{config.path}: {error}") from error


class _BadValueError(ValueError):
    """A value of the file has the right type but is invalid; the message names its key."""


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one level, before they are resolved to rules; each level starts from the one above."""

    profile: Profile
    select: tuple[str, ...]
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...]
    least: Confidence
    severities: dict[str, Severity] = {}
    knowledge: Knowledge = NOTHING


class _Documents(NamedTuple):
    """The API descriptions of the options: by name of a service, and the one for all others."""

    named: dict[str, Contract]
    general: Contract | None


class _Builder:
    """Makes a policy.

    :param folder: the folder of the configuration file; paths in its tables are relative to it.
    """

    def __init__(self, rules: tuple[Rule, ...], options: PolicyOptions, folder: Path) -> None:
        self._rules = rules
        self._alone = options.alone and bool(options.select)
        self._options = options
        self._folder = folder

    def policy(self, file: PolicyFile, now: float) -> Policy:
        options = self._options
        top = _Level(
            profile=profile_named(options.profile),
            select=tuple(options.select),
            extend=self._words(file.extend_select, "extend-select"),
            ignore=tuple(options.ignore),
            least=options.least,
        )
        documents = _documents(options.openapi)
        top = _with_contract(self._common(top, file, ""), documents.general)
        patterns = {name: _try(f"service.{name}", name_pattern, name) for name in file.service}
        services = [
            self._service(top, name, table, name, documents.named.get(name)) for name, table in file.service.items()
        ]
        for name, contract in documents.named.items():
            if name not in file.service:
                # The tables of the matching pattern still apply.
                fitting = next((each for each, names in patterns.items() if names.fullmatch(name)), None)
                table = ServiceTable() if fitting is None else file.service[fitting]
                services.append(self._service(top, name, table, fitting or name, contract))
        suppressions = tuple(self._suppression(each, f"suppress[{at}]") for at, each in enumerate(file.suppress))
        return Policy(self._settings(top), tuple(services), suppressions, now)

    def _service(
        self, top: _Level, name: str, table: ServiceTable, key: str, contract: Contract | None
    ) -> ServiceSettings:
        """Return the settings of a service.

        :param key: the key of ``table``.
        :param contract: of the options, which beats the table's document.
        """
        place = f"service.{key}"
        level = self._below(top, table, place)
        if contract is None and table.openapi is not None:
            contract = _contract(self._source(table.openapi), named=True)
        level = _with_contract(level, contract)
        routes = tuple(self._route(level, route, f"{place}.route[{at}]") for at, route in enumerate(table.route))
        return ServiceSettings(name, self._settings(level), routes)

    def _source(self, source: str) -> str:
        """Return a document's path as seen from the working directory, or its URL."""
        return source if is_url(source) else str(self._folder / source)

    def _route(self, level: _Level, table: RouteTable, place: str) -> tuple[Pattern, Settings]:
        return _try(f"{place}.match", pattern, table.match), self._settings(self._below(level, table, place))

    def _below(self, level: _Level, table: _Below, place: str) -> _Level:
        changes: dict[str, object] = {
            "ignore": level.ignore + self._words(table.ignore, f"{place}.ignore"),
            "extend": level.extend + self._words(table.extend_select, f"{place}.extend-select"),
        }
        if table.profile is not None:
            changes["profile"] = _try(f"{place}.profile", profile_named, table.profile)
        if table.select is not None:
            chosen = self._words(table.select, f"{place}.select")
            if not self._alone:
                changes["select"] = chosen
        if table.min_confidence is not None:
            changes["least"] = Confidence[table.min_confidence.upper()]
        return self._common(msgspec.structs.replace(level, **changes), table, place)

    def _common(self, level: _Level, table: _Anywhere, place: str) -> _Level:
        prefix = f"{place}." if place else ""
        severities = dict(level.severities)
        for name, severity in table.severity.items():
            severities[self._rule(name, f"{prefix}severity.{name}")] = Severity[severity.upper()]
        knowledge = Knowledge(
            error_when=_conditions(table.error_when, f"{prefix}error-when"),
            fields=_folded(table.credentials.headers),
            cookies=_folded(table.credentials.cookies),
            parameters=_folded(table.credentials.query),
            protocol=_protocol(table.protocol, f"{prefix}protocol"),
        )
        known = level.knowledge if knowledge == NOTHING else level.knowledge | knowledge
        return msgspec.structs.replace(level, severities=severities, knowledge=known)

    def _settings(self, level: _Level) -> Settings:
        changes = {change.rule: change for change in level.profile.changes}
        severities = {rule: change.severity for rule, change in changes.items() if change.severity is not None}
        rules = [
            msgspec.structs.replace(rule, default=on)
            if (change := changes.get(rule.id)) is not None and (on := change.on) is not None
            else rule
            for rule in self._rules
        ]
        chosen = {rule.id for rule in selection.select(rules, level.select, level.ignore)}
        if level.extend and not self._alone:
            chosen |= {rule.id for rule in selection.select(rules, level.extend, level.ignore)}
        return Settings(
            rules=tuple(
                msgspec.structs.replace(rule, options={**rule.options, **changes[rule.id].options})
                if rule.id in changes and changes[rule.id].options
                else rule
                for rule in self._rules
                if rule.id in chosen
            ),
            least=max(level.least, level.profile.least),
            severities=severities | level.severities,
            instead=level.profile.instead,
            knowledge=level.knowledge,
        )

    def _suppression(self, table: SuppressTable, place: str) -> Suppression:
        if table.service is not None:
            _try(f"{place}.service", name_pattern, table.service)
        if not table.reason.strip():
            raise _BadValueError(f"{place}.reason: must not be empty")
        return Suppression(
            rule=self._rule(table.rule, f"{place}.rule"),
            reason=" ".join(table.reason.split()),
            service="*" if table.service is None else table.service,
            route=None if table.route is None else _try(f"{place}.route", pattern, table.route),
            until=table.until,
        )

    def _words(self, words: Iterable[str], place: str) -> tuple[str, ...]:
        """Return a table's ids, families and severities, after checking that each selects a rule."""
        chosen = tuple(words)
        for word in chosen:
            _try(place, lambda word: selection.select(self._rules, [word]), word)
        return chosen

    def _rule(self, name: str, place: str) -> str:
        return _try(place, lambda name: selection.find(self._rules, name), name).id


def _with_contract(level: _Level, contract: Contract | None) -> _Level:
    if contract is None:
        return level
    return msgspec.structs.replace(level, knowledge=level.knowledge | Knowledge(contract=contract))


def _documents(words: Sequence[str]) -> _Documents:
    named: dict[str, Contract] = {}
    general = None
    for word in words:
        name, equals, source = word.partition("=")
        if equals and not is_url(word) and not Path(word).exists():
            contract = _contract(source, named=True)
            if contract is not None:
                named[name] = contract
        else:
            general = _contract(word, named=False) or general
    return _Documents(named, general)


def _contract(source: str, *, named: bool) -> Contract | None:
    """Return the contract of a file or a URL; None if it cannot be read, which a warning says."""
    from wirelint.openapi.read import read as read_document  # noqa: PLC0415 - loads libraries that few need
    from wirelint.openapi.text import DocumentError  # noqa: PLC0415 - likewise

    try:
        return read_document(source, named=named)
    except DocumentError as error:
        _log.warning("wirelint: %s: %s: continuing without this document", shown(source), error)
        return None


def _try[A, T](place: str, make: Callable[[A], T], value: A) -> T:
    try:
        return make(value)
    except (ConditionError, PatternError, ConfigError, selection.UnknownRuleError) as error:
        raise _BadValueError(f"{place}: {error}") from error


def _conditions(texts: Sequence[str], place: str) -> tuple[Condition, ...]:
    return tuple(_try(f"{place}[{at}]", condition, text) for at, text in enumerate(texts))


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in names)


def _protocol(name: str | None, place: str) -> str | None:
    if name is None:
        return None
    folded = name.lower()
    known = [PLAIN, *NAMES]
    if folded not in known:
        raise _BadValueError(f"{place}: {name[:60]!r} is not one of {', '.join(known)}{nearest(folded, known)}")
    return folded
