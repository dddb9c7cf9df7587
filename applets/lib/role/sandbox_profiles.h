/*
 * What each profile may call: tables, read by sandbox.c alone.
 */
#ifndef ROLE_SANDBOX_PROFILES_H
#define ROLE_SANDBOX_PROFILES_H

#include <seccomp.h>

#include "role/sandbox.h"

/* One allowed call; the same call again with other arguments: either. */
struct sandbox_rule {
	int call;
	int error;		/* not 0: refused with this errno instead */
	unsigned nargs;		/* 0 or 1 conditions on an argument */
	struct scmp_arg_cmp arg;
};

enum { SANDBOX_GROUPS_MAX = 16 };

/*
 * The groups of rules of a profile, NULL at the end; each group ends with
 * call -1.
 */
const struct sandbox_rule *const *sandbox_profile_groups(
	enum sandbox_profile profile);

#endif
