# The image build itself is unverified: the continuous integration runs these steps in a clean folder only.
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /opt/voc
ENV PATH=/opt/voc/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN pip install torch==2.13.0
COPY . .
RUN pip install ".[postgresql]"
ENV VOC_VAR_DIR=/var/lib/voc VOC_CONFIG_DIR=/app/configs VOC_PSEUDONYM_KEY=only-while-the-image-is-built
RUN voc db upgrade && voc doctor --prepare && rm -f /var/lib/voc/voc.db*

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 voc
COPY --from=build /opt/voc /opt/voc
COPY --from=build --chown=voc:voc /var/lib/voc /var/lib/voc
COPY configs /app/configs
USER voc
WORKDIR /home/voc
ENV PATH=/opt/voc/bin:$PATH VOC_VAR_DIR=/var/lib/voc VOC_CONFIG_DIR=/app/configs
VOLUME /var/lib/voc
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"
# Listening beyond loopback: VOC_API_TOKEN must be given, or the service refuses to start.
CMD ["voc", "serve", "--host", "0.0.0.0"]
