/*
 * Who a message pretends to come from: names of well-known senders (brands)
 * and of the site itself, in the author's name, in hosts that look alike, in
 * links. States facts (engine/facts.h); lua/rules weighs them.
 *	BRAND_NAME	the author's name is a brand's, his domain is not
 *	BRAND_SUBJECT	the subject names a brand, the author is another
 *	BRAND_HOST	a link's host has a brand's name in it
 *	BRAND_LIKE	a host is a brand's but for a letter
 *	OURS_LIKE	the author's domain is ours but for a letter
 *	OURS_NAME	the author's name holds a domain of ours
 *	OURS_UNPROVEN	the author is of a domain of ours, from outside, and
 *			neither SPF, DKIM nor DMARC says so
 */
#ifndef ENGINE_PHISHING_H
#define ENGINE_PHISHING_H

#include "engine/facts.h"
#include "engine/rules.h"

void phishing_look(struct facts *f, const struct rule_brand *brands,
	size_t n);

#endif
