/*
 * The words that a site has from DNS lists where it is registered
 * (engine/dnstable.h): the file DNSTABLE_KEYS, which is no part of what is
 * published and is shown nowhere. The root is entered.
 */
#ifndef TOOL_DNSKEYS_H
#define TOOL_DNSKEYS_H

#include "base/arena.h"
#include "engine/dnstable.h"

/*
 * The file's text, empty where there is none. *why_r: what is wrong with it,
 * NULL: nothing. One that everybody may read is not used.
 */
struct span dnskeys_read(struct arena *a, const char **why_r);

#endif
