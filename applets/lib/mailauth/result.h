/*
 * What a verifier found, in the words of RFC 8601 section 2.7.
 */
#ifndef MAILAUTH_RESULT_H
#define MAILAUTH_RESULT_H

enum auth_result {
	AUTH_NONE, AUTH_PASS, AUTH_FAIL, AUTH_SOFTFAIL, AUTH_NEUTRAL,
	AUTH_POLICY, AUTH_TEMPERROR, AUTH_PERMERROR,
	AUTH_WAIT,		/* ask what lookup_fresh gives, run again */
	AUTH_N
};

/* "none", "pass" … */
const char *auth_result_name(enum auth_result r);

#endif
