/*
 * One worker of the web process: what its pages have at hand.
 */
#ifndef CSM_WORKER_H
#define CSM_WORKER_H

#include "store/quarantine.h"
#include "web/pages.h"

struct csm_worker {
	struct db *db;
	const char *appliance;	/* its name */
	struct pages *pages;
	struct quarantine quarantine;	/* over the database alone */
};

#endif
