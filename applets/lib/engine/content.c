#include "engine/content.h"

#include "base/embed.h"
#include "engine/features.h"

int content_open(struct span image, const char *name,
	struct classifier *c_r, struct err *e)
{
	struct err why;

	if (classifier_open(image, FEATURES_VERSION, c_r, &why) < 0)
		return err_set(e, why.class, "%s: %s", name, why.text);
	return 0;
}

int content_shipped(struct classifier *c_r, struct err *e)
{
	return content_open(embed_file(CONTENT_SHIPPED), CONTENT_SHIPPED, c_r,
		e);
}
