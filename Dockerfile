# One image for the web process and the job worker; it starts the web process with SQLite unless told otherwise.

FROM python:3.11-slim-bookworm AS libraries
COPY requirements.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt


FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data

# A fixed number, so that volumes keep their owner from one image to the next.
RUN groupadd --gid 10001 chatsite \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin chatsite \
    && install --directory --owner=chatsite --group=chatsite --mode=0700 /data /data/files

COPY --from=libraries /venv /venv
WORKDIR /app
COPY . .
# The root is read-only later, so the bytecode is made now.
RUN python -m compileall -q .

USER chatsite
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]

# Migrates, collects static files, then serves pages, sockets and jobs; running answers are drained on SIGTERM.
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
