/*
 * Where the scanners' policy comes from: front reads the active generation
 * (store/generation.h) and the wiring at its start and at HUP into one sealed
 * memfd (engine/bundle.h) and has the
 * zygote load it. A policy that cannot be used never replaces one that can;
 * without any, every message is answered 451. Thread-safe.
 */
#ifndef FILTER_POLICY_SOURCE_H
#define FILTER_POLICY_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "hop.h"

/* Reads it from the disk and offers it. */
void policy_source_read(void);

/* Each second: reads it again when what users taught has changed. */
void policy_source_tend(void);

/* Hooks of link.h. */
void policy_source_up(void);
void policy_source_down(void);
void policy_source_loaded(const struct hop_note *n, const char *text);

/* Has the zygote a policy at this moment? */
bool policy_source_ready(void);
/* Is there no policy to wait for: the first one was bad? */
bool policy_source_hopeless(void);
/* Has the zygote answered at all since our start? */
bool policy_source_settled(void);
bool policy_source_has_rules(enum engine_stage stage);

#endif
