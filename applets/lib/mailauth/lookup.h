/*
 * DNS for verifiers that never fetch: what is known, and what they still
 * want to know.
 *
 * A verifier is a function that runs from its beginning each time. It asks
 * here; as long as one answer that it cannot do without is pending it
 * returns AUTH_WAIT. Its caller then sends what is new (lookup_fresh), all
 * verifiers' questions together, collects, and runs them again. So each is
 * deterministic, holds no state between two runs, and asks for as much as it
 * can foresee at once (dkim: every key; spf: only in order, RFC 7208 4.6.4).
 *
 * A name and type are asked once. An answer that did not come in time is
 * ASK_LATER: "temperror", never "none".
 */
#ifndef MAILAUTH_LOOKUP_H
#define MAILAUTH_LOOKUP_H

#include "base/question.h"

enum { LOOKUP_A = 1, LOOKUP_PTR = 12, LOOKUP_MX = 15, LOOKUP_TXT = 16,
	LOOKUP_AAAA = 28 };

struct lookup;

/* Lives in the arena; most: so many different questions, then ASK_LATER. */
struct lookup *lookup_new(struct arena *a, size_t most);

/*
 * The question, whose state says what is known: ASK_PENDING not yet, ASK_YES
 * with rdata in records, ASK_NO, ASK_LATER. A name that is no name in the DNS
 * (a label over 63, all over 253 octets, empty labels) is ASK_NO at once and
 * nobody is asked. Names are compared without case and without a final dot.
 */
const struct question *lookup_ask(struct lookup *l, struct span name,
	uint16_t type);

/* Takes the next question that nobody has sent yet; NULL: no more. */
struct question *lookup_fresh(struct lookup *l);

/*
 * The text of a TXT record: its strings joined (RFC 7208 3.3, RFC 6376
 * 3.6.2.2). False: malformed rdata.
 */
bool lookup_txt(struct span rdata, struct arena *a, struct span *text_r);
/* A name in rdata (MX from octet 2, PTR), uncompressed, as text. */
bool lookup_name(struct span rdata, struct arena *a, struct span *name_r);

#endif
