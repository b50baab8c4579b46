# The service alone; docker-compose.yml puts the official Neo4j image beside it.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
WORKDIR /mnemon
COPY pyproject.toml requirements.lock README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY app app
COPY graph_schema graph_schema
COPY scripts/analytics scripts/analytics
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --create-home mnemon
USER mnemon
# The embedding model belongs to the image, so that a container starts without the network.
RUN python -c "from app.models.local.e5_weights import converted_model; from app.settings import load_settings; converted_model(load_settings({}).cache_dir)"
ENV MNEMON_HOST=0.0.0.0
EXPOSE 8366
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8366/ready')"]
ENTRYPOINT ["mnemon"]
CMD ["serve"]
