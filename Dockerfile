# Citeback as a server. `docker compose up` builds and runs it; docs/OPERATIONS.md says how.
FROM python:3.11-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/citeback
WORKDIR /source
# First what is installed, which changes rarely and is 2 GB: from then on only Citeback itself is built anew.
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN touch app.py && /opt/citeback/bin/pip install --no-cache-dir -c constraints.txt .
COPY app.py ./
COPY index ./index
COPY assistant ./assistant
COPY evals ./evals
RUN /opt/citeback/bin/pip install --no-cache-dir --no-deps --force-reinstall .


FROM python:3.11-slim

# Whatever a library wants to keep for itself goes where anything may be written, and is gone with the container.
ENV PATH=/opt/citeback/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    CITEBACK_DATA_DIR=/data \
    CITEBACK_DOCS=/documents

RUN groupadd --gid 10001 citeback \
    && useradd --uid 10001 --gid citeback --no-create-home --home-dir /tmp --shell /usr/sbin/nologin citeback \
    && install --directory --owner=citeback --group=citeback --mode=0700 /data /backups \
    && install --directory /documents
COPY --from=build /opt/citeback /opt/citeback
COPY seeds /documents

USER 10001:10001
VOLUME ["/data", "/backups"]
EXPOSE 7860
# Asked by a name it answers to: it may have been told which those are.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; name = (os.environ.get('CITEBACK_HOSTS') or '127.0.0.1').split(',')[0].strip(); r.urlopen(r.Request('http://127.0.0.1:7860/health', headers={'Host': name}), timeout=4)"]
ENTRYPOINT ["citeback"]
# Inside a container the address to listen on is every one it has, which Citeback does for those who sign in only.
CMD ["serve", "--host", "0.0.0.0", "--port", "7860", "--accounts"]
