#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs the workflows on this machine as GitHub would: see ci/rehearse.sh --help. Before a change to a workflow lands.
set -eu

cd "$(dirname "$0")/.."
[ -x node_modules/.bin/node ] || node orchestrator/start.mjs --install-dependencies
exec node_modules/.bin/node ci/rehearsal/main.ts "$@"
