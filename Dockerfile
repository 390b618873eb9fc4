# docs/operations.md, "A container", has the command to run it with a read-only root file system.
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/kg
COPY requirements.lock ./
RUN python -m pip --python /opt/kg/bin/python install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /tmp/wheel . \
 && python -m pip --python /opt/kg/bin/python install --no-cache-dir --no-deps /tmp/wheel/*.whl \
 && /opt/kg/bin/kg build --store /srv/kg

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home kg
COPY --from=build /opt/kg /opt/kg
COPY --from=build /srv/kg /srv/kg
ENV PATH=/opt/kg/bin:$PATH PYTHONDONTWRITEBYTECODE=1 KG_STORE=/srv/kg KG_HOST=0.0.0.0 KG_LOG_FORMAT=json
USER 10001
WORKDIR /tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["kg", "serve"]
