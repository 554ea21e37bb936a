"""The messages of Envoy's access log service: only the fields that are read here.

Readers of protocol buffers skip fields that they do not know, so a part of a definition reads all of its messages. The
published definitions (``xds-protos``) fill 120 MB, and their copy of OpenTelemetry's overwrites files of
``opentelemetry-proto``, which then cannot be imported.

Numbers and types: ``envoy/service/accesslog/v3/als.proto``, ``envoy/data/accesslog/v3/accesslog.proto`` and
``envoy/config/core/v3/{base,address}.proto`` of Envoy. Enumerations are read as their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)

_IMPORTED: Final = (duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)
_Field = descriptor_pb2.FieldDescriptorProto

_SCALARS: Final = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "enum": _Field.TYPE_INT32,
    "string": _Field.TYPE_STRING,
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
}

_MESSAGES: Final[Mapping[str, Mapping[str, tuple[int, str]]]] = {
    "StreamAccessLogsResponse": {},
    "StreamAccessLogsMessage": {
        "identifier": (1, "Identifier"),
        "http_logs": (2, "HTTPAccessLogEntries"),
        "tcp_logs": (3, "TCPAccessLogEntries"),
    },
    "Identifier": {"node": (1, "Node"), "log_name": (2, "string")},
    "Node": {"id": (1, "string"), "cluster": (2, "string")},
    "HTTPAccessLogEntries": {"log_entry": (1, "HTTPAccessLogEntry*")},
    "TCPAccessLogEntries": {"log_entry": (1, "TCPAccessLogEntry*")},
    "TCPAccessLogEntry": {},
    "HTTPAccessLogEntry": {
        "common_properties": (1, "AccessLogCommon"),
        "protocol_version": (2, "enum"),
        "request": (3, "HTTPRequestProperties"),
        "response": (4, "HTTPResponseProperties"),
    },
    "AccessLogCommon": {
        "downstream_remote_address": (2, "Address"),
        "start_time": (5, "google.protobuf.Timestamp"),
        "time_to_last_rx_byte": (6, "google.protobuf.Duration"),
        "time_to_first_upstream_rx_byte": (9, "google.protobuf.Duration"),
        "time_to_last_downstream_tx_byte": (12, "google.protobuf.Duration"),
        "upstream_cluster": (15, "string"),
        "response_flags": (16, "ResponseFlags"),
        "metadata": (17, "Metadata"),
        "upstream_transport_failure_reason": (18, "string"),
        "downstream_direct_remote_address": (20, "Address"),
        "duration": (23, "google.protobuf.Duration"),
        "upstream_request_attempt_count": (24, "uint32"),
        "stream_id": (26, "string"),
        "access_log_type": (33, "enum"),
    },
    "Address": {"socket_address": (1, "SocketAddress"), "pipe": (2, "Pipe")},
    "SocketAddress": {"address": (2, "string")},
    "Pipe": {"path": (1, "string")},
    "Metadata": {"filter_metadata": (1, "FilterMetadata*")},  # a map, which is sent as a list of its entries
    "FilterMetadata": {"key": (1, "string"), "value": (2, "google.protobuf.Struct")},
    "ResponseFlags": {
        "failed_local_healthcheck": (1, "bool"),
        "no_healthy_upstream": (2, "bool"),
        "upstream_request_timeout": (3, "bool"),
        "local_reset": (4, "bool"),
        "upstream_remote_reset": (5, "bool"),
        "upstream_connection_failure": (6, "bool"),
        "upstream_connection_termination": (7, "bool"),
        "upstream_overflow": (8, "bool"),
        "no_route_found": (9, "bool"),
        "delay_injected": (10, "bool"),
        "fault_injected": (11, "bool"),
        "rate_limited": (12, "bool"),
        "rate_limit_service_error": (14, "bool"),
        "downstream_connection_termination": (15, "bool"),
        "upstream_retry_limit_exceeded": (16, "bool"),
        "stream_idle_timeout": (17, "bool"),
        "invalid_envoy_request_headers": (18, "bool"),
        "downstream_protocol_error": (19, "bool"),
        "upstream_max_stream_duration_reached": (20, "bool"),
        "response_from_cache_filter": (21, "bool"),
        "no_filter_config_found": (22, "bool"),
        "duration_timeout": (23, "bool"),
        "upstream_protocol_error": (24, "bool"),
        "no_cluster_found": (25, "bool"),
        "overload_manager": (26, "bool"),
        "dns_resolution_failure": (27, "bool"),
        "downstream_remote_reset": (28, "bool"),
    },
    "HTTPRequestProperties": {"request_method": (1, "enum"), "request_body_bytes": (12, "uint64")},
    "HTTPResponseProperties": {
        "response_code": (1, "google.protobuf.UInt32Value"),
        "response_body_bytes": (3, "uint64"),
        "response_code_details": (6, "string"),
    },
}
"""Each message's fields: number and type; a list of such values where the type ends in an asterisk."""


def declare(package: str, messages: Mapping[str, Mapping[str, tuple[int, str]]]) -> Callable[[str], Any]:
    """Declare messages, and return a function that returns the class of each by its name.

    :param package: a name of their own.
    :param messages: fields by message, as above.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    file.dependency.extend(module.DESCRIPTOR.name for module in _IMPORTED)
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind) in fields.items():
            single = kind.removesuffix("*")
            field = message.field.add(name=field_name, number=number)
            field.label = _Field.LABEL_OPTIONAL if single == kind else _Field.LABEL_REPEATED
            field.type = _SCALARS.get(single, _Field.TYPE_MESSAGE)
            if single not in _SCALARS:
                field.type_name = f".{single}" if single.startswith("google.") else f".{package}.{single}"
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())

    def of(name: str) -> Any:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))

    return of


_message: Final = declare("wirelint.envoy", _MESSAGES)

Identifier: Final = _message("Identifier")
StreamAccessLogsMessage: Final = _message("StreamAccessLogsMessage")
StreamAccessLogsResponse: Final = _message("StreamAccessLogsResponse")
HTTPAccessLogEntry: Final = _message("HTTPAccessLogEntry")
