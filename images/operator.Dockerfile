# The operator's image, for those who build with docker:
#   docker buildx build -f images/operator.Dockerfile --platform linux/amd64,linux/arm64 --build-arg SDK_IMAGE=… --build-arg RUNTIME_IMAGE=… --build-arg VERSION=0.2.0 -t REGISTRY/nemotron-operator:0.2.0 --push .
# SDK_IMAGE has the .NET 10 SDK and bash; RUNTIME_IMAGE has ASP.NET Core 10. Not tried by us: no base image can be had where this is developed. ImageFilesTests holds what
# it names to what there is.
ARG SDK_IMAGE
ARG RUNTIME_IMAGE
FROM ${SDK_IMAGE} AS build
WORKDIR /source
COPY . .
RUN scripts/publish-operator.sh /published

FROM ${RUNTIME_IMAGE}
ARG VERSION
LABEL org.opencontainers.image.title="nemotron-operator" \
      org.opencontainers.image.description="Runs fleets of NVIDIA Llama-Nemotron models on the GPU nodes of a Kubernetes cluster." \
      org.opencontainers.image.version="${VERSION}"
WORKDIR /app
COPY --from=build /published .
USER 65532:65532
ENTRYPOINT ["/app/nemotron-operator"]
