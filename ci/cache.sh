#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Carries the cache from job to job, and from night to night, as one file: all that was built, and no sources, downloads and
# build trees. "pack" cleans it first, and prints, for a job's outputs, whether it has something else than "unpack" has found.
# Usage: ci/cache.sh pack FILE | unpack FILE
set -eu -o pipefail

here=$(dirname "$0")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ntb-edma-lab
found=$cache.found

# Directories of the cache that go along.
kinds() {
	for kind in "$cache"/*/; do
		kind=$(basename "$kind")
		case $kind in
		bisect | downloads | fuzz-corpus | locks | logs | replays | trees | users) ;;
		*) echo "$kind" ;;
		esac
	done
}

# What they have: results are named after what they were made from. Records of who uses what change with each use.
contents() {
	(cd "$cache" && sha256sum pins/* && kinds | grep -vE '^(pins|requests)$' | xargs ls)
}

case ${1:-}-$# in
pack-2)
	if [ ! -d "$cache/pins" ]; then
		echo "there are no results in $cache: nothing has been built" >&2
		exit 125
	fi
	"$here/../ntb-edma-lab" clean >&2
	kinds | tar --create --directory "$cache" --files-from - | zstd --quiet -T0 -6 --long --force -o "$2"
	du -h "$2" >&2
	if [ -f "$found" ] && [ "$(contents)" = "$(cat "$found")" ]; then echo "changed=false"; else echo "changed=true"; fi
	;;
unpack-2)
	mkdir -p "$cache"
	zstd --quiet --decompress --long --stdout "$2" | tar --extract --directory "$cache"
	contents >"$found"
	;;
*)
	echo "usage: ci/cache.sh pack FILE | unpack FILE" >&2
	exit 2
	;;
esac
