#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds what the scenarios need, with one of the kernels in ci/kernels.txt, and shows by the scenario named there that it boots.
# Some want more of that kernel than others (config-fragments): they are built for, too. What does not build ends with that status,
# but the scenario is run all the same, for it may need less.
# Usage: [KERNEL=label] [SCENARIOS="smoke faults"] [FLAGS="..."] ci/provision.sh DIR
set -u

if [ $# -ne 1 ]; then
	echo "usage: [KERNEL=label] [SCENARIOS=...] [FLAGS=...] ci/provision.sh DIR" >&2
	exit 2
fi
here=$(dirname "$0")
kernel=${KERNEL:-pinned}
if ! flags=$(bash "$here/kernel-flags.sh" "$kernel"); then
	exit 2
fi
scenario=$(awk -v label="$kernel" '($1 "") == label { print $3 }' "$here/kernels.txt")

# Names and flags are words, none of which has spaces.
# shellcheck disable=SC2086
./ntb-edma-lab build ${SCENARIOS:---all} $flags
built=$?
[ "$built" -gt 128 ] && exit "$built"

# Of this run no history is kept: the same scenario is part of the night.
# shellcheck disable=SC2086
npm run --silent scenario "$scenario" -- --out "$1" --history "$1/history.jsonl" --retries 1 $flags ${FLAGS:-}
booted=$?
[ "$booted" -ne 0 ] && exit "$booted"
exit "$built"
