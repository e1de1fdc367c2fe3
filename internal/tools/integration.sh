#!/usr/bin/env bash
# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
#
# Runs the tests on the real servers: integration.sh with the gateway's local
# backend, integration.sh k8s with a Kubernetes API server.

# shellcheck source=internal/tools/cache.sh
. "$(dirname "$0")/cache.sh"

case ${1:-} in
  "") tag=integration needs="The integration tests run the real Dask Gateway and JupyterHub. They need:" ;;
  k8s) tag=integration_k8s needs="These tests run the real Dask Gateway on a real Kubernetes API server. Besides Go they need:" ;;
  *) log "integration.sh [k8s]" && exit 2 ;;
esac
missing=()
command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=("Python 3.11 or later with its venv module (Debian: python3-venv)")
command -v node >/dev/null || missing+=("Node.js 20 or later")
command -v npm >/dev/null || missing+=("npm")
if [ ${#missing[@]} -gt 0 ]; then
  log "$needs"
  printf '  %s\n' "${missing[@]}" >&2
  exit 1
fi
cd "$root"
if [ "$tag" = integration_k8s ]; then
  KUBE_APISERVER=$(build_tool kube-apiserver github.com/planetary-computer/terraform-provider-pc/internal/tools/kube-apiserver)
  export KUBE_APISERVER
fi
# The examples create certificates with this provider.
TLS_PLUGIN=$(build_tool tls github.com/hashicorp/terraform-provider-tls)
export TLS_PLUGIN
# Stories about list resources and actions use this Terraform.
NEWEST_TERRAFORM=$(newest_terraform)
export NEWEST_TERRAFORM
packages=$(grep -rlE --include='*_test.go' "^//go:build $tag( |\$)" internal | xargs -n1 dirname | sort -u | sed 's|^|./|')
# One package at a time, because each starts its own servers.
# shellcheck disable=SC2086 # one argument per package
"$root/internal/tools/test.sh" -tags "$tag" -count=1 -p 1 -timeout 20m $packages
