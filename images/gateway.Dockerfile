# The gateway's image, for those who build with docker: one native file on an image without a runtime.
#   docker buildx build -f images/gateway.Dockerfile --platform linux/amd64,linux/arm64 --build-arg SDK_IMAGE=… --build-arg RUNTIME_IMAGE=… --build-arg VERSION=0.2.0 -t REGISTRY/nemotron-gateway:0.2.0 --push .
# SDK_IMAGE has the .NET 10 SDK, bash, gcc and zlib's headers; RUNTIME_IMAGE has the C library of the same distribution (such as .NET's runtime-deps). For each processor
# the build runs on that processor, or emulated. Not tried by us: no base image can be had where this is developed. ImageFilesTests holds what it names to what there is.
ARG SDK_IMAGE
ARG RUNTIME_IMAGE
FROM ${SDK_IMAGE} AS build
WORKDIR /source
COPY . .
RUN scripts/publish-gateway.sh /published

FROM ${RUNTIME_IMAGE}
ARG VERSION
LABEL org.opencontainers.image.title="nemotron-gateway" \
      org.opencontainers.image.description="The sidecar beside each engine of NemotronOperator: reasoning mode, metrics by mode, drain." \
      org.opencontainers.image.version="${VERSION}"
WORKDIR /app
COPY --from=build /published .
USER 65532:65532
ENTRYPOINT ["/app/nemotron-gateway"]
