#include "dkim.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"

static void day_of(int64_t s, char out[16])
{
	time_t t = (time_t)s;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
}

/* What is to be done with it. */
static const char *advice(const struct dkim_job *j,
	const struct keyring_key *k)
{
	char day[16];

	switch (k->state) {
	case KEYRING_NEW:
		return "publish its record, then: pm dkim check --activate";
	case KEYRING_ACTIVE:
		return "signs";
	default:
		break;
	}
	if (keyring_may_go(k, j->now_s))
		return arena_printf(j->a, "may go: take its record out of the "
			"DNS, then: pm dkim retire %s %s", j->domain,
			k->selector);
	day_of(k->since_s + KEYRING_OVERLAP_S, day);
	return arena_printf(j->a, "its record has to stay until %s", day);
}

static struct json *key_json(const struct dkim_job *j,
	const struct keyring_key *k)
{
	struct json *o = json_new_object(), *record = json_new_object();

	json_put_string(o, "domain", j->domain);
	json_put_string(o, "selector", k->selector);
	json_put_string(o, "algorithm", keyring_kind_name(k->kind));
	json_put_string(o, "state", keyring_state_name(k->state));
	json_put_int(o, "since", k->since_s);
	json_put_bool(o, "may_go", keyring_may_go(k, j->now_s));
	json_put_string(record, "name", dkim_record_name(j, k));
	json_put_string(record, "type", "TXT");
	json_put_string(record, "value", dkim_record_value(j, k));
	json_put(o, "record", record);
	return o;
}

static int list_domain(struct dkim_job *j, struct json *list, struct err *e)
{
	char day[16];

	if (keyring_load(j->domain, j->keys, e) < 0)
		return -1;
	for (size_t i = 0; i < j->keys->n; i++) {
		const struct keyring_key *k = &j->keys->keys[i];

		if (list) {
			json_append(list, key_json(j, k));
			continue;
		}
		day_of(k->since_s, day);
		printf("%-28s %-14s %-7s %-8s %s  %s\n", j->domain,
			k->selector, keyring_kind_name(k->kind),
			keyring_state_name(k->state), day, advice(j, k));
	}
	return 0;
}

int dkim_list(struct dkim_job *j, struct err *e)
{
	struct json *all = j->json ? json_new_object() : NULL;
	struct json *list = j->json ? json_new_array() : NULL;
	const char **domains = &j->domain;
	struct buf line = { 0 };
	size_t n = 1;
	int result = 0;

	if (j->domain == NULL)
		result = keyring_domains(j->a, &domains, &n, e);
	for (size_t i = 0; result == 0 && i < n; i++) {
		j->domain = domains[i];
		result = list_domain(j, list, e);
	}
	if (all) {
		json_put(all, "keys", list);
		json_write(all, &line);
		if (result == 0)
			puts(buf_c(&line));
		json_free(&all);
	}
	buf_free(&line);
	return result;
}
