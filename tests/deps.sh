#!/bin/sh
# deps.sh - installs what pm is built, run and tested with: Debian packages
# and the two npm packages that tests/web pins. Takes a second when nothing is
# missing. Non-interactive; starts no service of the host.
set -eu
cd "$(dirname "$0")/.."

build='gcc libc6-dev make pkg-config libmilter-dev libseccomp-dev liblua5.4-dev
libjansson-dev libunbound-dev libmbedtls-dev libssl-dev libpq-dev libevent-dev
libzstd-dev libsodium-dev libjs-bootstrap5 libpsl-dev libidn2-dev libarchive-dev
zlib1g-dev libicu-dev libhyperscan-dev libldap2-dev'
run='postfix postgresql-15 tzdata librsvg2-bin fonts-dejavu-core'
test='perl libcmocka-dev lua-check universal-ctags clang llvm
libclang-rt-14-dev procps util-linux xz-utils clamav-daemon clamav
clamav-freshclam clamav-testfiles c-icap libc-icap-mod-virus-scan mmdebstrap
git
chromium curl openssl opendkim python3 python3-yaml gir1.2-gmime-3.0
python3-gi libio-socket-ssl-perl slapd'

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; return; fi
	command -v sudo >/dev/null || {
		echo "deps: missing packages: $missing" >&2
		echo "deps: run 'make deps' as root, or install sudo" >&2
		exit 2
	}
	sudo "$@"
}

# Is a package there, or the program that it would bring?
have() {
	case $1 in
	clang|git|xz-utils)
		command -v "${1%-utils}" >/dev/null && return 0 ;;
	esac
	case " $installed " in *" $1 "*) return 0 ;; esac
	return 1
}

# shellcheck disable=SC2086
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' \
	$build $run $test 2>/dev/null |
	sed -n 's/^installed //p' | tr '\n' ' ' || true)
missing=
for p in $build $run $test; do
	have "$p" || missing="$missing $p"
done
if ! command -v npm >/dev/null; then
	missing="$missing nodejs npm"
fi

mkdir -p build
if [ -n "$missing" ]; then
	echo "deps: installing$missing"
	# The host's own Postfix and clamd stay unconfigured and stopped.
	guard=/usr/sbin/policy-rc.d
	if [ ! -e $guard ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee $guard >/dev/null
		as_root chmod 755 $guard
		trap 'as_root rm -f $guard' EXIT
	fi
	# No cluster of the host's own: pm makes its private one.
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		as_root mkdir -p /etc/postgresql-common
		echo 'create_main_cluster = false' | as_root tee \
			/etc/postgresql-common/createcluster.conf >/dev/null
	fi
	echo 'postfix postfix/main_mailer_type select No configuration' |
		as_root debconf-set-selections
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends $missing >build/deps.log 2>&1 || {
		as_root apt-get update -q >>build/deps.log 2>&1
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
			-q --no-install-recommends $missing \
			>>build/deps.log 2>&1
	} || {
		tail -n 5 build/deps.log >&2
		echo "deps: apt-get failed: see build/deps.log" >&2
		exit 3
	}
	rm -f build/deps.log
fi

if [ ! -e tests/web/node_modules/.package-lock.json ] ||
   [ tests/web/package-lock.json -nt tests/web/node_modules/.package-lock.json ]
then
	echo "deps: npm packages of tests/web"
	(cd tests/web && npm ci --silent --no-audit --no-fund &&
		touch node_modules/.package-lock.json)
fi
