#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Makes one report of all parts of a night in DIR, with a summary and annotations where GitHub shows them.
# Ends with the gravest exit status of all scenarios, and 125 if a part left nothing, or if one of the labels in EXPECT has not
# every scenario (or those of SCENARIOS): it does not take the parts' word for what was to be run.
# Usage: [EXPECT="label ..."] [SCENARIOS="smoke faults"] [HISTORY=FILE] ci/night-report.sh DIR
set -u

if [ $# -ne 1 ]; then
	echo "usage: [EXPECT=\"label ...\"] [SCENARIOS=...] [HISTORY=FILE] ci/night-report.sh DIR" >&2
	exit 2
fi
mkdir -p "$1"

expected=()
for label in ${EXPECT:-}; do
	expected+=(--expect "$label")
done
[ -n "${SCENARIOS:-}" ] && expected+=(--scenarios "${SCENARIOS// /,}")
annotate=()
[ -n "${GITHUB_ACTIONS:-}" ] && annotate=(--annotate)

npm run --silent report -- merge "$1" --out "$1" --history "${HISTORY:-history/history.jsonl}" \
	${expected[@]+"${expected[@]}"} ${annotate[@]+"${annotate[@]}"}
status=$?
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$1/summary.md" ]; then
	cat "$1/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
