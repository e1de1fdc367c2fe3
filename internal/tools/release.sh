#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Builds the files of a release with the GoReleaser and the SBOM generator that are
# pinned in this folder:
#
#   release.sh          builds an unsigned snapshot into dist/ and shows its files
#   release.sh draft    signs the files and uploads them to a draft on GitHub; needs
#                       a tag, GITHUB_TOKEN and GPG_FINGERPRINT
#   release.sh publish  downloads the draft's assets, verifies them and publishes
#                       the draft; needs dist/ from the step before

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

# run_goreleaser ARGUMENTS runs GoReleaser with the SBOM generator on PATH.
run_goreleaser() {
  local goreleaser generator
  goreleaser=$(build_goreleaser)
  generator=$(build_tool sbom github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod)
  ln -sf "$generator" "$work/cyclonedx-gomod"
  PATH=$work:$PATH "$goreleaser" "$@"
}

# check_files FOLDER fails unless the folder contains a complete release: an archive
# with both licence files and an SBOM for each platform, and checksums of all files.
check_files() {
  local archive archives=("$1"/*.zip) sums=("$1"/*_SHA256SUMS)
  for archive in "${archives[@]}"; do
    [ -s "${archive%.zip}.cdx.json" ] || fail "There is no SBOM of $archive."
    for file in LICENSE THIRD_PARTY_LICENSES.txt; do
      python3 -m zipfile --list "$archive" | grep -q "^$file " || fail "$archive does not contain $file."
    done
  done
  (cd "$1" && sha256sum --check --strict --quiet ./*_SHA256SUMS) || fail "The files in $1 do not match their checksums."
  for suffix in .zip .cdx.json _manifest.json; do
    grep -q -- "$suffix\$" "${sums[0]}" || fail "The checksums do not contain *$suffix."
  done
  log "${#archives[@]} archives, each with an SBOM, licences and a checksum."
}

fail() {
  log "$@"
  exit 1
}

case ${1:-} in
  "")
    run_goreleaser check
    run_goreleaser release --snapshot --clean --skip=sign
    # GoReleaser adds the manifest only to the checksums and to the upload.
    manifest=$(grep -o '[^ ]*_manifest.json$' dist/*_SHA256SUMS) || fail "The checksums do not contain the manifest, which the registry needs."
    cp terraform-registry-manifest.json "dist/$manifest"
    check_files dist
    archives=(dist/*_linux_amd64.zip)
    python3 -m zipfile --list "${archives[0]}"
    cat dist/*_SHA256SUMS
    ;;
  draft)
    tag=$(git describe --exact-match --tags)
    ! gh release view "$tag" >/dev/null 2>&1 || fail "The release $tag exists already. Its assets are never overwritten."
    run_goreleaser release --clean
    ;;
  publish)
    tag=$(git describe --exact-match --tags)
    gh release download "$tag" --dir "$work/assets"
    check_files "$work/assets"
    sums=("$work"/assets/*_SHA256SUMS)
    cmp "${sums[0]}" "dist/$(basename "${sums[0]}")" || fail "The uploaded checksums differ from those in dist/."
    gpg --batch --verify "${sums[0]}.sig" "${sums[0]}"
    # Every asset has a checksum, apart from the checksums and their signature.
    assets=("$work"/assets/*)
    [ ${#assets[@]} -eq $(($(wc -l < "${sums[0]}") + 2)) ] || fail "The draft contains other files than dist/."
    gh release edit "$tag" --draft=false
    ;;
  *) log "release.sh [draft | publish]" && exit 2 ;;
esac
