"""Read API descriptions: OpenAPI 3.0 to 3.2 and Swagger 2.0, as YAML or JSON, into a ``core.contract.Contract``.

``text`` parses, ``references`` follows ``$ref``, ``operations`` reads the document, ``schemas`` turns its schemas into
JSON Schema, and ``checking`` compiles them. ``read`` does it all.
"""
