#include "tool/frontdoor.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "role/life.h"

enum {
	WORKERS_LEAST = 2,
	WORKERS_MOST = 4,
	CERT_WARN_DAYS = 30,
	HOST_SIZE = 254,
	PATH_SIZE = 200,
	NOFILE = 1024,
};

#define AS_BYTES (UINT64_C(2) << 30)

unsigned frontdoor_workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < WORKERS_LEAST ? WORKERS_LEAST :
		n > WORKERS_MOST ? WORKERS_MOST : (unsigned)n;
}

/* Root owns the files; the group may read the key. */
static int give_key(const char *folder, const char *key, const char *group,
	struct err *e)
{
	const struct group *g = getgrnam(group);

	if (geteuid() != 0)
		return 0;
	if (g == NULL)
		return err_set(e, ERR_PERMANENT, "group %s: no such group; "
			"run pm setup as root to make it", group);
	if (chmod(folder, 0755) < 0 || chown(key, 0, g->gr_gid) < 0 ||
	    chmod(key, 0640) < 0)
		return err_errno(e, ERR_PERMANENT, "%s: cannot give it to "
			"group %s", key, group);
	return 0;
}

int frontdoor_certificate(const char *folder, const char *group,
	const char *name, struct err *e)
{
	char cert[PATH_SIZE], key[PATH_SIZE], host[HOST_SIZE] = "";

	snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
	snprintf(key, sizeof(key), "%s/key.pem", folder);
	if (access(cert, F_OK) == 0 && access(key, F_OK) == 0) {
		if (!cert_good(cert, key, CERT_WARN_DAYS))
			log_warn("%s does not fit %s or ends within %d days: "
				"replace both, or remove both to have new "
				"ones made", cert, key, CERT_WARN_DAYS);
		return 0;
	}
	if (gethostname(host, sizeof(host) - 1) < 0 || !*host)
		memcpy(host, name, strnlen(name, sizeof(host) - 1) + 1);
	if (io_mkdirs(folder, 0755, e) < 0 ||
	    cert_make(cert, key, host, e) < 0)
		return -1;
	log_info("%s made for %s", cert, host);
	return give_key(folder, key, group, e);
}

void frontdoor_confine(const struct process *p,
	const struct sandbox_path *paths)
{
	struct err e;

	life_drop_power(p);
	life_rlimits(&(struct life_rlimits){ .as = AS_BYTES,
		.nofile = NOFILE });
	if (sandbox_confine(paths, SANDBOX_WEB, &e) < 0)
		log_fatal("%s", e.text);
}
