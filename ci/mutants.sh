#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Changes one part of the files that judge, and says which changes no test told of: another part each week, all of them in a
# month. Usage: [PART=2/4] [LEAST=PERCENT[,FOLDER=PERCENT...]] ci/mutants.sh [FILE]
set -euo pipefail

parts=4
part=${PART:-$((10#$(date +%V) % parts + 1))/$parts}
npm run --silent mutants -- --part "$part" --least "${LEAST:-0}" --jobs "$(nproc)" | tee "${1:-/dev/null}"
