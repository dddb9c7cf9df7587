#include "base/netaddr.h"
#include "setup.h"

enum { RAISE = 2500, PORT_LOW = 1024, PORT_REINJECT = 10026 };

/* "ADDRESS:25" with a port that anybody may listen on. */
static const char *raised(struct arena *a, const char *listen, bool reinject)
{
	struct span host, s = span_of(listen);
	uint16_t port;

	if (!netaddr_split_port(s, &host, &port) ||
	    (reinject ? port != PORT_REINJECT : port >= PORT_LOW))
		return listen;
	return arena_printf(a, "%.*s:%u", (int)span_rchr(s, ':'), listen,
		(unsigned)port + RAISE);
}

void ports_raise(struct arena *a, struct wiring *w)
{
	const char **listen = arena_array(a, w->mta.nlisten + 1,
		sizeof(*listen));

	for (size_t i = 0; i < w->mta.nlisten; i++)
		listen[i] = raised(a, w->mta.listen[i], false);
	w->mta.listen = listen;
	if (w->mta.reinject)
		w->mta.reinject = raised(a, w->mta.reinject, true);
}
