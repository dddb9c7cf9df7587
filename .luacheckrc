std = "lua54"
max_line_length = 100
unused_args = false -- a rule takes what it is given

-- What `pm policy words` lists as functions.
local policy = { "policy", "list_empty", "dns_lists", "deliver", "quarantine", "reject",
	"tempfail", "discard", "delay", "redirect" }
files["lua/policy"] = { read_globals = policy }
files["tests/lua"] = { read_globals = policy }
