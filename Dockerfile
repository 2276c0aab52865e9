# Two stages: the compiler that hnswlib needs stays in the first one.
FROM python:3.11-slim-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY crowkis ./crowkis
# HNSWLIB_NO_NATIVE: the image must run on processors other than the one that built it.
ENV HNSWLIB_NO_NATIVE=1
RUN python -m venv /opt/crowkis && /opt/crowkis/bin/pip install --no-cache-dir .
# Rebuild the embedder's graph now, so that the container needs neither time nor a writable cache at start.
RUN /opt/crowkis/bin/python -c "from pathlib import Path; from crowkis.embed.onnx import OnnxEmbedder; OnnxEmbedder(Path('/opt/crowkis/cache')).embed(['warm'])"

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home crowkis && install -d -o crowkis -g crowkis /data
COPY --from=build /opt/crowkis /opt/crowkis
ENV PATH=/opt/crowkis/bin:$PATH \
    CROWKIS_BIND_HOST=0.0.0.0 \
    CROWKIS_HTTP_HOST=0.0.0.0 \
    CROWKIS_DATA_DIR=/data \
    CROWKIS_EMBED_CACHE_DIR=/opt/crowkis/cache \
    CROWKIS_STRUCTURED_LOGS=1
USER 10001
VOLUME /data
EXPOSE 6383 6384 6386
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s CMD ["crowkis", "health"]
ENTRYPOINT ["crowkis", "server"]
