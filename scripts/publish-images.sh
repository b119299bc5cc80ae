#!/usr/bin/env bash
# The images of operator and gateway for amd64 and arm64, by the SDK's container support; no docker is needed. With each, what is in it as CycloneDX (out/images/*.cdx.json).
#   scripts/publish-images.sh                            archives out/images/*.tar.gz in the OCI layout, to be loaded or pushed by a tool of yours
#   REGISTRY=registry.example.org scripts/publish-images.sh   pushed there (log in first: docker login, or a file of credentials where docker keeps them)
#   BASE_IMAGE=NAME:TAG   in place of the SDK's own choice, such as a mirror's; it must have ASP.NET Core 10 for both processors
#   PROGRAMS=Operator     one of them only
# The base image is fetched from its registry: offline there is none, and this fails. Not tried by us with a real base image or registry; tried by hand with a registry on the
# loopback interface that had an empty base.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
need_dotnet
out="${OUT:-$root/out/images}"
mkdir -p "$out"
(cd "$root" && dotnet tool restore >&2)
for program in ${PROGRAMS:-Operator Gateway}; do
  name="nemotron-$(echo "$program" | tr '[:upper:]' '[:lower:]')"
  if [ -n "${REGISTRY:-}" ]; then where="-p:ContainerRegistry=$REGISTRY"; else where="-p:ContainerArchiveOutputPath=$out/$name.tar.gz"; fi
  CI=false dotnet publish "$root/src/$program" -c Release -t:PublishContainer -p:Images=true -p:NuGetLockFilePath=obj/images.packages.lock.json \
    --artifacts-path "$root/out/artifacts-images" "$where" ${BASE_IMAGE:+-p:ContainerBaseImage="$BASE_IMAGE"} -p:ContainerImageFormat=OCI -v quiet --nologo -nodeReuse:false >&2
  (cd "$root" && dotnet tool run dotnet-CycloneDX "src/$program/$program.csproj" -o "$out" -fn "$name.cdx.json" -F Json \
    -sn "$name" -sv "$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)" >&2)
  echo "$out/$name"
done
