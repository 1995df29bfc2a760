#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Carries what was built from job to job, and from night to night, as the file of `ntb-edma-lab build --export`: all that the
# scenarios boot on one of the kernels in ci/kernels.txt, and no sources, downloads and build trees. Builds nothing itself: what
# is not there is told, and does not go along. "pack" prints, for a job's outputs, whether there is something else than "unpack"
# has found.
# Usage: [KERNEL=label] [SCENARIOS="smoke faults"] [HEADERS=1] ci/cache.sh pack FILE | unpack FILE
set -u -o pipefail

here=$(dirname "$0")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ntb-edma-lab
found=$cache.found

build() {
	# Names and flags are words, none of which has spaces.
	# shellcheck disable=SC2086
	./ntb-edma-lab build ${SCENARIOS:---all} $flags ${HEADERS:+--headers} --no-build "$@" >&2
}

# Results are named after what they were made from; versions that were looked up are in pins.
contents() {
	(cd "$cache" && sha256sum pins/* && ls -d image/* kernel*/* modules/* kselftests/* qemu*/* rootfs/* decoding-tools/* 2>/dev/null)
}

if [ $# -ne 2 ] || ! flags=$(bash "$here/kernel-flags.sh" "${KERNEL:-pinned}"); then
	echo "usage: [KERNEL=label] [SCENARIOS=...] [HEADERS=1] ci/cache.sh pack FILE | unpack FILE" >&2
	exit 2
fi
case $1 in
pack)
	rm -f "$2"
	build --export "$2"
	status=$?
	# What could be packed is handed on, though something else is missing.
	if [ ! -f "$2" ]; then exit $((status == 0 ? 125 : status)); fi
	if [ -f "$found" ] && [ "$(contents)" = "$(cat "$found")" ]; then echo "changed=false"; else echo "changed=true"; fi
	;;
unpack)
	build --import "$2"
	status=$?
	# Something that is missing is built by whoever may, and told by whoever may not.
	if [ "$status" -ne 0 ] && [ "$status" -ne 125 ]; then exit "$status"; fi
	mkdir -p "$cache"
	contents >"$found" || true
	;;
*)
	echo "expected pack or unpack, got $1" >&2
	exit 2
	;;
esac
