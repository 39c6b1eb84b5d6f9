# The service and its worker: one image, `serve` unless another command is given.
FROM python:3.13-slim AS packages
COPY requirements.lock /tmp/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --requirement /tmp/requirements.lock

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/srv/dajiatan \
    PYTHONUNBUFFERED=1 \
    DAJIATAN_STATE_DIR=/var/lib/dajiatan \
    DAJIATAN_DATABASE_URL=sqlite:////var/lib/dajiatan/dajiatan.db
RUN useradd --system --user-group --uid 10001 --home-dir /var/lib/dajiatan --create-home dajiatan \
    && printf '#!/bin/sh\nexec python -m app.cli "$@"\n' > /usr/local/bin/dajiatan \
    && chmod 755 /usr/local/bin/dajiatan
COPY --from=packages /opt/venv /opt/venv
COPY app /srv/dajiatan/app
COPY migrations /srv/dajiatan/migrations
# Compiled here, because the service may not write there.
RUN python -m compileall -q /srv/dajiatan
USER dajiatan
WORKDIR /var/lib/dajiatan
VOLUME /var/lib/dajiatan
EXPOSE 8000
# Not through urllib: it would ask a proxy that the container's environment names.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection; c = HTTPConnection('127.0.0.1', 8000, timeout=2); c.request('GET', '/healthz/live'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["dajiatan"]
CMD ["serve", "--host", "0.0.0.0"]
