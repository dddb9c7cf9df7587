#include "mailauth/result.h"

#include <stddef.h>

static const char *const names[AUTH_N] = {
	[AUTH_NONE] = "none", [AUTH_PASS] = "pass", [AUTH_FAIL] = "fail",
	[AUTH_SOFTFAIL] = "softfail", [AUTH_NEUTRAL] = "neutral",
	[AUTH_POLICY] = "policy", [AUTH_TEMPERROR] = "temperror",
	[AUTH_PERMERROR] = "permerror", [AUTH_WAIT] = "wait",
};

const char *auth_result_name(enum auth_result r)
{
	return names[r];
}
