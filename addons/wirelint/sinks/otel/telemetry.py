"""Sends metrics and new findings to a collector, over OTLP by gRPC or HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource

from wirelint import __version__
from wirelint.core.audit import Audit
from wirelint.core.finding import Finding
from wirelint.sinks.metrics.exposition import Family
from wirelint.sinks.otel.points import metrics_of
from wirelint.sinks.otel.records import parent_of, record_of
from wirelint.sinks.paced import Paced

Protocol = Literal["grpc", "http"]
_SCOPE: Final = "wirelint"
_LAST_WORDS: Final = 4.0
"""Seconds to send what waits at the end."""


class Telemetry:
    """Sends the numbers of all metrics from time to time, and each new finding as a log record.

    Endpoint, headers, certificates, intervals and resource attributes are read from the environment by the SDK:
    ``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_METRIC_EXPORT_INTERVAL`` and others.

    :param protocol: how to reach the collector.
    :param families: returns the metrics; called in a thread of the SDK.
    """

    def __init__(self, protocol: Protocol, families: Callable[[], Iterable[Family]]) -> None:
        named = Resource.create()
        if str(named.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
            named = named.merge(Resource({SERVICE_NAME: "wirelint"}))
        resource = named.merge(Resource({SERVICE_VERSION: __version__}))
        metrics, logs = _exporters(protocol)
        reader = PeriodicExportingMetricReader(_Families(metrics, families))
        self._meters = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._meters.get_meter(_SCOPE, __version__).create_observable_gauge("wirelint.up", [_up], "1", "It runs.")
        self._logs = LoggerProvider(resource, shutdown_on_exit=False)
        self._logs.add_log_record_processor(BatchLogRecordProcessor(logs))
        self._logger = self._logs.get_logger(_SCOPE, __version__)
        self._paced = Paced(self._write)

    def accept(self, audit: Audit) -> None:
        """Queue the findings of an exchange, at most one a minute of each fingerprint. Never waits."""
        if audit.findings:
            parent = parent_of(audit.exchange)
            for finding in audit.findings:
                self._paced.take(finding, parent)

    def close(self) -> None:
        """Send what waits, for some seconds at most. Calling this again changes nothing."""
        self._paced.close()
        # Side by side, and not awaited for longer: the SDK retries for 16 seconds where no collector listens.
        ends = [
            threading.Thread(target=end, daemon=True)
            for end in (self._logs.shutdown, lambda: self._meters.shutdown(_LAST_WORDS * 1000))
        ]
        deadline = time.monotonic() + _LAST_WORDS
        for each in ends:
            each.start()
        for each in ends:
            each.join(max(0.0, deadline - time.monotonic()))

    def _write(self, finding: Finding, parent: str, left_out: int) -> None:
        self._logger.emit(record_of(finding, parent, left_out))


class _Families(MetricExporter):  # type: ignore[misc, unused-ignore]  # as long as the extra is missing
    """Adds the families to what the SDK collects, and hands all on.

    Their labels are bounded and their histograms counted already, so there are no instruments for them.
    """

    def __init__(self, exporter: MetricExporter, families: Callable[[], Iterable[Family]]) -> None:
        super().__init__()
        self._exporter = exporter
        self._families = families
        self._start = time.time_ns()

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **more: Any) -> MetricExportResult:
        """Send the numbers of this moment."""
        ours = list(metrics_of(self._families(), self._start, time.time_ns()))
        resources = [
            ResourceMetrics(each.resource, [_with(ours, scope) for scope in each.scope_metrics], each.schema_url)
            for each in metrics_data.resource_metrics
        ]
        return self._exporter.export(MetricsData(resources), timeout_millis, **more)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Send what waits."""
        return bool(self._exporter.force_flush(timeout_millis))

    def shutdown(self, timeout_millis: float = 30_000, **more: Any) -> None:
        """End."""
        self._exporter.shutdown(timeout_millis, **more)


def _with(metrics: list[Metric], scope: ScopeMetrics) -> ScopeMetrics:
    """Return the only scope there is with further metrics."""
    return ScopeMetrics(scope.scope, [*scope.metrics, *metrics], scope.schema_url)


def _up(_options: CallbackOptions) -> Iterable[Observation]:
    yield Observation(1)


def _exporters(protocol: Protocol) -> tuple[MetricExporter, LogRecordExporter]:
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs  # noqa: PLC0415
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter as GrpcMetrics,
        )

        return GrpcMetrics(), GrpcLogs()
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
        OTLPMetricExporter as HttpMetrics,
    )

    return HttpMetrics(), HttpLogs()
