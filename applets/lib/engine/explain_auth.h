/*
 * Authentication as JSON: in `pm scan --json` and in `pm auth`.
 */
#ifndef ENGINE_EXPLAIN_AUTH_H
#define ENGINE_EXPLAIN_AUTH_H

#include "base/json.h"
#include "engine/facts_record.h"

/* {"spf": "pass", …}: words of RFC 8601, or "unchecked". */
struct json *explain_auth(const struct auth_record *r);
/* ["partial", "weak-key", …] of enum dkim_flag. */
struct json *explain_dkim_flags(unsigned flags);

#endif
