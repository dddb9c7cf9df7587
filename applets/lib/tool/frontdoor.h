/*
 * What every web role does before it serves: its certificate, its number of
 * workers, its confinement.
 */
#ifndef TOOL_FRONTDOOR_H
#define TOOL_FRONTDOOR_H

#include "base/applet.h"
#include "base/err.h"
#include "role/sandbox.h"

/* How many workers this host is worth. */
unsigned frontdoor_workers(void);
/*
 * folder/cert.pem and folder/key.pem: made at the first start for the host's
 * name, or `name` where it has none; the key is root's, and the group may
 * read it. Those of an administrator are his.
 */
int frontdoor_certificate(const char *folder, const char *group,
	const char *name, struct err *e);
/* Gives up power for SANDBOX_WEB with these paths; ends when it cannot. */
void frontdoor_confine(const struct process *p,
	const struct sandbox_path *paths);

#endif
