#include "dnslist.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/broker.h"

enum { DNS_TIMEOUT_MS = 5000, VIRUS_TIMEOUT_MS = 1000 };

static _Noreturn void serve(const struct dnslist_site *s, int fd)
{
	struct broker_settings settings = { .resolver = s->resolver,
		.dns_timeout_ms = DNS_TIMEOUT_MS,
		.virus_timeout_ms = VIRUS_TIMEOUT_MS, .connections_max = 1 };
	struct err e;

	if (broker_serve(&settings, -1, fd, -1, &e) < 0)
		log_fatal("pm dnslist: %s", e.text);
	_exit(EXIT_DONE);
}

int dnslist_open_world(const struct dnslist_site *s, struct arena *a,
	struct ask **ask_r, struct err *e)
{
	int ends[2], parent = getpid(), pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_errno(e, ERR_TEMPORARY, "no sockets");
	pid = fork();
	if (pid < 0)
		return err_errno(e, ERR_TEMPORARY, "cannot fork");
	if (pid == 0) {
		close(ends[0]);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		    getppid() != parent)
			_exit(EXIT_LATER);
		serve(s, ends[1]);
	}
	close(ends[1]);
	*ask_r = ask_socket_new(ends[0], a);
	return 0;
}
