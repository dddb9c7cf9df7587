/*
 * Commands of administrators over the site's database.
 */
#ifndef TOOL_ADMIN_H
#define TOOL_ADMIN_H

#include <stddef.h>

#include "base/err.h"

/*
 * May this user? Root, and whoever runs an appliance of his own. `what` begins
 * the sentence, `command` ends it: "the log is", "pm log …".
 */
int admin_check(const char *what, const char *command, struct err *e);

/* For the audit: the one who typed the command, behind sudo too. */
void admin_who(char *out, size_t size);

#endif
