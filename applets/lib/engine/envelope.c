#include "engine/envelope.h"

#include "base/wire.h"

enum { ENVELOPE_MAGIC = 0x32456d70 }; /* "pmE2" */

/* The texts of an envelope, in the order of the record. */
#define TEXTS(X) X(id) X(relay_name) X(relay_addr) X(helo) X(mail_from) \
	X(mail_params) X(auth_user) X(queue_id) X(mta_name) X(tls)

void envelope_put(struct buf *b, const struct envelope *env)
{
	wire_put_u32(b, ENVELOPE_MAGIC);
	wire_put_u64(b, (uint64_t)env->received_ms);
	wire_put_u16(b, env->relay_port);
#define X(name) wire_put_span(b, env->name);
	TEXTS(X)
#undef X
	wire_put_u32(b, (uint32_t)env->nrcpts);
	for (size_t i = 0; i < env->nrcpts; i++) {
		wire_put_span(b, env->rcpts[i]);
		wire_put_u8(b, env->tags ? env->tags[i] : BATV_NONE);
	}
}

bool envelope_get(struct span record, struct arena *a,
	struct envelope *env_r)
{
	struct wire w = wire_open(record);

	*env_r = (struct envelope){ 0 };
	if (record.n > ENVELOPE_BYTES_MAX || wire_u32(&w) != ENVELOPE_MAGIC)
		return false;
	env_r->received_ms = (int64_t)wire_u64(&w);
	env_r->relay_port = wire_u16(&w);
#define X(name) env_r->name = wire_span(&w);
	TEXTS(X)
#undef X
	env_r->nrcpts = wire_count(&w, 5);
	if (env_r->nrcpts > ENVELOPE_RCPTS_MAX)
		return false;
	env_r->rcpts = arena_array(a, env_r->nrcpts, sizeof(*env_r->rcpts));
	env_r->tags = arena_array(a, env_r->nrcpts, sizeof(*env_r->tags));
	for (size_t i = 0; i < env_r->nrcpts; i++) {
		env_r->rcpts[i] = wire_span(&w);
		env_r->tags[i] = wire_u8(&w);
		w.bad |= env_r->tags[i] >= BATV_N;
	}
	return wire_done(&w);
}
