/*
 * delay: will keep held mail under the filter's own clock; in this version
 * it answers that it is not available, from where it will stand.
 */
#include "filter.h"
#include "listen.h"

int delay_run(const struct process *p)
{
	return listen_unavailable(p, FILTER_DELAY_SOCKET, SANDBOX_DELAY);
}
