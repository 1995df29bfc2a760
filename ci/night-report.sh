#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Makes one report of all parts of a night in DIR, with a summary and annotations where GitHub shows them.
# Ends with the gravest exit status of all scenarios, and 125 if a part left nothing: of the labels in EXPECT, even the first.
# Usage: [EXPECT="label ..."] [HISTORY=FILE] ci/night-report.sh DIR
set -u

if [ $# -ne 1 ]; then
	echo "usage: [EXPECT=\"label ...\"] [HISTORY=FILE] ci/night-report.sh DIR" >&2
	exit 2
fi
mkdir -p "$1"

expected=()
for label in ${EXPECT:-}; do
	expected+=(--expect "$label")
done
annotate=()
[ -n "${GITHUB_ACTIONS:-}" ] && annotate=(--annotate)

npm run --silent report -- merge "$1" --out "$1" --history "${HISTORY:-history/history.jsonl}" \
	${expected[@]+"${expected[@]}"} ${annotate[@]+"${annotate[@]}"}
status=$?
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$1/summary.md" ]; then
	cat "$1/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
