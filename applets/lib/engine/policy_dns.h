/*
 * Private to policy*.c: DNS lists in a policy. Functions dns_lists and
 * blocking_lists; of a relay dns_list and blocking_list.
 */
#ifndef ENGINE_POLICY_DNS_H
#define ENGINE_POLICY_DNS_H

#include "engine/policy_host.h"

/* The lists that are data; before the policy is loaded. */
int policy_open_dnslists(struct policy_host *h, struct err *e);
void policy_declare_zones(struct script_call *c);
void policy_blocking_lists(struct script_call *c);
void policy_dns_list(struct script_call *c);
void policy_blocking_list(struct script_call *c);

#endif
