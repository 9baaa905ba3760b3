# One image for every process of Bando: web, relay, ticker, worker QUEUE, migrate. Settings come from the
# environment; no secret is inside. Servers are given by URL: the embedded ones are for trials on one machine.
FROM python:3.11-slim-bookworm AS packages

WORKDIR /opt/bando
COPY requirements.lock pyproject.toml Makefile ./
# Every package by hash, no build script of any package is run; development tools stay out of the image.
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock \
 && .venv/bin/pip uninstall --yes --quiet pytest pytest-xdist hypothesis mypy ruff import-linter playwright librouteros \
 && echo ../../../.. > .venv/lib/python3.11/site-packages/bando.pth

FROM python:3.11-slim-bookworm

RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/bando bando
WORKDIR /opt/bando
COPY --from=packages /opt/bando/.venv .venv
COPY bando bando
COPY core core
COPY ussd ussd
COPY bots bots
COPY admin admin
COPY locales locales

ENV PATH=/opt/bando/.venv/bin:$PATH PYTHONUNBUFFERED=1 BANDO_MODE=live BANDO_HOME=/var/lib/bando BANDO_HOST=0.0.0.0
USER bando
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=4 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
ENTRYPOINT ["python", "-P", "-m", "bando"]
CMD ["web"]
