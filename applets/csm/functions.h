/*
 * What the csm gives to its pages besides web/pages.h: functions in Lua over
 * the quarantine, the message log, the viewer, the log-in helper and the
 * supervisor. Texts are valid UTF-8, times milliseconds since 1970 UTC,
 * scores 1/1000 logit.
 *
 * Every function returns a table. When it could not be done `trouble` is a
 * sentence for the person, and one of `missing` (there is no such thing:
 * 404), `temporary` (nobody answers: 503) or `wrong` (this cannot be done:
 * 400) is true. An argument of a wrong type is a Lua error.
 *
 * held_list{ reason, rcpt, group, sender, subject, relay, score, since_ms,
 *	until_ms, all, before, limit }
 *	All may be absent. rcpt, sender: address, @domain or a part; subject:
 *	words; relay: address or CIDR; score: the least; all: every state, else
 *	held ones; before: an id, for the page after it; limit: 50, at most
 *	500. -> { rows = { row … }, more = there are further ones, trouble:
 *	the rows, if any, are not all }
 *	row: id, at_ms, appliance, relay, sender, header_from, subject,
 *	reason, size, score, probability, state ("held", "released",
 *	"deleted"), on_disk, nrcpts, rcpts = { { n, address, reason, state } …
 *	}; n is from 1. In a list the texts end at 2,000 bytes and rcpts has
 *	the first 8
 * held_get(id) -> the row, and events = { { at_ms, who, what, detail } … },
 *	relay_name, helo, queue_id, traces = { { reason, rcpts = { address … },
 *	lines = { text … } } … }, facts (below; absent: none)
 * groups() -> { name … }
 * group_terms(name) -> { addresses = { … }, patterns = { … } }: who belongs to
 *	a group, as the statement page_mail takes them
 * message(id) -> of the message log (needs the right "log"): id, at_ms,
 *	appliance, relay, relay_name, helo, sender, queue_id, rcpts = {
 *	address … }, subject, header_from,
 *	message_id, size, score, probability, outcome, took_ms, why (trouble on
 *	our side, or ""), groups = { { outcome, reason, reply, rcpts = {
 *	address … }, lines = { text … } } … }, events, facts
 *	facts: generation, size, flags = { "ambiguous-field" … }, cut,
 *	hits = { { name, weight, evidence, about } … }, later = { name … },
 *	virus ("off", "clean", "found", "unscannable", "later"), virus_name,
 *	dns = { { name, type, state ("no", "hit", "later", "refused"),
 *	answer } … }, parts = { { type, name,
 *	disposition, depth, size, true_type, sha256, flags } … } (size absent:
 *	not known), urls = { text … } (absent: no rule asked for them),
 *	lists = { { rcpt (absent: sender or relay), list, entry } … }
 *
 * release(id, { rcpts = { n … }, approve, again, wait_s, learn, key })
 * forget(id, { rcpts, learn, key })	deletes
 * restore(id, { rcpts, key })
 * forward(id, { to = "address address", key })
 *	rcpts absent: all of them. learn: "wanted" or "spam", what the filters
 *	learn of it; restore takes that back. key: of new_key(), put into the
 *	form, so that two clicks are one order. -> { n = recipients it had an
 *	effect for }. Need the right "quarantine"; forward
 *	"quarantine.body", too: whoever it goes to reads it.
 * new_key() -> a text
 *
 * preview(id) -> headers, text, was_html, cut, parts = { { type, true_type,
 *	name, size, attachment } … }, links = { text … }, notes = { text … }.
 *	Needs the right "quarantine.body"; who looked is noted.
 * source(id) -> {}: the message's own bytes are in the reply; then return
 *	file(id .. ".eml", "message/rfc822"). The same right.
 *
 * log_in(name, password) -> { must_change } or trouble (and wait_s). The
 *	cookie goes out with the page that the handler returns; Lua never sees
 *	it.
 * set_password(old, new) -> {} or trouble
 * log_out() -> {}
 *
 * status() -> { well, processes = { { role, title, process, state, well,
 *	since_ms (when it began), restarts, degraded (what it says of itself,
 *	or ""), without (what its absence means for mail; absent while it
 *	runs), generation (of the policy that it works by; absent: none) }
 *	… } }
 * alarms() -> { appliance (this one's name), alarms = { { name, subject, from
 *	("filter/front"), text, means, remedy, since_ms, severity ("error",
 *	"warning"), acked } … } }: what is wrong on this appliance now, the
 *	oldest first
 * jobs() -> { jobs = { { name, about, when, command, user, site, enabled,
 *	running, next_ms (0: never), runs = { { start_ms, end_ms, code, state,
 *	by, output } … } (the newest first) } … } }
 * job_run(name), job_enable(name, on) -> {}. All three need the right "jobs"
 * draft() -> { active = number of the generation in force, since_ms (of the
 *	earliest change), changes = { { path ("policy/50-x.lua"), what ("new",
 *	"changed", "gone"), at_ms } … } }: what of this appliance's policy and
 *	lists is not published
 */
#ifndef CSM_FUNCTIONS_H
#define CSM_FUNCTIONS_H

#include "script/script.h"

/* For pages_new; their context is a struct csm_worker. */
extern const struct script_function csm_functions[];

#endif
