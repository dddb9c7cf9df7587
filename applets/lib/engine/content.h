/*
 * The content classifier's models: the one that is shipped in the executable
 * (lua/model/) and a site's own.
 */
#ifndef ENGINE_CONTENT_H
#define ENGINE_CONTENT_H

#include "detect/classifier.h"

#define CONTENT_SHIPPED "lua/model/content.model"

/* name: whose model, for errors. The image must outlive *c_r. */
int content_open(struct span image, const char *name,
	struct classifier *c_r, struct err *e);
int content_shipped(struct classifier *c_r, struct err *e);

#endif
