#!/bin/sh
# with-pm.sh PM COMMAND... - runs the command with PM in its environment. The
# role users must be able to execute pm: below a folder that is closed to
# others (a checkout in a home folder) they get a copy in an open one.
set -u
pm=$1
shift
dir=$(dirname "$pm")
copy=
while [ "$dir" != / ]; do
	case $(stat -c %A "$dir") in
	*x|*t) ;;
	*) copy=$(mktemp -d) || exit 3 ;;
	esac
	[ -z "$copy" ] || break
	dir=$(dirname "$dir")
done
if [ -n "$copy" ]; then
	trap 'rm -rf "$copy"' EXIT
	chmod 755 "$copy" && cp "$pm" "$copy/pm" && chmod 755 "$copy/pm" ||
		exit 3
	pm=$copy/pm
fi
PM=$pm "$@"
