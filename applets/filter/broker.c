/*
 * broker: asks the network for scanners that may not. Its work is in
 * net/broker.c, which `pm scan` shares.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/wiring.h"
#include "filter.h"
#include "listen.h"
#include "net/broker.h"
#include "role/life.h"
#include "tool/engines.h"

enum {
	DNS_TIMEOUT_MS = 5000, VIRUS_TIMEOUT_MS = 22000,
	CONNECTIONS_EXTRA = 32,
};

/*
 * The host's resolver and names are read by libunbound, inside. Connecting
 * to clamd's socket is no file access to Landlock.
 */
static int enter_sandbox(struct err *e)
{
	static const struct sandbox_path paths[] = {
		{ "/etc/resolv.conf", SANDBOX_MAYBE },
		{ "/etc/hosts", SANDBOX_MAYBE },
		{ "/dev/urandom", SANDBOX_MAYBE },
		{ 0 },
	};

	return sandbox_confine(paths, SANDBOX_BROKER, e);
}

static int load(struct broker_settings *s, struct arena *a, struct err *e)
{
	struct wiring w;

	if (wiring_load(a, &w, e) < 0)
		return -1;
	*s = (struct broker_settings){
		.resolver = w.resolver,
		.virus = engines_wired(&w),
		.dns_timeout_ms = DNS_TIMEOUT_MS,
		.virus_timeout_ms = VIRUS_TIMEOUT_MS,
		.connections_max = (unsigned)w.filter.concurrency +
			CONNECTIONS_EXTRA,
		.degraded = life_degraded,
		.note = life_note,
	};
	return 0;
}

int broker_run(const struct process *p)
{
	struct arena *a = arena_new("broker wiring", 16 << 20);
	struct broker_settings s;
	int listen_fd, stop_fd;
	struct err e;

	if (load(&s, a, &e) < 0)
		return err_report("filter", &e);
	listen_fd = listen_for_front(FILTER_BROKER_SOCKET, &e);
	if (listen_fd < 0)
		return err_report("filter", &e);
	stop_fd = life_signals();
	/* A reload brings policy; who left for it would cost answers. */
	signal(SIGHUP, SIG_IGN);
	life_drop_power(p);
	/* The largest message in each scan at once is mapped, not held. */
	life_rlimits(&(struct life_rlimits){ .as = UINT64_C(8) << 30,
		.nofile = 4096, .fsize = 1 << 20 });
	if (enter_sandbox(&e) < 0)
		return err_report("filter", &e);
	life_ready();
	if (broker_serve(&s, listen_fd, -1, stop_fd, &e) < 0)
		return err_report("filter", &e);
	return EXIT_DONE;
}
