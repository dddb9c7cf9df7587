/*
 * signer: will hold the DKIM and ARC keys; in this version it answers that
 * it is not available, from where it will stand.
 */
#include "filter.h"
#include "listen.h"

int signer_run(const struct process *p)
{
	return listen_unavailable(p, FILTER_SIGNER_SOCKET, SANDBOX_SIGNER);
}
