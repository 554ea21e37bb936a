# The image of wirelint: docker build -t wirelint .
# Any CPython from 3.12 on will do as the base: --build-arg PYTHON=python:3.14-slim
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/wirelint
COPY requirements/image.txt requirements/
RUN python -m pip --python /opt/wirelint/bin/python install --require-hashes --only-binary :all: --requirement requirements/image.txt
COPY pyproject.toml README.md LICENSE docker-compose.yml ./
COPY addons addons
COPY dashboards dashboards
COPY deploy deploy
# The lock holds what the package is built with, too; once it is built, that goes, and pip says if it was needed.
RUN python -m pip --python /opt/wirelint/bin/python install --no-deps --no-build-isolation . \
    && python -m pip --python /opt/wirelint/bin/python uninstall --yes editables hatchling pathspec pluggy trove-classifiers \
    && python -m pip --python /opt/wirelint/bin/python check

FROM ${PYTHON}
ARG VERSION=dev
ARG REVISION=
LABEL org.opencontainers.image.title="wirelint" \
      org.opencontainers.image.description="Finds HTTP responses whose status code lies about what happened" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/wirelint /opt/wirelint
# The one folder that is written to: mitmproxy's CA, with its private key, lives there.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/wirelint
ENV PATH=/opt/wirelint/bin:${PATH} \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WIRELINT_HOST=0.0.0.0 \
    WIRELINT_METRICS_HOST=0.0.0.0 \
    WIRELINT_CONFDIR=/var/lib/wirelint
VOLUME /var/lib/wirelint
WORKDIR /var/lib/wirelint
USER 10001:10001
EXPOSE 8080 9464 9465
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 CMD ["python", "-c", "import os, sys, http.client as h; c = h.HTTPConnection('127.0.0.1', int(os.environ.get('WIRELINT_METRICS_PORT', 9464)), timeout=2); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["wirelint"]
CMD ["--help"]
